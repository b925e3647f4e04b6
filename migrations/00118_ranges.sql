-- +goose Up
-- From which addresses a workspace admits its members, and an access token works; none: from
-- every address. An IPv4 address is never written as IPv6. A statement reaches the row of the
-- workspace that the transaction names. The version before asks for neither.
alter table workspace add column ranges cidr[] not null default '{}' check (cardinality(ranges) <= 20);
grant update (ranges) on workspace to console_app;

-- refused_at and refused_from are for the token's operator: when and from where a request with
-- it came last that was not admitted. They are written once a minute at most.
alter table api_token
    add column ranges       cidr[] not null default '{}' check (cardinality(ranges) <= 20),
    add column refused_at   timestamptz,
    add column refused_from text not null default '' check (length(refused_from) <= 64);
grant update (refused_at, refused_from) on api_token to console_app;

-- +goose Down
revoke update (refused_at, refused_from) on api_token from console_app;
alter table api_token drop refused_from, drop refused_at, drop ranges;
revoke update (ranges) on workspace from console_app;
alter table workspace drop ranges;
