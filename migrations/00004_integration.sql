-- +goose Up
-- One version of the three fields of one API. The secret key is sealed by the
-- application before it gets here. At most one version is in use and at most
-- one waits to take its place.
create table integration_secret (
    workspace_id    uuid not null references workspace,
    api             text not null check (api in ('auth', 'accounts', 'admin')),
    version         integer not null check (version > 0),
    state           text not null check (state in ('candidate', 'active', 'retired')),
    host            text not null,
    integration_key text not null,
    sealed_secret   bytea not null,
    set_by          uuid not null references operator,
    set_at          timestamptz not null,
    primary key (workspace_id, api, version)
);
create unique index integration_secret_active on integration_secret (workspace_id, api) where state = 'active';
create unique index integration_secret_candidate on integration_secret (workspace_id, api) where state = 'candidate';

-- What Duo answered when a version was tried. verdict is the whole answer as
-- the page shows it; it holds no secret.
create table integration_check (
    workspace_id uuid not null,
    id           uuid not null default gen_random_uuid(),
    api          text not null,
    version      integer not null,
    outcome      text not null check (outcome in ('works', 'limited', 'fails')),
    verdict      jsonb not null,
    checked_by   uuid not null references operator,
    checked_at   timestamptz not null,
    primary key (workspace_id, id),
    foreign key (workspace_id, api, version) references integration_secret
);
create index integration_check_latest on integration_check (workspace_id, api, version, checked_at desc);

-- What a refused form held, so that nothing typed is lost: sealed as a whole,
-- seen only by the operator who typed it.
create table draft (
    workspace_id uuid not null references workspace,
    operator_id  uuid not null references operator,
    form         text not null,
    sealed_input bytea not null,
    expires_at   timestamptz not null,
    primary key (workspace_id, operator_id, form)
);

alter table integration_secret enable row level security;
alter table integration_secret force row level security;
create policy scoped on integration_secret using (workspace_id = (select app.workspace()));

alter table integration_check enable row level security;
alter table integration_check force row level security;
create policy scoped on integration_check using (workspace_id = (select app.workspace()));

alter table draft enable row level security;
alter table draft force row level security;
create policy scoped on draft using (workspace_id = (select app.workspace()));

grant select, insert, update (state, sealed_secret) on integration_secret to console_app;
grant select, insert on integration_check to console_app;
grant select, insert, update, delete on draft to console_app;

-- +goose Down
drop table draft, integration_check, integration_secret;
