-- +goose Up
-- A browser in which an operator has signed in, found by a cookie that outlives
-- sessions. It lets nobody in. Wrong passwords are counted for it alone, so that
-- what strangers try does not keep the operator out. token_hash is the SHA-256 of
-- the cookie; several operators of one browser share it. It belongs to no
-- workspace, like the session.
create table device (
    id          uuid primary key default gen_random_uuid(),
    operator_id uuid not null references operator on delete cascade,
    token_hash  bytea not null check (length(token_hash) = 32),
    address     text not null check (length(address) <= 64),
    agent       text not null check (length(agent) <= 300),
    created_at  timestamptz not null,
    seen_at     timestamptz not null,
    ends_at     timestamptz not null,
    constraint device_token unique (token_hash, operator_id)
);
create index device_operator on device (operator_id);
grant select, insert, update, delete on device to console_app;

-- +goose Down
drop table device;
