-- +goose Up
-- The keys of the key file that values of this database are sealed with; the
-- newest that is not retired seals. proof is a digest made with the file's digest
-- key, sealed with this key: whoever opens it holds the right file.
--
-- The server may add the first key of a database and nothing else: generation
-- has its preset, which is taken from then on.
create table sealing_key (
    generation integer primary key default 1,
    key_id     bytea not null unique check (length(key_id) = 4),
    proof      bytea not null,
    since      timestamptz not null default now(),
    retired_at timestamptz
);

grant select, insert (key_id, proof) on sealing_key to console_app;

-- +goose Down
drop table sealing_key;
