-- +goose Up
-- What the owners of a workspace have to know of: a password that was reset, a sign-in from
-- a new device, an owner more. A row is written in the transaction of the event, in each
-- workspace of the operator it is about. Only scopes with every organization reach it.
-- by_operator is null for what the operator did, or the host; address and agent are empty
-- for the host. mail_to are the owners who still have to get it by mail, as they were at
-- that moment: an owner who is removed right after is told too. mail_next is when the next
-- attempt is due; whoever begins one moves it, so that others keep away.
create table notice (
    workspace_id    uuid not null references workspace,
    id              uuid not null default gen_random_uuid(),
    kind            text not null check (kind in ('password-reset', 'factor-reset', 'break-glass', 'new-device',
                    'owner-given', 'recovery-code', 'wrong-codes')),
    at              timestamptz not null,
    operator_id     uuid not null references operator,
    by_operator     uuid references operator,
    address         text not null default '' check (length(address) <= 64),
    agent           text not null default '' check (length(agent) <= 300),
    acknowledged_at timestamptz,
    acknowledged_by uuid references operator,
    mail_to         uuid[] not null default '{}',
    mail_tries      int not null default 0,
    mail_next       timestamptz not null,
    mailed_at       timestamptz, -- when the last of mail_to got it; null: not yet, or given up
    primary key (workspace_id, id),
    constraint notice_acknowledged check ((acknowledged_at is null) = (acknowledged_by is null))
);
-- Each page of an owner counts what waits, each process looks for what is due, and an
-- operator's rows of the last hour are counted before another is added.
create index notice_waiting on notice (workspace_id, at desc) where acknowledged_at is null;
create index notice_to_mail on notice (workspace_id, mail_next) where mail_to <> '{}';
create index notice_of_operator on notice (workspace_id, operator_id, at desc);

alter table notice enable row level security;
alter table notice force row level security;
create policy read on notice for select
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy written on notice for insert
    with check (workspace_id = (select app.workspace()) and (select app.every_organization()));
create policy changed on notice for update
    using (workspace_id = (select app.workspace()) and (select app.every_organization()));
-- The server cannot take back what waits, nor what was acknowledged in the last 90 days.
create policy over on notice for delete
    using (workspace_id = (select app.workspace()) and (select app.every_organization())
        and acknowledged_at < now() - interval '90 days');
grant select, insert, delete, update (acknowledged_at, acknowledged_by, mail_to, mail_tries, mail_next, mailed_at)
    on notice to console_app;

-- +goose Down
drop table notice;
