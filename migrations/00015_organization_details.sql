-- +goose Up
-- What people know about a client beside its name. revision counts the changes,
-- so that a form that was opened before one does not silently undo it.
alter table organization
    add column aliases   text[] not null default '{}' check (cardinality(aliases) <= 20 and array_position(aliases, null) is null),
    add column tags      text[] not null default '{}' check (cardinality(tags) <= 20 and array_position(tags, null) is null),
    add column time_zone text not null default '' check (length(time_zone) <= 60),
    add column revision  integer not null default 1;
grant update (aliases, tags, time_zone, colour, revision) on organization to console_app;

-- +goose Down
revoke update (colour) on organization from console_app;
alter table organization
    drop column aliases,
    drop column tags,
    drop column time_zone,
    drop column revision;
