-- +goose Up
-- The tenancy context: transaction-local settings, read through functions so
-- that a policy evaluates each of them once per query. A setting that was never
-- made reads NULL, one made in an earlier transaction on the same connection
-- reads ''; both give no rows.
create schema app;
grant usage on schema app, public to console_app;
-- The server compares the schema's version with its own before it starts.
grant select on goose_db_version to console_app;

create function app.workspace() returns uuid language sql stable parallel safe
set search_path = pg_catalog
return nullif(current_setting('app.workspace', true), '')::uuid;

create function app.operator() returns uuid language sql stable parallel safe
set search_path = pg_catalog
return nullif(current_setting('app.operator', true), '')::uuid;

create function app.every_organization() returns boolean language sql stable parallel safe
set search_path = pg_catalog
return coalesce(current_setting('app.organizations', true) = '*', false);

create function app.organizations() returns uuid[] language sql stable parallel safe
set search_path = pg_catalog
return case when current_setting('app.organizations', true) like '{%'
       then current_setting('app.organizations', true)::uuid[]
       else '{}'::uuid[] end;

-- +goose Down
drop schema app cascade;
