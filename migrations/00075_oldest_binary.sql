-- +goose Up
-- The oldest binary that may serve this schema, by the newest migration that it
-- carries. A migration that only adds leaves it alone, so that an upgrade can be
-- taken back; one that takes away what older binaries use raises it, at the
-- earliest one release after the last binary that used it.
create table oldest_binary (
    schema_version bigint not null
);
create unique index oldest_binary_one on oldest_binary ((true));
insert into oldest_binary (schema_version) values (75);
grant select on oldest_binary to console_app;

-- +goose Down
drop table oldest_binary;
