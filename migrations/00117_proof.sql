-- +goose Up
-- A second factor that was proved for one act: the digest is of the act, its object and all
-- of its parameters. It is used once, in the transaction of the act, within a minute.
create table proof (
    id         uuid primary key default gen_random_uuid(),
    session_id uuid not null,
    digest     bytea not null check (length(digest) = 32),
    made_at    timestamptz not null
);
create index proof_made_at on proof (made_at);
grant select, insert, delete on proof to console_app;

-- A form that waits for its proof, sealed, is a challenge too.
alter table challenge drop constraint challenge_data_check;
alter table challenge add constraint challenge_data_check check (length(data) <= 2097152) not valid;
alter table challenge validate constraint challenge_data_check;
create index challenge_bound on challenge (bound, purpose);

-- The actions that an access token was made for and that take a proof for each act of a page.
alter table api_token add acts text[] not null default '{}' check (cardinality(acts) <= 100);

-- +goose Down
drop index challenge_bound;
alter table api_token drop acts;
alter table challenge drop constraint challenge_data_check;
delete from challenge where length(data) > 16384;
alter table challenge add constraint challenge_data_check check (length(data) <= 16384);
drop table proof;
