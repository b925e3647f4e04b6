-- +goose Up
-- An organization is reached in one of three ways: as a child account through
-- the Accounts API, as the MSP's own account with the workspace's Admin keys, or
-- with Admin keys of its own. No API tells an account its own id, so that only a
-- child has one here.
alter table connection
    add column kind text not null default 'child' check (kind in ('child', 'parent', 'own')),
    alter column account_id drop not null,
    alter column api_hostname drop not null,
    add constraint connection_child check ((kind = 'child') = (account_id is not null) and (kind = 'child') = (api_hostname is not null));
-- There is one such account, so one organization at most has it.
create unique index connection_parent on connection (workspace_id) where kind = 'parent';

-- +goose Down
delete from connection where kind <> 'child';
drop index connection_parent;
alter table connection
    drop constraint connection_child,
    alter column account_id set not null,
    alter column api_hostname set not null,
    drop column kind;
