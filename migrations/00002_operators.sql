-- +goose Up
-- Platform tables: they belong to no workspace and carry no row-level security.
create table workspace (
    id         uuid primary key default gen_random_uuid(),
    slug       text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 60),
    name       text not null check (name <> '' and length(name) <= 200),
    created_at timestamptz not null default now()
);

create table operator (
    id            uuid primary key default gen_random_uuid(),
    email         text not null unique check (email = lower(email) and email like '%_@_%' and length(email) <= 254),
    password_hash text not null,
    theme         text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
    disabled_at   timestamptz,
    created_at    timestamptz not null default now()
);

-- A session row is the only truth about a sign-in: deleting it signs out.
-- token_hash is the SHA-256 of the random id in the cookie.
create table session (
    token_hash  bytea primary key check (length(token_hash) = 32),
    operator_id uuid not null references operator on delete cascade,
    created_at  timestamptz not null,
    seen_at     timestamptz not null,
    ends_at     timestamptz not null
);
create index session_operator on session (operator_id);

-- One row per sign-in attempt and key; a key is a hashed e-mail or an address.
-- A row counts as a failure until the attempt succeeds and removes it.
create table login_attempt (
    id  bigint generated always as identity primary key,
    key text not null,
    at  timestamptz not null
);
create index login_attempt_key_at on login_attempt (key, at);

grant select on workspace to console_app;
grant select on operator to console_app;
grant update (password_hash, theme) on operator to console_app;
grant select, insert, update, delete on session to console_app;
grant select, insert, delete on login_attempt to console_app;

-- +goose Down
drop table login_attempt, session, operator, workspace;
