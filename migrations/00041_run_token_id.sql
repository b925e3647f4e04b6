-- +goose Up
-- The id of the access token that a run came by, beside its name: names can be
-- given again when a token has ended. It is also the id of the run that made the
-- token. Runs of before have the name alone.
alter table run add token_id uuid;

-- +goose Down
alter table run drop token_id;
