-- +goose Up
-- The name of the access token that a run came by; empty: by a page.
alter table run add token text not null default '' check (length(token) <= 60);

-- +goose Down
alter table run drop token;
