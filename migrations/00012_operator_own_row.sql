-- +goose Up
-- Who accepts an invitation becomes an operator. An operator's row can be
-- changed by the operator whom the transaction names alone, so that a statement
-- that forgets its WHERE does not give everybody one password.
alter table operator enable row level security;
create policy known on operator for select using (true);
create policy made on operator for insert with check (disabled_at is null);
create policy own on operator for update using (id = (select app.operator()));

grant insert (email, password_hash) on operator to console_app;

-- +goose Down
revoke insert (email, password_hash) on operator from console_app;
drop policy known on operator;
drop policy made on operator;
drop policy own on operator;
alter table operator disable row level security;
