#!/bin/sh
# Makes what docker-compose.yml mounts: passwords of the database's roles and the key file, once. The folder is
# closed to everybody but root; the modes inside are for the accounts in the containers.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "Run this as root: the containers' account has to be given the files." >&2; exit 1; }
[ ! -e secrets ] || { echo "secrets/ exists and stays as it is: what was sealed with its key opens with no other." >&2; exit 1; }
# Not by compose, which first wants every setting of its file.
docker build --quiet --tag duodesk:local . >/dev/null
umask 077
rm -rf secrets.new
mkdir secrets.new
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
random >secrets.new/postgres
for role in owner console_app console_backup; do
	echo "db:5432:console:$role:$(random)" >secrets.new/$role.pgpass
done
chmod 444 secrets.new/*
docker run --rm --user 0 --network none --volume "$PWD/secrets.new:/new" duodesk:local key new /new/key.json
chown 0:65532 secrets.new/key.json
chmod 440 secrets.new/key.json
mv secrets.new secrets
echo "Made secrets/. Keep a copy of secrets/key.json apart from the backups: without it, what is sealed is lost."
