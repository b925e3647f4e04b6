-- +goose Up
-- An empty time zone is the browser's.
alter table operator
    add time_zone text not null default '' check (length(time_zone) <= 64),
    add density   text not null default 'comfortable' check (density in ('comfortable', 'compact'));
grant update (time_zone, density) on operator to console_app;

-- +goose Down
revoke update (time_zone, density) on operator from console_app;
alter table operator drop time_zone, drop density;
