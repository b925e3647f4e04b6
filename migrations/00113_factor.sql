-- +goose Up
-- A second factor of an operator: a passkey or an authenticator app. It belongs to no
-- workspace, like the operator. A passkey's credential is public; the secret of an app
-- is sealed. last_step is the last step of time whose code was taken: each is good once.
-- trial marks a factor whose secret lies beside the program; the server of customers
-- does not take it.
create table factor (
    id            uuid primary key default gen_random_uuid(),
    operator_id   uuid not null references operator on delete cascade,
    kind          text not null check (kind in ('passkey', 'totp')),
    name          text not null check (name <> '' and length(name) <= 60),
    created_at    timestamptz not null,
    used_at       timestamptz,
    credential_id bytea check (length(credential_id) between 1 and 1023),
    credential    jsonb,
    sealed_secret bytea,
    last_step     bigint not null default 0,
    trial         boolean not null default false,
    constraint factor_credential unique (credential_id),
    constraint factor_kind check (
        (kind = 'passkey') = (credential_id is not null) and (kind = 'passkey') = (credential is not null)
        and (kind = 'totp') = (sealed_secret is not null))
);
create index factor_operator on factor (operator_id);

-- Codes for an operator who has lost the factors. Each is good once.
create table recovery_code (
    operator_id uuid not null references operator on delete cascade,
    code_hash   bytea not null check (length(code_hash) = 32),
    made_at     timestamptz not null,
    used_at     timestamptz,
    primary key (operator_id, code_hash)
);

-- All operators' factors can be read: owners see who has which, and a passkey says
-- whose it is. They are changed by the operator that the transaction names.
alter table factor enable row level security;
create policy known on factor for select using (true);
create policy made on factor for insert with check (operator_id = (select app.operator()));
create policy own on factor for update using (operator_id = (select app.operator()));
create policy gone on factor for delete using (operator_id = (select app.operator()));
alter table recovery_code enable row level security;
create policy own on recovery_code using (operator_id = (select app.operator()));
grant select, insert, delete, update (used_at, credential, sealed_secret, last_step, name) on factor to console_app;
grant select, insert, delete, update (used_at) on recovery_code to console_app;

-- A sign-in whose password was right and whose second factor is to come. It opens
-- nothing: sessions begin when the factor is there. next is where the browser goes then, and
-- held a form that waits for the operator, sealed. token_hash is the SHA-256 of a cookie.
create table sign_in (
    token_hash  bytea primary key check (length(token_hash) = 32),
    operator_id uuid not null references operator on delete cascade,
    epoch       integer not null,
    tries       integer not null default 0,
    next        text not null check (length(next) <= 4000),
    held        text not null check (length(held) <= 200000),
    ends_at     timestamptz not null
);
create index sign_in_operator on sign_in (operator_id);
create index sign_in_ends_at on sign_in (ends_at);
grant select, insert, delete, update (tries) on sign_in to console_app;

-- What an answer is awaited to: a challenge for a passkey, the secret of an app that is
-- being set up. bound is the SHA-256 of the token of the session or sign-in that asked;
-- null for a stranger.
create table challenge (
    token_hash bytea primary key check (length(token_hash) = 32),
    purpose    text not null check (purpose <> '' and length(purpose) <= 40),
    bound      bytea check (length(bound) = 32),
    data       bytea not null check (length(data) <= 16384),
    ends_at    timestamptz not null
);
create index challenge_ends_at on challenge (ends_at);
grant select, insert, delete on challenge to console_app;

-- By which factor a session was proved, and when last. A session without one was begun
-- within the grace, or by a server from before.
alter table session add factor_id uuid, add factor_kind text, add factor_at timestamptz;
alter table session add constraint session_factor check ((factor_kind is null) = (factor_at is null)) not valid;
alter table session validate constraint session_factor;

-- Workspaces that the session no longer opens: what the operator may do there has changed
-- since, and the next request there ends the session.
alter table session add barred uuid[] not null default '{}';

-- Operators who are known now have a grace, which their workspaces bound by 0 to 7 days.
-- New operators and new workspaces have none.
alter table operator add grace_from timestamptz;
update operator set grace_from = now();
alter table workspace add factor_grace_days integer not null default 0 check (factor_grace_days between 0 and 7);
update workspace set factor_grace_days = 7;
grant update (factor_grace_days) on workspace to console_app;

alter table account_event drop constraint account_event_kind_check;
alter table account_event add constraint account_event_kind_check check (kind in ('signed-in', 'refused',
    'password-changed', 'signed-out-everywhere', 'password-reset', 'disabled', 'enabled',
    'factor-added', 'factor-removed', 'factor-refused', 'factors-reset', 'recovery-codes-made', 'recovery-code-used',
    'passkey-synced')) not valid;
alter table account_event validate constraint account_event_kind_check;

-- +goose Down
alter table account_event drop constraint account_event_kind_check;
delete from account_event where kind in ('factor-added', 'factor-removed', 'factor-refused', 'factors-reset',
    'recovery-codes-made', 'recovery-code-used', 'passkey-synced');
alter table account_event add constraint account_event_kind_check check (kind in ('signed-in', 'refused',
    'password-changed', 'signed-out-everywhere', 'password-reset', 'disabled', 'enabled'));
revoke update (factor_grace_days) on workspace from console_app;
alter table workspace drop factor_grace_days;
alter table operator drop grace_from;
alter table session drop constraint session_factor, drop factor_id, drop factor_kind, drop factor_at, drop barred;
drop table challenge, sign_in, recovery_code, factor;
