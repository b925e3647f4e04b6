-- +goose Up
-- What an operator opened last: organizations, and users of an organization, by Duo's
-- id and the name as it was last seen. It is their own memory, for the home page and the
-- switcher: no other operator reads it, not even an owner. Rows go with the membership
-- and with the organization, and the oldest when there are too many.
create table visit (
    workspace_id    uuid not null,
    operator_id     uuid not null,
    organization_id uuid not null,
    user_id         text not null check (length(user_id) <= 64), -- empty: the organization itself
    name            text not null check (length(name) <= 300),
    at              timestamptz not null,
    primary key (workspace_id, operator_id, organization_id, user_id),
    foreign key (workspace_id, operator_id) references membership on delete cascade,
    foreign key (workspace_id, organization_id) references organization on delete cascade
);
create index visit_latest on visit (workspace_id, operator_id, at desc);
alter table visit enable row level security;
alter table visit force row level security;
create policy remembered on visit using (workspace_id = (select app.workspace()) and operator_id = (select app.operator())
    and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
grant select, insert, delete, update (name, at) on visit to console_app;

-- +goose Down
drop table visit;
