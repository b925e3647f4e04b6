-- +goose Up
-- An update of an open run must close it, so that the one change that a run may
-- have is its outcome: before, an open run could be rewritten as often as liked.
drop policy closed_once on run;
create policy closed_once on run for update
    using (workspace_id = (select app.workspace()) and state = 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace()) and state <> 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));

-- +goose Down
drop policy closed_once on run;
create policy closed_once on run for update
    using (workspace_id = (select app.workspace()) and state = 'sending'
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])))
    with check (workspace_id = (select app.workspace()));
