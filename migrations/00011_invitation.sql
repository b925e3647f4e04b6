-- +goose Up
-- An invitation that waits. It goes when it is accepted, revoked or replaced:
-- what became of it is in the record. token_hash is the SHA-256 of what stands
-- in the link; id comes from the form.
create table invitation (
    workspace_id       uuid not null references workspace,
    id                 uuid not null,
    email              text not null check (email = lower(email) and email like '%_@_%' and length(email) <= 254),
    role               text not null check (role in ('owner', 'admin', 'technician', 'helpdesk', 'auditor')),
    every_organization boolean not null,
    token_hash         bytea not null check (length(token_hash) = 32),
    invited_by         uuid not null references operator,
    invited_at         timestamptz not null,
    expires_at         timestamptz not null,
    primary key (workspace_id, id),
    constraint invitation_email unique (workspace_id, email),
    constraint invitation_token unique (workspace_id, token_hash),
    check (role <> 'owner' or every_organization)
);

create table invitation_organization (
    workspace_id    uuid not null,
    invitation_id   uuid not null,
    organization_id uuid not null,
    primary key (workspace_id, invitation_id, organization_id),
    foreign key (workspace_id, invitation_id) references invitation on delete cascade,
    foreign key (workspace_id, organization_id) references organization on delete cascade
);

alter table invitation enable row level security;
alter table invitation force row level security;
create policy scoped on invitation
    using (workspace_id = (select app.workspace()));

alter table invitation_organization enable row level security;
alter table invitation_organization force row level security;
create policy scoped on invitation_organization
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant select, insert, delete on invitation to console_app;
grant select, insert on invitation_organization to console_app;

-- +goose Down
drop table invitation_organization, invitation;
