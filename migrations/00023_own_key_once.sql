-- +goose Up
-- Two organizations with the same keys would act on one account.
create unique index integration_secret_own_key on integration_secret (workspace_id, integration_key)
    where state = 'active' and organization_id is not null;

-- +goose Down
drop index integration_secret_own_key;
