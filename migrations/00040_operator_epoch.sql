-- +goose Up
-- The epoch counts how often everything that an operator's password had opened
-- was ended at once: by a new password, a reset, a disabling, or signing out
-- everywhere. A session, an access token and an invitation carry the epoch of the
-- operator row that was checked for them, and work only while the two are equal,
-- so that one that is stored a moment after the raising is worth nothing.
--
-- A server from before this migration stores 0: of an operator whose epoch was
-- raised, what it starts works on that server only.
alter table operator add epoch integer not null default 0;
alter table session add epoch integer not null default 0;
alter table api_token add epoch integer not null default 0;
alter table invitation add epoch integer not null default 0;
grant update (epoch) on operator to console_app;

-- A change in a workspace locks the row of the operator who makes it, to rely on
-- the epoch until it is committed. Locking takes a policy for updates; this one
-- lets no update through.
create policy held on operator for update using (id = (select app.member())) with check (false);

-- +goose Down
drop policy held on operator;
revoke update (epoch) on operator from console_app;
alter table invitation drop epoch;
alter table api_token drop epoch;
alter table session drop epoch;
alter table operator drop epoch;
