-- +goose Up
-- How often an operator in a role may do something in a workspace, where its owners changed
-- that: without a row the default counts, which is in the program.
create table quota (
    workspace_id uuid not null references workspace,
    quota        text not null check (quota <> '' and length(quota) <= 40),
    role         text not null check (role in ('auditor', 'helpdesk', 'technician', 'admin', 'owner')),
    most         integer not null check (most between 1 and 10000),
    primary key (workspace_id, quota, role)
);
alter table quota enable row level security;
alter table quota force row level security;
create policy known on quota for select using (workspace_id = (select app.workspace()));
create policy set_first on quota for insert
    with check (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy changed on quota for update
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
grant select, insert, update (most) on quota to console_app;

-- What an operator did that a quota counts, in any organization of the workspace: written in
-- the transaction that starts the run, or approves the plan. Whether the run counts is in
-- the run: one that Duo refused does not. A row whose amount is 0 is an attempt above the
-- quota, which owners see. Rows are of use for a day, and for a week to owners.
create table quota_use (
    workspace_id uuid not null references workspace,
    id           uuid not null default gen_random_uuid(),
    operator_id  uuid not null references operator,
    quota        text not null check (quota <> '' and length(quota) <= 40),
    at           timestamptz not null,
    amount       integer not null check (amount >= 0),
    run_id       uuid,
    plan_id      uuid,
    primary key (workspace_id, id)
);
create index quota_use_counted on quota_use (workspace_id, operator_id, quota, at);
create index quota_use_above on quota_use (workspace_id, at desc) where amount = 0;
create unique index quota_use_plan on quota_use (workspace_id, plan_id, quota) where plan_id is not null;
alter table quota_use enable row level security;
alter table quota_use force row level security;
create policy seen on quota_use for select using (workspace_id = (select app.workspace()));
create policy counted on quota_use for insert with check (workspace_id = (select app.workspace()));
-- The server cannot take back what still counts.
create policy over on quota_use for delete
    using (workspace_id = (select app.workspace()) and at < now() - interval '30 days');
grant select, insert, delete on quota_use to console_app;

-- +goose Down
drop table quota_use;
drop table quota;
