-- +goose Up
-- Owners change memberships from the web. A statement reaches the membership of
-- one operator, whom the transaction names: one that forgets its WHERE can make
-- nobody else an owner. The same goes for locking a row to rely on it.
create function app.member() returns uuid language sql stable parallel safe
set search_path = pg_catalog
return nullif(current_setting('app.member', true), '')::uuid;

alter table membership add disabled_at timestamptz, add seen_at timestamptz;

drop policy scoped on membership;
create policy seen on membership for select
    using (workspace_id = (select app.workspace()));
create policy added on membership for insert
    with check (workspace_id = (select app.workspace()) and operator_id = (select app.member()));
create policy changed on membership for update
    using (workspace_id = (select app.workspace()) and operator_id = (select app.member()));
create policy ended on membership for delete
    using (workspace_id = (select app.workspace()) and operator_id = (select app.member()));

drop policy scoped on membership_organization;
create policy seen on membership_organization for select
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy added on membership_organization for insert
    with check (workspace_id = (select app.workspace()) and operator_id = (select app.member())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy ended on membership_organization for delete
    using (workspace_id = (select app.workspace()) and operator_id = (select app.member())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

grant insert (workspace_id, operator_id, role, every_organization), update (role, every_organization, disabled_at, seen_at), delete
    on membership to console_app;
grant insert, delete on membership_organization to console_app;

-- A workspace without an owner who can sign in could be mended on the host
-- only. The lock makes changes at the same moment see each other.
-- +goose StatementBegin
create function app.keep_an_owner() returns trigger language plpgsql
set search_path = pg_catalog as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('members ' || old.workspace_id::text, 0));
    if not exists (select from public.membership m join public.operator o on o.id = m.operator_id
                   where m.workspace_id = old.workspace_id and m.role = 'owner' and m.disabled_at is null and o.disabled_at is null) then
        raise exception 'the workspace would have no owner'
            using errcode = 'integrity_constraint_violation', constraint = 'membership_last_owner';
    end if;
    return null;
end $$;
-- +goose StatementEnd
create trigger keep_an_owner after update of role, disabled_at or delete on membership
    for each row when (old.role = 'owner' and old.disabled_at is null)
    execute function app.keep_an_owner();

-- +goose Down
drop trigger keep_an_owner on membership;
drop function app.keep_an_owner();
revoke insert, delete on membership_organization from console_app;
revoke insert (workspace_id, operator_id, role, every_organization), update (role, every_organization, disabled_at, seen_at), delete
    on membership from console_app;
drop policy seen on membership;
drop policy added on membership;
drop policy changed on membership;
drop policy ended on membership;
create policy scoped on membership using (workspace_id = (select app.workspace()));
drop policy seen on membership_organization;
drop policy added on membership_organization;
drop policy ended on membership_organization;
create policy scoped on membership_organization
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
alter table membership drop disabled_at, drop seen_at;
drop function app.member();
