-- Estates, callbacks and closing counts (services/followup, FUP-01 to FUP-04, WAR-09).
-- Ids compare by their bytes (COLLATE "C"), so that all that belongs to a key lies together and pages are the same everywhere.

CREATE TABLE estate (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    org text COLLATE "C" GENERATED ALWAYS AS (state ->> 'org') STORED
) WITH (fillfactor = 75);

CREATE TABLE callback (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    status text GENERATED ALWAYS AS (state ->> 'status') STORED,
    -- Stays true from the plan to the end: planned <-> due does not touch the index below.
    open boolean GENERATED ALWAYS AS (state ->> 'status' IN ('planned', 'due')) STORED,
    -- Whole seconds in UTC, always written alike ("2026-03-01T12:59:59Z"), so that the text sorts as the instant does.
    call_by text COLLATE "C" GENERATED ALWAYS AS (state ->> 'call_by') STORED
) WITH (fillfactor = 75);
-- The callers' work list: what is open stays few, however much is stored.
CREATE INDEX callback_open ON callback (id) WHERE open;

CREATE TABLE closing_count (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
