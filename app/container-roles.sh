#!/bin/sh
# Run once by the image of the database, as its administrator, when its volume is new: the three users of docs/operators.md.
set -eu
psql --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=owner="$OWNER_PASSWORD" --set=service="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE vuurtoren LOGIN PASSWORD :'owner';
CREATE ROLE vuurtoren_app LOGIN PASSWORD :'service';
CREATE ROLE vuurtoren_public LOGIN PASSWORD :'service';
GRANT vuurtoren_public TO vuurtoren, vuurtoren_app;
GRANT vuurtoren_app TO vuurtoren;
ALTER DATABASE vuurtoren OWNER TO vuurtoren;
CREATE EXTENSION IF NOT EXISTS postgis;
DO $$
DECLARE
    estimate regprocedure;
BEGIN
    FOR estimate IN
        SELECT oid FROM pg_proc
        WHERE proname IN ('st_estimatedextent', '_postgis_stats', '_postgis_selectivity', '_postgis_join_selectivity')
    LOOP
        EXECUTE 'REVOKE EXECUTE ON FUNCTION ' || estimate || ' FROM PUBLIC';
    END LOOP;
END $$;
SQL
