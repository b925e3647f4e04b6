-- +goose Up
-- A copy of the users of each organization, so that one is found without asking Duo. Duo is the
-- truth: a row says when what it holds was asked for. A pass reads all users of one connection,
-- page by page; only one that came to its end says who is missing.
create table index_pass (
    workspace_id    uuid not null,
    organization_id uuid not null,
    id              uuid not null,        -- of the pass that reads, or read last
    connection      text not null check (length(connection) <= 64), -- which it reads
    begun_at        timestamptz not null,
    next_offset     integer not null default 0 check (next_offset >= 0), -- where it goes on after an interruption
    seen            text[] not null default '{}', -- ids before that; empty again at the end
    whole_at        timestamptz,          -- when the last pass that came to its end was begun: so old is the copy
    failed_at       timestamptz,          -- since when passes fail; null: the last did not
    failure         text not null default '' check (length(failure) <= 300),
    primary key (workspace_id, organization_id),
    foreign key (workspace_id, organization_id) references organization on delete cascade
);
alter table index_pass enable row level security;
alter table index_pass force row level security;
create policy reached on index_pass using (workspace_id = (select app.workspace())
    and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
grant select, insert, update (id, connection, begun_at, next_offset, seen, whole_at, failed_at, failure), delete
    on index_pass to console_app;

create table index_user (
    workspace_id    uuid not null,
    organization_id uuid not null,
    user_id         text not null check (length(user_id) between 1 and 64),
    detail          jsonb not null,
    search          text not null,        -- folded: names, login names, addresses, numbers
    keys            text[] not null,      -- what finds the user exactly, folded; and beginnings of words
    digest          bytea not null check (length(digest) = 32), -- of the above: what is the same is not written again
    asked_at        timestamptz not null, -- when the page was asked for that wrote the row
    gone_at         timestamptz,          -- when Duo said that there is no such user; kept for 30 days
    primary key (workspace_id, organization_id, user_id),
    foreign key (workspace_id, organization_id) references index_pass on delete cascade,
    constraint index_user_organization foreign key (workspace_id, organization_id) references organization on delete cascade
);
create index index_user_search on index_user using gin (workspace_id, search gin_trgm_ops) where gone_at is null;
create index index_user_keys on index_user using gin (workspace_id, keys) where gone_at is null;
create index index_user_gone on index_user (workspace_id, gone_at) where gone_at is not null;
alter table index_user enable row level security;
alter table index_user force row level security;
create policy reached on index_user using (workspace_id = (select app.workspace())
    and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
grant select, insert, update (detail, search, keys, digest, asked_at, gone_at), delete on index_user to console_app;

-- As for runs: under the policies no index serves words, so a function that runs as the owner
-- compares workspace and organizations itself, and returns ids. The rows are read under the
-- policies of who asks.
-- +goose StatementBegin
do $$
declare owner text := case when pg_has_role(current_user, 'pg_database_owner', 'member') then 'pg_database_owner' else quote_ident(current_user) end;
begin
    execute 'create policy searched on index_user for select to ' || owner || ' using (true)';
end $$;
-- +goose StatementEnd

-- Ids of the scope's users: those that a key finds exactly, and those in whose search text all
-- words are. Words are folded, at most eight are looked at, and nothing in them is a wildcard. A
-- word of one or two letters is the beginning of one. Of each kind come at most so many, in no
-- order: a common word must not read everything.
-- +goose StatementBegin
create function app.search_users(words text[], key text, most integer)
returns table (organization_id uuid, user_id text, exact boolean)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $f$
declare
    scope constant text := ' from public.index_user u where u.workspace_id = (select app.workspace())
        and ((select app.every_organization()) or u.organization_id = any ((select app.organizations())::uuid[]))
        and u.gone_at is null';
    condition text := '';
    word text;
begin
    return query execute 'select u.organization_id, u.user_id, true' || scope || ' and u.keys @> array[$1] limit $2'
        using key, most;
    if cardinality(words) = 0 then
        return;
    end if;
    foreach word in array words[1:8] loop
        if length(word) < 3 then
            condition := condition || format(' and u.keys @> array[%L]', '^' || word);
        else
            condition := condition || format(' and u.search like %L',
                '%' || replace(replace(replace(word, '\', '\\'), '%', '\%'), '_', '\_') || '%');
        end if;
    end loop;
    return query execute 'select u.organization_id, u.user_id, false' || scope || condition || ' limit $1' using most;
end $f$;
-- +goose StatementEnd

-- A copy is of one connection: another account, or other keys, begin anew.
-- +goose StatementBegin
create function app.forget_index() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from public.index_pass p where p.workspace_id = old.workspace_id and p.organization_id = old.organization_id;
    return null;
end $$;
-- +goose StatementEnd
create trigger forget_index after delete on connection for each row execute function app.forget_index();
create trigger forget_index_changed after update on connection for each row
    when (old.revision is distinct from new.revision) execute function app.forget_index();

-- +goose Down
drop trigger forget_index_changed on connection;
drop trigger forget_index on connection;
drop function app.forget_index;
drop function app.search_users;
drop table index_user;
drop table index_pass;
