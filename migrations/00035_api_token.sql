-- +goose Up
-- An access token lets a program act for an operator in one workspace, with at
-- most this role and these organizations, and with no more than the membership
-- gives at the moment. token_hash is the SHA-256 of what was shown once; id comes
-- from the form. It goes when it is revoked and when the membership ends.
create table api_token (
    workspace_id       uuid not null references workspace,
    id                 uuid not null,
    operator_id        uuid not null,
    name               text not null check (name <> '' and length(name) <= 60),
    role               text not null check (role in ('owner', 'admin', 'technician', 'helpdesk', 'auditor')),
    every_organization boolean not null,
    token_hash         bytea not null check (length(token_hash) = 32),
    created_at         timestamptz not null,
    expires_at         timestamptz not null check (expires_at > created_at and expires_at <= created_at + interval '366 days'),
    used_at            timestamptz,
    primary key (workspace_id, id),
    constraint api_token_hash unique (workspace_id, token_hash),
    foreign key (workspace_id, operator_id) references membership on delete cascade,
    check (role <> 'owner' or every_organization)
);
create index api_token_operator on api_token (workspace_id, operator_id);

create table api_token_organization (
    workspace_id    uuid not null,
    token_id        uuid not null,
    organization_id uuid not null,
    primary key (workspace_id, token_id, organization_id),
    foreign key (workspace_id, token_id) references api_token on delete cascade,
    foreign key (workspace_id, organization_id) references organization on delete cascade
);

-- As with memberships, what is written and locked is of the one operator whom
-- the transaction names.
alter table api_token enable row level security;
alter table api_token force row level security;
create policy seen on api_token for select
    using (workspace_id = (select app.workspace()));
create policy made on api_token for insert
    with check (workspace_id = (select app.workspace()) and operator_id = (select app.member()));
create policy used on api_token for update
    using (workspace_id = (select app.workspace()) and operator_id = (select app.member()));
create policy ended on api_token for delete
    using (workspace_id = (select app.workspace()) and operator_id = (select app.member()));

alter table api_token_organization enable row level security;
alter table api_token_organization force row level security;
create policy scoped on api_token_organization
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant select, insert, delete, update (used_at) on api_token to console_app;
grant select, insert on api_token_organization to console_app;

-- +goose Down
drop table api_token_organization, api_token;
