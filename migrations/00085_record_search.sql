-- +goose Up
-- Row-level security keeps operators that are not leakproof (LIKE, jsonb's ->>)
-- away from indexes: a search read all runs of a workspace. These functions run
-- as the owner, who reads runs past the policies below, and compare workspace and
-- organizations themselves. They return ids only; the rows are read under the
-- policies of whoever asks. pg_temp comes last in their search path: left out it
-- comes first, for types. Both extensions are trusted: the owner of the database
-- may create them.
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- The owner could switch the policies off; the server's role is refused if it is one.
-- +goose StatementBegin
do $$
declare owner text := case when pg_has_role(current_user, 'pg_database_owner', 'member') then 'pg_database_owner' else quote_ident(current_user) end;
begin
    execute 'create policy searched on run for select to ' || owner || ' using (true)';
    -- What console record prune may delete, and nobody but the owner can: closed
    -- runs from before the last year, but for the records of pruning itself.
    execute 'create policy pruned on run for delete to ' || owner || '
        using (workspace_id = (select app.workspace())
            and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[]))
            and state <> ''sending'' and action <> ''prune-record'' and started_at < now() - interval ''365 days'')';
end $$;
-- +goose StatementEnd

-- Ids of the scope's runs with a part of their text, at most so many, in no order.
-- words are folded; nothing in them is a wildcard. The statement is
-- planned for the words at hand: a plan for any words reads the whole table.
-- +goose StatementBegin
create function app.search_runs(words text, since timestamptz, until timestamptz, most integer) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $f$
begin
    return query execute $q$
        select r.id from public.run r
        where r.workspace_id = (select app.workspace())
        and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))
        and r.started_at >= $2 and r.started_at < $3
        and app.fold(r.subject || ' ' || r.summary || ' ' || r.ticket) like '%' || replace(replace(replace($1, '\', '\\'), '%', '\%'), '_', '\_') || '%'
        limit $4 $q$
    using words, since, until, most;
end $f$;
-- +goose StatementEnd

-- Ids of the scope's latest runs that were asked for one phone of a Duo account.
-- +goose StatementBegin
create function app.runs_of_phone(account text, phone text, most integer) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select r.id from public.run r
    where r.workspace_id = (select app.workspace())
    and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))
    and r.account_id = account and r.input ->> 'phone_id' = phone
    order by r.started_at desc, r.id limit most;
end;
-- +goose StatementEnd

-- Ids of the scope's runs of one action that were asked for one user of a Duo account.
-- +goose StatementBegin
create function app.runs_of_user(account text, doing text, person text) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select r.id from public.run r
    where r.workspace_id = (select app.workspace())
    and ((select app.every_organization()) or r.organization_id = any ((select app.organizations())::uuid[]))
    and r.account_id = account and r.action = doing and r.input ->> 'user_id' = person;
end;
-- +goose StatementEnd

-- +goose Down
drop function app.runs_of_user, app.runs_of_phone, app.search_runs;
drop policy pruned on run;
drop policy searched on run;
