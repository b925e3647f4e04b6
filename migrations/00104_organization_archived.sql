-- +goose Up
-- An organization that the MSP serves no more. Its row stays, so that its runs keep
-- their name and nobody else gets its slug; what reached its Duo account is destroyed
-- in the same transaction.
alter table organization add column archived_at timestamptz, add column archived_by uuid;
alter table organization add constraint organization_archived_by_fkey foreign key (archived_by) references operator not valid;
alter table organization validate constraint organization_archived_by_fkey;
alter table organization add constraint organization_archived check ((archived_at is null) = (archived_by is null)) not valid;
alter table organization validate constraint organization_archived;
grant update (archived_at, archived_by) on organization to console_app;

-- Nothing that connects an organization is stored beside its archiving: the lock waits
-- for an archiving that has not committed yet.
-- +goose StatementBegin
create function app.not_archived() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    archived timestamptz;
begin
    select o.archived_at into archived from public.organization o
        where o.workspace_id = new.workspace_id and o.id = new.organization_id for share;
    if archived is not null then
        raise exception 'the organization is archived' using errcode = '23505', constraint = 'organization_archived';
    end if;
    return new;
end $$;
-- +goose StatementEnd
create trigger not_archived before insert on connection for each row execute function app.not_archived();
create trigger not_archived before insert on directory_key for each row execute function app.not_archived();
create trigger not_archived before insert on integration_secret for each row execute function app.not_archived();

-- +goose Down
drop trigger not_archived on integration_secret;
drop trigger not_archived on directory_key;
drop trigger not_archived on connection;
drop function app.not_archived;
alter table organization drop constraint organization_archived, drop column archived_at, drop column archived_by;
