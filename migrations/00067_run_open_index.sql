-- +goose NO TRANSACTION
-- +goose Up
alter table run validate constraint run_process_id_fkey;
-- Built beside running servers. An index that an interrupted run of this file left
-- behind is not valid, and is made again.
drop index concurrently if exists run_unclear;
create index concurrently run_unclear on run (workspace_id, started_at) where state in ('sending', 'unknown');
drop index concurrently if exists run_late_result;
create index concurrently run_late_result on run (workspace_id, (input ->> 'run_id')) where action = 'late-result';

-- +goose Down
drop index concurrently if exists run_unclear;
drop index concurrently if exists run_late_result;
