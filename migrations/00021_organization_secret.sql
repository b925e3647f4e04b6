-- +goose Up
-- Credential fields belong to the workspace itself (no organization) or to one
-- organization. Those of the workspace are read in every scope, since its keys
-- reach the children, and written only with every organization.
alter table integration_check
    add column organization_id uuid,
    drop constraint integration_check_workspace_id_api_version_fkey;

alter table integration_secret
    add column organization_id uuid,
    drop constraint integration_secret_pkey,
    add constraint integration_secret_version unique nulls not distinct (workspace_id, organization_id, api, version),
    add foreign key (workspace_id, organization_id) references organization on delete cascade;
drop index integration_secret_active, integration_secret_candidate;
create unique index integration_secret_active on integration_secret (workspace_id, organization_id, api) nulls not distinct where state = 'active';
create unique index integration_secret_candidate on integration_secret (workspace_id, organization_id, api) nulls not distinct where state = 'candidate';

-- A reference with a null in it is not checked: for rows of the workspace itself
-- the policy below asks for the version.
alter table integration_check
    add foreign key (workspace_id, organization_id, api, version)
        references integration_secret (workspace_id, organization_id, api, version) on delete cascade,
    add foreign key (workspace_id, organization_id) references organization on delete cascade;
drop index integration_check_latest;
create index integration_check_latest on integration_check (workspace_id, organization_id, api, version, checked_at desc);

drop policy scoped on integration_secret;
create policy seen on integration_secret for select
    using (workspace_id = (select app.workspace())
        and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy added on integration_secret for insert
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy changed on integration_secret for update
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

drop policy scoped on integration_check;
create policy seen on integration_check for select
    using (workspace_id = (select app.workspace())
        and (organization_id is null or (select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy added on integration_check for insert
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))
        and exists (select from integration_secret s where s.workspace_id = integration_check.workspace_id
            and s.organization_id is not distinct from integration_check.organization_id
            and s.api = integration_check.api and s.version = integration_check.version));

-- +goose Down
drop policy seen on integration_check;
drop policy added on integration_check;
drop policy seen on integration_secret;
drop policy added on integration_secret;
drop policy changed on integration_secret;
delete from integration_check where organization_id is not null;
delete from integration_secret where organization_id is not null;
alter table integration_check drop column organization_id;
alter table integration_secret drop column organization_id, add primary key (workspace_id, api, version);
create unique index integration_secret_active on integration_secret (workspace_id, api) where state = 'active';
create unique index integration_secret_candidate on integration_secret (workspace_id, api) where state = 'candidate';
alter table integration_check add foreign key (workspace_id, api, version) references integration_secret;
create index integration_check_latest on integration_check (workspace_id, api, version, checked_at desc);
create policy scoped on integration_secret using (workspace_id = (select app.workspace()));
create policy scoped on integration_check using (workspace_id = (select app.workspace()));
