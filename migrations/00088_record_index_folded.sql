-- +goose NO TRANSACTION
-- +goose Up
-- The index holds what app.fold returned before 00087. It serves searches until the new
-- one is built beside running servers, as in 00086; what an interrupted run of this file
-- left behind is removed first.
set lock_timeout = 0;
drop index concurrently if exists run_search_ccnew;
drop index concurrently if exists run_search_ccold;
reindex index concurrently run_search;
reset lock_timeout;

-- +goose Down
reindex index concurrently run_search;
