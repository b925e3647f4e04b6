-- +goose Up
-- Which actions of a workspace take a ticket: slugs and categories of the catalog, as
-- an owner chose them. A statement reaches the row of the workspace that the
-- transaction names (policy "own"). The version before does not ask for it.
alter table workspace add column tickets text[] not null default '{}' check (cardinality(tickets) <= 200);
grant update (tickets) on workspace to console_app;

-- +goose Down
revoke update (tickets) on workspace from console_app;
alter table workspace drop tickets;
