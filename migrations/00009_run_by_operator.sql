-- +goose Up
-- The record is read by operator as well: what somebody did, and who did
-- anything at all.
create index run_operator_latest on run (workspace_id, operator_id, started_at desc, id);

-- +goose Down
drop index run_operator_latest;
