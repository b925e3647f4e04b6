-- +goose Up
-- The OpenID provider by which a workspace's operators sign in. version rises with each
-- change: a sign-in that is under way compares it. role_claim and roles map values of one
-- claim to roles; empty: the provider decides over no role. proved_at is when an owner last
-- signed in through the provider, since it was named.
create table sign_on (
    workspace_id  uuid primary key references workspace,
    issuer        text not null check (length(issuer) between 1 and 500),
    client_id     text not null check (length(client_id) between 1 and 300),
    sealed_secret bytea not null,
    version       integer not null check (version > 0),
    role_claim    text not null default '' check (length(role_claim) <= 200),
    roles         jsonb not null default '[]' check (jsonb_typeof(roles) = 'array' and jsonb_array_length(roles) <= 20),
    saved_at      timestamptz not null,
    saved_by      uuid not null references operator,
    proved_at     timestamptz,
    constraint sign_on_roles check ((role_claim = '') = (jsonb_array_length(roles) = 0))
);

-- Whose account at the provider is whose here: by issuer and subject, never by email. label
-- is how the provider called the account then. Only the operator links and unlinks.
create table sign_on_link (
    workspace_id uuid not null,
    operator_id  uuid not null,
    issuer       text not null check (length(issuer) between 1 and 500),
    subject      text not null check (length(subject) between 1 and 255),
    label        text not null default '' check (length(label) <= 300),
    linked_at    timestamptz not null,
    used_at      timestamptz,
    primary key (workspace_id, operator_id),
    constraint sign_on_link_subject unique (workspace_id, issuer, subject),
    constraint sign_on_link_membership foreign key (workspace_id, operator_id) references membership on delete cascade
);

-- Why sign-ins through the provider were refused, for owners: a row for each reason, so that
-- strangers fill nothing. detail and address are of the last one.
create table sign_on_refusal (
    workspace_id uuid not null references workspace,
    reason       text not null check (length(reason) between 1 and 300),
    detail       text not null default '' check (length(detail) <= 300),
    address      text not null default '' check (length(address) <= 64),
    times        integer not null,
    at           timestamptz not null,
    primary key (workspace_id, reason)
);

alter table sign_on enable row level security;
alter table sign_on force row level security;
create policy scoped on sign_on using (workspace_id = (select app.workspace()) and (select app.every_organization()));
alter table sign_on_link enable row level security;
alter table sign_on_link force row level security;
create policy own on sign_on_link for select using (operator_id = (select app.operator()));
create policy seen on sign_on_link for select
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy made on sign_on_link for insert
    with check (workspace_id = (select app.workspace()) and operator_id = (select app.operator()));
create policy used on sign_on_link for update
    using (workspace_id = (select app.workspace()) and operator_id = (select app.operator()));
create policy ended on sign_on_link for delete
    using (workspace_id = (select app.workspace()) and operator_id = (select app.operator()));
alter table sign_on_refusal enable row level security;
alter table sign_on_refusal force row level security;
create policy scoped on sign_on_refusal
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
grant select, insert, delete, update (issuer, client_id, sealed_secret, version, role_claim, roles, saved_at, saved_by,
    proved_at) on sign_on to console_app;
grant select, insert, delete, update (issuer, subject, label, linked_at, used_at) on sign_on_link to console_app;
grant select, insert, update (detail, address, times, at) on sign_on_refusal to console_app;

-- Each request compares its session with the workspace's rule. sign_on_provider is renewed
-- with issuer and client: sessions through the provider of before count no longer. With a
-- break-glass owner, who keeps password and factor, everybody else has to come through it.
alter table workspace
    add column sign_on_provider uuid,
    add column sign_on_break_glass uuid,
    add constraint workspace_sign_on check (sign_on_break_glass is null or sign_on_provider is not null) not valid,
    add constraint workspace_break_glass foreign key (id, sign_on_break_glass) references membership not valid;
alter table workspace validate constraint workspace_sign_on;
alter table workspace validate constraint workspace_break_glass;
grant update (sign_on_provider, sign_on_break_glass) on workspace to console_app;

-- Through which providers a session was proved: the id of each with the second of its
-- auth_time, 0 where the provider gave none. own: the operator gave a password or a passkey
-- of this console; otherwise it opens only the workspaces of these providers. The version
-- before reads sessions that are not own as begun within the grace: only operators with a
-- second factor have them, and those have no grace.
alter table session
    add column own boolean not null default true,
    add column sign_on jsonb not null default '{}',
    add constraint session_sign_on check (own or sign_on <> '{}') not valid,
    add constraint session_factor_kind check (factor_kind <> 'single sign-on') not valid;
alter table session validate constraint session_sign_on;
alter table session validate constraint session_factor_kind;

-- +goose Down
delete from session where not own;
alter table session drop constraint session_factor_kind, drop constraint session_sign_on, drop sign_on, drop own;
revoke update (sign_on_provider, sign_on_break_glass) on workspace from console_app;
alter table workspace drop constraint workspace_break_glass, drop constraint workspace_sign_on,
    drop sign_on_break_glass, drop sign_on_provider;
drop table sign_on_refusal, sign_on_link, sign_on;
