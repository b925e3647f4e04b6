-- +goose NO TRANSACTION
-- +goose Up
-- Built beside running servers, as in 00086.
set lock_timeout = 0;
drop index concurrently if exists run_person;
create index concurrently run_person on run (workspace_id, account_id, (input ->> 'user_id'), started_at desc, id) where input ->> 'user_id' is not null;
drop index concurrently if exists run_about;
create index concurrently run_about on run using gin (workspace_id, account_id, (facts -> 'users')) with (fastupdate = off) where facts ? 'users';
reset lock_timeout;

-- +goose Down
drop index concurrently if exists run_person;
drop index concurrently if exists run_about;
