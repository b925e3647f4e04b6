-- +goose Up
-- Which Duo account a user was read from when an operator opened the user: the id of a
-- child account, or the API host of another one. An organization that is connected with
-- another account has other users. A row from before, or by a server from before, has
-- none; it gets one when the user is opened again.
alter table visit add column account text not null default '' check (length(account) <= 300);
grant update (account) on visit to console_app;

-- +goose Down
revoke update (account) on visit from console_app;
alter table visit drop column account;
