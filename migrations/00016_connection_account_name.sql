-- +goose Up
-- The name of the account when somebody last said yes to it: what Duo lists
-- under another name was renamed there. A connection of before has none until
-- the accounts are read again.
alter table connection add column account_name text not null default '';

-- +goose Down
alter table connection drop column account_name;
