-- +goose Up
-- What a person answered who was asked through Duo: a push can be sent well and
-- denied all the same, and a page has to tell who was verified without reading
-- sentences. It is written when the run is closed.
alter table run add column answer text not null default ''
    check (answer in ('', 'approved', 'denied', 'fraud', 'timeout', 'locked_out', 'sent'));
grant update (answer) on run to console_app;

-- The latest verification of a user is asked for by the user's page.
create index run_verification on run (workspace_id, organization_id, (input ->> 'user_id'), started_at desc) where action = 'verify-caller';

-- +goose Down
drop index run_verification;
alter table run drop column answer;
