-- +goose Up
-- The record also holds what happens in the console itself: sign-ins, refusals,
-- changes of members, keys and mapping. Such a run is closed when it is written.
drop policy started on run;
create policy recorded on run for insert
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

-- +goose Down
drop policy recorded on run;
create policy started on run for insert
    with check (workspace_id = (select app.workspace()) and state = 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
