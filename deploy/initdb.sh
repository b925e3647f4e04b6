#!/bin/sh
# Makes the roles and the database when the compose file's Postgres starts for the first time.
set -eu
password() { cut -d: -f5 "/run/secrets/$1.pgpass"; }
OWNER_PASSWORD=$(password owner)
APP_PASSWORD=$(password console_app)
BACKUP_PASSWORD=$(password console_backup)
export OWNER_PASSWORD APP_PASSWORD BACKUP_PASSWORD
psql --no-psqlrc --username=postgres --dbname=postgres --file=/etc/duodesk/roles.sql
