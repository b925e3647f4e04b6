-- +goose Up
create table organization (
    workspace_id uuid not null references workspace,
    id           uuid not null default gen_random_uuid(),
    slug         text not null check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and slug <> 'new' and length(slug) <= 80),
    name         text not null check (name <> '' and length(name) <= 200),
    colour       smallint not null check (colour between 1 and 12),
    created_at   timestamptz not null default now(),
    primary key (workspace_id, id),
    unique (workspace_id, slug)
);
create index organization_name on organization (workspace_id, lower(name), id);

create table membership (
    workspace_id       uuid not null references workspace,
    operator_id        uuid not null references operator,
    role               text not null check (role in ('owner', 'admin', 'technician', 'helpdesk', 'auditor')),
    every_organization boolean not null,
    created_at         timestamptz not null default now(),
    primary key (workspace_id, operator_id),
    check (role <> 'owner' or every_organization)
);
create index membership_operator on membership (operator_id);

create table membership_organization (
    workspace_id    uuid not null,
    operator_id     uuid not null,
    organization_id uuid not null,
    primary key (workspace_id, operator_id, organization_id),
    foreign key (workspace_id, operator_id) references membership on delete cascade,
    foreign key (workspace_id, organization_id) references organization on delete cascade
);

alter table organization enable row level security;
alter table organization force row level security;
create policy scoped on organization
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or id = any ((select app.organizations())::uuid[])));

-- An operator's own memberships are read before a workspace is entered: they
-- are what decides the scope.
alter table membership enable row level security;
alter table membership force row level security;
create policy scoped on membership
    using (workspace_id = (select app.workspace()));
create policy own on membership for select
    using (operator_id = (select app.operator()));

alter table membership_organization enable row level security;
alter table membership_organization force row level security;
create policy scoped on membership_organization
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy own on membership_organization for select
    using (operator_id = (select app.operator()));

grant select, insert, update (name) on organization to console_app;
grant select on membership, membership_organization to console_app;

-- +goose Down
drop table membership_organization, membership, organization;
