-- +goose Up
-- One carrying-out of an action, written before Duo is called and closed after:
-- the audit record. id comes from the form, so that sending a form twice finds
-- the first run instead of acting twice. input holds the fields without secrets;
-- input_mac is a keyed digest over all of them. The application may close an
-- open run once; it can neither rewrite who did what nor delete.
create table run (
    workspace_id    uuid not null references workspace,
    id              uuid not null,
    organization_id uuid,
    -- The account that was acted on: an organization can be mapped to another.
    account_id      text not null default '',
    operator_id     uuid not null references operator,
    action          text not null,
    subject         text not null,
    input           jsonb not null,
    input_mac       bytea not null,
    ticket          text not null check (length(ticket) <= 100),
    state           text not null check (state in ('sending', 'applied', 'refused', 'unknown')),
    summary         text not null,
    started_at      timestamptz not null,
    finished_at     timestamptz,
    primary key (workspace_id, id),
    foreign key (workspace_id, organization_id) references organization,
    check ((state = 'sending') = (finished_at is null))
);
create index run_latest on run (workspace_id, started_at desc, id);
create index run_organization_latest on run (workspace_id, organization_id, started_at desc, id);

alter table run enable row level security;
alter table run force row level security;
create policy seen on run for select
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy started on run for insert
    with check (workspace_id = (select app.workspace()) and state = 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy closed_once on run for update
    using (workspace_id = (select app.workspace()) and state = 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace()));

grant select, insert, update (state, summary, subject, finished_at) on run to console_app;

-- +goose Down
drop table run;
