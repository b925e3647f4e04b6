-- +goose Up
-- A plan is several steps that one person approved together, such as the onboarding of
-- a client. input is what was typed, by screen; a secret is never in it. Who may see the
-- organization may see the plan. An approval counts for one digest of the steps, and for
-- the approver as they were then: their epoch is compared before each step. proof is for
-- a second factor that is bound to the digest, later.
create table plan (
    workspace_id    uuid not null references workspace,
    id              uuid not null,
    organization_id uuid not null,
    kind            text not null check (kind <> '' and length(kind) <= 60),
    state           text not null check (state in ('draft', 'previewed', 'approved', 'running', 'paused', 'done', 'canceled')),
    revision        integer not null default 1,
    input           jsonb not null default '{}' check (jsonb_typeof(input) = 'object'),
    trail           jsonb not null default '[]' check (jsonb_typeof(trail) = 'array'), -- which screen who changed last
    digest          bytea check (length(digest) = 32),
    begun_by        uuid not null references operator,
    begun_at        timestamptz not null,
    approved_by     uuid references operator,
    approved_at     timestamptz,
    approved_epoch  integer,
    proof           bytea,
    paused_why      text not null default '',
    expires_at      timestamptz not null,
    primary key (workspace_id, id),
    foreign key (workspace_id, organization_id) references organization,
    check (state not in ('approved', 'running') or digest is not null and approved_by is not null
        and approved_at is not null and approved_epoch is not null)
);
create index plan_organization on plan (workspace_id, organization_id, kind, begun_at desc);

-- A step executes one act, as the run run_id; facts of earlier steps are in its input by
-- uses. worker is the process that has it in hand until lease_until.
create table plan_step (
    workspace_id    uuid not null references workspace,
    id              uuid not null,
    plan_id         uuid not null,
    organization_id uuid not null,
    place           integer not null,
    key             text not null check (key <> '' and length(key) <= 300),
    act             text not null check (act <> '' and length(act) <= 60),
    subject_id      text not null default '',
    subject         text not null default '',
    input           jsonb not null default '{}',
    uses            jsonb not null default '{}',
    waits_for       text[] not null default '{}',
    not_before      timestamptz,
    skip            text not null default '',
    warning         text not null default '',
    state           text not null default 'waiting'
        check (state in ('waiting', 'working', 'verified', 'done', 'absent', 'refused', 'unknown', 'skipped')),
    attempt         integer not null default 1,
    run_id          uuid,
    worker          uuid references process,
    lease_until     timestamptz,
    facts           jsonb not null default '{}',
    summary         text not null default '',
    started_at      timestamptz,
    finished_at     timestamptz,
    primary key (workspace_id, id),
    constraint plan_step_place unique (workspace_id, plan_id, place),
    constraint plan_step_key unique (workspace_id, plan_id, key),
    foreign key (workspace_id, plan_id) references plan on delete cascade,
    foreign key (workspace_id, organization_id) references organization
);

alter table plan enable row level security;
alter table plan force row level security;
create policy scoped on plan
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
alter table plan_step enable row level security;
alter table plan_step force row level security;
create policy scoped on plan_step
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant select, insert, delete,
    update (state, revision, input, trail, digest, approved_by, approved_at, approved_epoch, paused_why, expires_at) on plan to console_app;
grant select, insert, delete,
    update (state, attempt, run_id, worker, lease_until, facts, summary, started_at, finished_at) on plan_step to console_app;

-- An organization that is being onboarded: lists say so. The version before leaves it.
alter table organization add column onboarding boolean not null default false;
grant update (onboarding) on organization to console_app;

-- +goose Down
alter table organization drop column onboarding;
drop table plan_step, plan;
