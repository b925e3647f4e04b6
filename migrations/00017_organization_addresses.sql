-- +goose Up
-- /o/import is a page now: an organization that had this address gets another.
-- The owner, whom the policies otherwise bind too, sees all workspaces for this
-- one statement.
alter table organization no force row level security;
update organization set slug = slug || '-' || left(id::text, 8) where slug = 'import';
alter table organization force row level security;

-- +goose Down
select 1;
