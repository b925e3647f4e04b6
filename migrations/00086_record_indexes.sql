-- +goose NO TRANSACTION
-- +goose Up
-- Built beside running servers, which takes minutes on a large record. Waiting for
-- transactions to end keeps nobody else waiting here, so that it needs no limit. An
-- index that an interrupted run of this file left behind is not valid, and is made again.
set lock_timeout = 0;
drop index concurrently if exists run_search;
-- No pending list: a search would read it, and one unlucky run would write it out.
create index concurrently run_search on run using gin (workspace_id, app.fold(subject || ' ' || summary || ' ' || ticket) gin_trgm_ops) with (fastupdate = off);
drop index concurrently if exists run_phone;
create index concurrently run_phone on run (workspace_id, account_id, (input ->> 'phone_id'), started_at desc, id) where input ->> 'phone_id' is not null;
drop index concurrently if exists run_user;
create index concurrently run_user on run (workspace_id, account_id, action, (input ->> 'user_id')) where input ->> 'user_id' is not null;
drop index concurrently if exists run_action_latest;
create index concurrently run_action_latest on run (workspace_id, action, started_at desc, id);
reset lock_timeout;

-- +goose Down
drop index concurrently if exists run_search;
drop index concurrently if exists run_phone;
drop index concurrently if exists run_user;
drop index concurrently if exists run_action_latest;
