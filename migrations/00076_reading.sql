-- +goose Up
-- What was taken out of the console: files, and whole lists by access tokens. A
-- row adds up one operator or token, list, organization and hour, so that a
-- program that reads page by page leaves one line and not hundreds.
create table reading (
    workspace_id    uuid not null references workspace,
    id              uuid not null default gen_random_uuid(),
    operator_id     uuid not null references operator,
    token_id        uuid,
    token           text not null check (length(token) <= 60),
    list            text not null check (list <> '' and length(list) <= 80),
    organization_id uuid,
    hour            timestamptz not null,
    rows            bigint not null check (rows > 0),
    primary key (workspace_id, id),
    constraint reading_hour unique nulls not distinct (workspace_id, operator_id, token_id, list, organization_id, hour),
    foreign key (workspace_id, organization_id) references organization
);
create index reading_latest on reading (workspace_id, hour desc, id);
create index reading_operator on reading (workspace_id, operator_id, hour);

alter table reading enable row level security;
alter table reading force row level security;
create policy seen on reading for select
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy counted on reading for insert
    with check (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
create policy added on reading for update
    using (workspace_id = (select app.workspace())
        and ((select app.every_organization()) or organization_id = any ((select app.organizations())::uuid[])));
grant select, insert, update (rows) on reading to console_app;

-- How many rows an operator may take out within 24 hours. A statement reaches the
-- row of the workspace that the transaction names, and no other.
alter table workspace add column rows_a_day integer not null default 50000 check (rows_a_day between 1000 and 10000000);
alter table workspace enable row level security;
create policy known on workspace for select using (true);
create policy own on workspace for update using (id = (select app.workspace()));
grant update (rows_a_day) on workspace to console_app;

-- +goose Down
revoke update (rows_a_day) on workspace from console_app;
drop policy known on workspace;
drop policy own on workspace;
alter table workspace disable row level security;
alter table workspace drop rows_a_day;
drop table reading;
