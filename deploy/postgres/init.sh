#!/bin/sh
# Has the database, for each service a schema, the role that owns it and the role that works in it, and the roles that only
# read: for figures, and for the auditor.
# Runs at every start of the stack and may be run again: a password that was changed in the environment is in force
# afterwards.
#
# Needs psql, PGHOST, PGUSER and PGPASSWORD of a superuser, LINLI_<SERVICE>_DATABASE_PASSWORD and
# LINLI_<SERVICE>_OWNER_DATABASE_PASSWORD for each service, LINLI_AUDIT_DATABASE_PASSWORD, and the statements that `linli up`
# uses as well (cli/linli_cli/stack/*.sql) in the directory SQL_DIR.
set -eu

database="${LINLI_DATABASE:-linli}"
sql="${SQL_DIR:-/etc/linli/sql}"

# Waits for no one: whoever starts this waits until the server is healthy. Passwords never stand on a command line.
run() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname "$1"
}

services="intake dispatch followup warranty loyalty"
password_of() {
  echo "LINLI_$(echo "$1" | tr '[:lower:]' '[:upper:]')_DATABASE_PASSWORD"
}
for role in $services $(printf '%s_owner ' $services) audit; do
  if [ -z "$(printenv "$(password_of "$role")" || true)" ]; then
    echo "$(password_of "$role") is not set; nothing was done" >&2
    exit 1
  fi
done

run postgres <<SQL
SELECT format('CREATE DATABASE %I', '$database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '$database') \gexec
SQL

run "$database" < "$sql/database.sql"

for service in $services; do
  # As session.sql, which takes parameters that psql before 16 cannot give.
  run "$database" <<SQL
\getenv password $(password_of "$service")
\getenv owner_password $(password_of "${service}_owner")
\o /dev/null
SELECT set_config('linli.service', '$service', false), set_config('linli.password', :'password', false),
    set_config('linli.owner_password', :'owner_password', false);
\o
\i $sql/role.sql
SQL
  echo "roles linli_$service and linli_${service}_owner, schema $service: ready"
done

run "$database" <<SQL
\getenv password $(password_of audit)
\o /dev/null
SELECT set_config('linli.password', :'password', false);
\o
\i $sql/audit.sql
SQL
echo "role linli_audit: ready"
