-- +goose Up
-- A plan may belong to the workspace: its steps are about several organizations, which are
-- listed. Who may see one of them sees the plan, and of its steps those of their own
-- organizations; only who may see all of them begins or changes it. The version before
-- looks for plans of one organization only.
alter table plan
    alter column organization_id drop not null,
    add column organizations uuid[] not null default '{}',
    add constraint plan_belongs check ((organization_id is null) = (cardinality(organizations) > 0));

alter policy scoped on plan
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])
            or organizations && ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])
            or organization_id is null and organizations <@ ((select app.organizations())::uuid[])));
create policy changed on plan as restrictive for update
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])
            or organization_id is null and organizations <@ ((select app.organizations())::uuid[])));
create policy dropped on plan as restrictive for delete
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])
            or organization_id is null and organizations <@ ((select app.organizations())::uuid[])));

-- +goose Down
delete from plan where organization_id is null;
drop policy changed on plan;
drop policy dropped on plan;
alter policy scoped on plan
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
alter table plan
    drop constraint plan_belongs,
    drop column organizations,
    alter column organization_id set not null;
