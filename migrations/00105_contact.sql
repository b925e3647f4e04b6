-- +goose Up
-- How an organization's Duo account answered last, as it was connected then: what
-- fails in use is seen without a check of keys. A row an organization; revision is the
-- connection's, so that a row of a connection before says nothing.
create table contact (
    workspace_id    uuid not null,
    organization_id uuid not null,
    revision        uuid not null,
    at              timestamptz not null,
    trouble         text not null check (trouble in ('', 'keys', 'unreachable', 'duo')),
    since           timestamptz not null,
    primary key (workspace_id, organization_id),
    foreign key (workspace_id, organization_id) references organization on delete cascade
);
alter table contact enable row level security;
alter table contact force row level security;
create policy scoped on contact using (workspace_id = (select app.workspace())
    and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
grant select, insert, update on contact to console_app;

-- +goose Down
drop table contact;
