-- +goose Up
-- An operator who has lost every second factor asks for new ones, after the password. Each
-- workspace that the operator may enter has a row: an owner of each has to approve, so that
-- no workspace lets anybody into another.
create table factor_request (
    workspace_id uuid not null,
    operator_id  uuid not null,
    asked_at     timestamptz not null,
    approved_at  timestamptz,
    approved_by  uuid references operator,
    primary key (workspace_id, operator_id),
    constraint factor_request_membership foreign key (workspace_id, operator_id) references membership on delete cascade,
    constraint factor_request_approved check ((approved_at is null) = (approved_by is null)),
    constraint factor_request_by_another check (approved_by <> operator_id)
);

alter table factor_request enable row level security;
alter table factor_request force row level security;
create policy own on factor_request for select using (operator_id = (select app.operator()));
create policy seen on factor_request for select
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy asked on factor_request for insert
    with check (workspace_id = (select app.workspace()) and operator_id = (select app.operator()));
create policy approved on factor_request for update
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy over on factor_request for delete
    using (workspace_id = (select app.workspace()) and operator_id = (select app.operator()));
grant select, insert, delete, update (approved_at, approved_by) on factor_request to console_app;
grant update (grace_from) on operator to console_app;

alter table notice drop constraint notice_kind_check;
alter table notice add constraint notice_kind_check check (kind in ('password-reset', 'factor-reset', 'break-glass',
    'new-device', 'owner-given', 'recovery-code', 'wrong-codes', 'factors-lost')) not valid;
alter table notice validate constraint notice_kind_check;

-- +goose Down
alter table notice drop constraint notice_kind_check;
delete from notice where kind = 'factors-lost';
alter table notice add constraint notice_kind_check check (kind in ('password-reset', 'factor-reset', 'break-glass',
    'new-device', 'owner-given', 'recovery-code', 'wrong-codes'));
revoke update (grace_from) on operator from console_app;
drop table factor_request;
