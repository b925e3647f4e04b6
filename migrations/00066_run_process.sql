-- +goose Up
-- Which process sends a run, until when it waits for Duo, and how Duo is reached:
-- what somebody else needs to find out what became of the run if that process
-- dies. All are null on runs of an earlier version, which may be at work beside
-- this one.
alter table run
    add process_id      uuid,
    add deadline_at     timestamptz,
    add connection_kind text not null default '',
    add api_host        text not null default '';
-- Checked for new rows only: on a full table validation comes with the next
-- migration, under a lock that lets runs be written.
alter table run add constraint run_process_id_fkey foreign key (process_id) references process not valid;

-- What is known of a run that is still open, beyond its record: the record of an
-- open run changes once, when it is closed. The row goes with the closing.
create table run_open (
    workspace_id    uuid not null references workspace,
    run_id          uuid not null,
    organization_id uuid,
    -- Duo's name for a question to a person, by which any process can ask for the answer.
    pending         text not null default '',
    summary         text not null default '', -- of what was done so far
    subject         text not null default '',
    doubt           text not null default '', -- why the process that sent it does not know the outcome
    looker          uuid references process,  -- the process that looks for the outcome
    looked_at       timestamptz,
    looked          text not null default '', -- what it found
    absent          boolean not null default false,
    primary key (workspace_id, run_id),
    foreign key (workspace_id, run_id) references run,
    foreign key (workspace_id, organization_id) references organization
);

alter table run_open enable row level security;
alter table run_open force row level security;
create policy seen on run_open for select
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy noted on run_open for insert
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy followed on run_open for update
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy closed on run_open for delete
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant select, insert, delete, update (pending, summary, subject, doubt, looker, looked_at, looked, absent) on run_open to console_app;

-- +goose Down
drop table run_open;
alter table run drop process_id, drop deadline_at, drop connection_kind, drop api_host;
