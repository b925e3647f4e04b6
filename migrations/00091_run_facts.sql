-- +goose Up
-- What came of a run beside its sentence: Duo's id of what was created, the phone that
-- was asked, how many codes were replaced. Pages and later steps read it here, so that
-- no sentence has to be taken apart. Never a secret. It is written when the run is
-- closed; until then run_open keeps what is known. The version before leaves it empty.
alter table run add column facts jsonb not null default '{}';
grant update (facts) on run to console_app;
alter table run_open add column facts jsonb not null default '{}';
grant update (facts) on run_open to console_app;

-- +goose Down
alter table run_open drop column facts;
alter table run drop column facts;
