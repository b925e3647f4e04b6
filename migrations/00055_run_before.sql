-- +goose Up
-- What Duo said of the object just before a run set out to change it. Whether a
-- change whose answer was lost was made can then be told by reading again, and
-- what a user was before going to the trash is known when they come back.
alter table run add column before jsonb not null default '{}';

-- +goose Down
alter table run drop column before;
