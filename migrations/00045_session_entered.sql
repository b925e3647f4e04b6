-- +goose Up
-- The workspaces in which a session was used. The first use in each is written into
-- the record of that workspace: what an operator does in one is none of another's
-- business. Sessions of a server from before were recorded at the sign-in, and are
-- once more.
alter table session add entered uuid[] not null default '{}';

-- +goose Down
alter table session drop entered;
