-- +goose Up
-- A push that its receiver reports as fraud holds back what would be done for
-- that person next: whoever may do it all the same gives a reason. asked_user is
-- whom a push asked: Duo's id of the user, or the username in small letters
-- where Duo knows no such user. after_fraud says who decided after a report:
-- another person than the one who sent the push, or the same, where there was no
-- other. The checks are not made for the rows of before, all of which are empty.
alter table run
    add column asked_user text not null default '',
    add column reason text not null default '',
    add column after_fraud text not null default '',
    add constraint run_reason check (length(reason) <= 301) not valid,
    add constraint run_after_fraud check (after_fraud in ('', 'other', 'same')) not valid;

-- Pushes are counted when one is sent, and reports looked for at every act.
create index run_pushes on run (workspace_id, started_at desc) where asked_user <> '' or action in ('verify-caller', 'send-duo-authentication');

-- +goose Down
drop index run_pushes;
alter table run drop column asked_user, drop column reason, drop column after_fraud;
