-- The roles and the database of one installation, made by a superuser with psql:
--
--   OWNER_PASSWORD=… APP_PASSWORD=… BACKUP_PASSWORD=… psql --dbname=postgres --file=deploy/roles.sql
--
-- Passwords come by the environment, which unlike arguments others on the machine cannot read. One that is missing is
-- a syntax error below, and nothing is made.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
\getenv backup_password BACKUP_PASSWORD

begin;
-- A server writes down statements that fail, and perhaps all: these hold passwords.
set local log_min_error_statement = panic;
set local log_statement = none;
set local log_min_duration_statement = -1;
-- Owns the schema and changes it: console migrate.
create role owner login password :'owner_password';
-- Serves: owns nothing and is bound by row-level security.
create role console_app login nosuperuser nocreatedb nocreaterole noinherit nobypassrls password :'app_password';
-- Reads everything of every workspace: pg_dump. Forced row-level security binds the owner as well, whose dump fails.
create role console_backup login bypassrls password :'backup_password';
grant pg_read_all_data to console_backup;
commit;

create database console owner owner;
revoke all on database console from public;
grant connect on database console to console_app, console_backup;
