-- +goose Up
-- Which Duo account a user was read from when an operator opened the user: the id of a
-- child account, or the API host of another one. An organization that is connected with
-- another account has other users. A row from before, or by a server from before, has
-- none; it gets one when the user is opened again.
alter table visit add column account text not null default '' check (length(account) <= 300);
grant update (account) on visit to console_app;

-- The name by which organizations are compared: each page says which of those that it
-- offers have a namesake, and past the policies only a column of its own finds one by an
-- index. The table has a row per organization: rewriting it takes moments. A migration
-- that changes app.fold sets the column again: update organization set name = name.
alter table organization add column folded text generated always as (app.fold(name)) stored;
create index organization_folded on organization (workspace_id, folded);

-- +goose Down
drop index organization_folded;
alter table organization drop column folded;
revoke update (account) on visit from console_app;
alter table visit drop column account;
