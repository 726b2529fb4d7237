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
