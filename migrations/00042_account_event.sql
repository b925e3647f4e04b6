-- +goose Up
-- What happened to an operator's account, for the operator alone: sign-ins, refused
-- ones, changes of the password. It belongs to no workspace: what an operator does
-- in one is none of another's business. operator_id is null for a refused sign-in
-- by a name that nobody has: it is stored like any other, so that the answer takes
-- as long, and deleted a day later. There is no foreign key for the same reason: to
-- check it is a statement more for names that exist; operators are never deleted.
create table account_event (
    id          bigint generated always as identity primary key,
    operator_id uuid,
    kind        text not null check (kind in ('signed-in', 'refused', 'password-changed', 'signed-out-everywhere', 'password-reset', 'disabled', 'enabled')),
    at          timestamptz not null,
    address     text not null check (length(address) <= 64),
    agent       text not null check (length(agent) <= 300)
);
create index account_event_operator on account_event (operator_id, at desc);
create index account_event_at on account_event (at);

-- The server sees what is of the operator whom the transaction names, and what it
-- may delete: it cannot take back the last 90 days of anybody.
alter table account_event enable row level security;
create policy own on account_event for select
    using (operator_id = (select app.operator()) or at < now() - interval '90 days' or operator_id is null and at < now() - interval '1 day');
create policy added on account_event for insert with check (true);
create policy over on account_event for delete
    using (at < now() - interval '90 days' or operator_id is null and at < now() - interval '1 day');
grant select, insert, delete on account_event to console_app;

-- +goose Down
drop table account_event;
