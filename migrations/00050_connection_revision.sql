-- +goose Up
-- A form names the connection that it was opened for. The account alone would
-- not do: an organization that is connected with another account and then with
-- the first again is not the one that the form showed. The database renews the
-- revision, so that no statement can forget to, nor a server from before this
-- migration. The table has a row per organization: rewriting it takes moments.
alter table connection add column revision uuid not null default gen_random_uuid();

-- +goose StatementBegin
create function app.renew_connection() returns trigger language plpgsql
set search_path = pg_catalog as $$
begin
    new.revision := gen_random_uuid();
    return new;
end $$;
-- +goose StatementEnd
create trigger renew_connection before update on connection
    for each row when ((old.kind, old.account_id, old.api_hostname) is distinct from (new.kind, new.account_id, new.api_hostname))
    execute function app.renew_connection();

-- +goose Down
drop trigger renew_connection on connection;
drop function app.renew_connection();
alter table connection drop column revision;
