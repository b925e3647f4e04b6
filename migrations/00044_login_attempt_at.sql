-- +goose Up
-- Attempts that are over are deleted by their time with each sign-in: without an
-- index that reads all of them, and there are most while strangers try.
create index login_attempt_at on login_attempt (at);

-- +goose Down
drop index login_attempt_at;
