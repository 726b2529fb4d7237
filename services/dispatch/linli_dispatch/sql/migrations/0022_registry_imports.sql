-- Imports of the organisation that hold from one instant on, whole or not at all (ORG-01).
CREATE TABLE registry_import (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    org text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'org') STORED,
    status text NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
) WITH (fillfactor = 75);
-- What becomes of an import's changes is counted while somebody waits for them: beside their rows, which may be long.
ALTER TABLE planned_change
    ADD COLUMN import_id text COLLATE "C" GENERATED ALWAYS AS (state ->> 'import_id') STORED,
    ADD COLUMN status text COLLATE "C" GENERATED ALWAYS AS (state ->> 'status') STORED;
CREATE INDEX planned_change_of_import ON planned_change (import_id, status) WHERE import_id IS NOT NULL;
