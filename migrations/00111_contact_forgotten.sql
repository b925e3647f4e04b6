-- +goose Up
-- What a child account's refused keys said is over when the workspace gets other ones.
grant delete on contact to console_app;

-- +goose Down
revoke delete on contact from console_app;
