-- +goose Up
-- Operators look at their sessions and end them one by one: by an id, since the
-- token's hash is not for pages.
alter table session
    add id      uuid not null default gen_random_uuid(),
    add address text not null default '' check (length(address) <= 64),
    add agent   text not null default '' check (length(agent) <= 300),
    add constraint session_id unique (id);

-- +goose Down
alter table session drop id, drop address, drop agent;
