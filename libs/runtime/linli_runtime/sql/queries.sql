-- name: lock_migrations
-- One runner at a time in this schema.
SELECT pg_advisory_xact_lock(hashtext('migrations:' || current_schema()));

-- name: create_migrations
-- What has been applied.
CREATE TABLE IF NOT EXISTS migration (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: read_migrations
-- Names and checksums of what has been applied.
SELECT name, checksum FROM migration;

-- name: note_migration
-- This one has been applied.
INSERT INTO migration (name, checksum) VALUES ($1, $2);

-- name: who_am_i
-- The role of this connection.
SELECT current_user;

-- name: name_worker
-- Hands the working role's name to grant_to_worker, for this transaction.
SELECT set_config('linli.worker', $1, true);

-- name: grant_to_worker
-- What the service's working role may do in this schema, whose owner asks: read everything; write tables, but for the
-- record of migrations; and of an append-only table nothing that its trigger `<table>_append_only` refuses. Never
-- TRUNCATE, never DDL. What is right already is left alone, so that a start changes nothing.
DO $$
DECLARE
    worker CONSTANT name := current_setting('linli.worker');
    wrong record;
BEGIN
    IF NOT has_schema_privilege(worker, current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), worker);
    END IF;
    FOR wrong IN
        SELECT c.oid::regclass AS relation, granted.due
        FROM pg_class c
        CROSS JOIN LATERAL (
            -- tgtype: 8 is ON DELETE, 16 is ON UPDATE.
            SELECT bit_or(t.tgtype::int) AS refused FROM pg_trigger t
            WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_append_only'
        ) AS its
        CROSS JOIN LATERAL (
            SELECT string_agg(each.privilege, ', ' ORDER BY each.privilege) AS due
            FROM (VALUES ('DELETE', 8), ('INSERT', 0), ('SELECT', 0), ('UPDATE', 16)) AS each (privilege, bit)
            WHERE each.privilege = 'SELECT'
                OR (c.relkind IN ('r', 'p') AND c.relname <> 'migration' AND COALESCE(its.refused, 0) & each.bit = 0)
        ) AS granted
        WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
            AND granted.due IS DISTINCT FROM (
                SELECT string_agg(privilege_type, ', ' ORDER BY privilege_type) FROM aclexplode(c.relacl)
                WHERE grantee = quote_ident(worker)::regrole
            )
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %I', wrong.relation, worker);
        EXECUTE format('GRANT %s ON %s TO %I', wrong.due, wrong.relation, worker);
    END LOOP;
END $$;
