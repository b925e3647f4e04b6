-- +goose Up
-- An organization can have several directories, each with a key of its own. The
-- primary one is what the mapping shows and edits. A server from before this
-- migration still reads keys; saving one fails until it is replaced.
alter table directory_key
    add column id uuid not null default gen_random_uuid(),
    add column name text not null default 'Directory' check (name <> '' and length(name) <= 60),
    add column is_primary boolean not null default true,
    drop constraint directory_key_pkey,
    add primary key (workspace_id, id),
    add constraint directory_key_name unique (workspace_id, organization_id, name),
    add constraint directory_key_key unique (workspace_id, organization_id, key);
create unique index directory_key_primary on directory_key (workspace_id, organization_id) where is_primary;
alter table directory_key alter column is_primary drop default, alter column name drop default;

-- +goose Down
delete from directory_key where not is_primary;
drop index directory_key_primary;
alter table directory_key
    drop constraint directory_key_pkey,
    drop constraint directory_key_name,
    drop constraint directory_key_key,
    drop column id,
    drop column name,
    drop column is_primary,
    add primary key (workspace_id, organization_id);
