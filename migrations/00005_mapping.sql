-- +goose Up
-- The accounts that the workspace's own Accounts key listed when it was last
-- asked. Names are not unique in Duo; account_id is the key.
create table duo_account (
    workspace_id uuid not null references workspace,
    account_id   text not null,
    name         text not null,
    api_hostname text not null,
    read_at      timestamptz not null,
    primary key (workspace_id, account_id)
);

-- How an organization is reached in Duo. One account belongs to one
-- organization of a workspace; what other workspaces map is not told.
create table connection (
    workspace_id    uuid not null,
    organization_id uuid not null,
    account_id      text not null,
    api_hostname    text not null,
    mapped_by       uuid not null references operator,
    mapped_at       timestamptz not null,
    primary key (workspace_id, organization_id),
    constraint connection_account unique (workspace_id, account_id),
    foreign key (workspace_id, organization_id) references organization on delete cascade
);

-- The key of an organization's directory sync (Duo's "Admin API Directory
-- Key"). Duo shows it to people only, so a person has to bring it.
create table directory_key (
    workspace_id    uuid not null,
    organization_id uuid not null,
    key             text not null check (key ~ '^[A-Z0-9]{20}$'),
    set_by          uuid not null references operator,
    set_at          timestamptz not null,
    primary key (workspace_id, organization_id),
    foreign key (workspace_id, organization_id) references organization on delete cascade
);

alter table duo_account enable row level security;
alter table duo_account force row level security;
create policy scoped on duo_account using (workspace_id = (select app.workspace()));

alter table connection enable row level security;
alter table connection force row level security;
create policy scoped on connection
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

alter table directory_key enable row level security;
alter table directory_key force row level security;
create policy scoped on directory_key
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant select, insert, update, delete on duo_account, connection, directory_key to console_app;

-- +goose Down
drop table directory_key, connection, duo_account;
