-- +goose Up
-- Ids of the scope's latest runs about one user of a Duo account, behind a place in the
-- list: asked for the user, or with the user among the facts of the run. A function of
-- the owner, as in 00085: under the policies no index would serve jsonb's operators.
-- +goose StatementBegin
create function app.runs_of_person(account text, person text, until timestamptz, behind uuid, most integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select about.id from (
        (select r.id, r.started_at from public.run r
        where r.workspace_id = (select app.workspace())
        and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))
        and r.account_id = account and r.input ->> 'user_id' = person
        and r.started_at <= until and (r.started_at < until or r.id > behind)
        order by r.started_at desc, r.id limit most)
        union
        (select r.id, r.started_at from public.run r
        where r.workspace_id = (select app.workspace())
        and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))
        and r.account_id = account and r.facts ? 'users' and r.facts -> 'users' ? person
        and r.started_at <= until and (r.started_at < until or r.id > behind)
        order by r.started_at desc, r.id limit most)
    ) about
    order by about.started_at desc, about.id limit most;
end;
-- +goose StatementEnd

-- +goose Down
drop function app.runs_of_person;
