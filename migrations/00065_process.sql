-- +goose Up
-- The server processes. They serve all workspaces, so their rows belong to none;
-- they hold nothing about anybody. Moments are the database's: a heartbeat is
-- written by one process and judged by another, whose clocks may differ.
create table process (
    id           uuid primary key,
    beats_every  interval not null check (beats_every between '50 milliseconds' and '10 seconds'),
    started_at   timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    -- It stopped, or another process judged that it is dead. This is final: a
    -- process that comes back takes a new row.
    gone_at      timestamptz,
    -- None of its runs is open any more.
    settled_at   timestamptz,
    check (settled_at is null or gone_at is not null)
);
create index process_unsettled on process (heartbeat_at) where settled_at is null;

grant select, insert (id, beats_every), update (heartbeat_at, gone_at, settled_at) on process to console_app;

-- +goose Down
drop table process;
