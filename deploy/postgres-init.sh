#!/usr/bin/env bash
# Run once by the database image, when its volume is empty: the two roles of docflow.
# docflow_owner owns the database and is used by `docflow migrate` alone; docflow_app is what the
# application connects as, and gets its rights on tables from the migrations.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
  --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set database="$POSTGRES_DB" \
  --set owner_password="$OWNER_PASSWORD" --set app_password="$APP_PASSWORD" <<'SQL'
CREATE ROLE docflow_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE docflow_app LOGIN PASSWORD :'app_password';
ALTER DATABASE :"database" OWNER TO docflow_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO docflow_app;
SQL
