-- Requests, their words, customers, groups, quarantine, and the places that dispatch registered.
-- Changing columns (status) stay out of the indexes, so that an update is a heap-only one.

CREATE TABLE request (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    kind text NOT NULL GENERATED ALWAYS AS (state ->> 'kind') STORED,
    level smallint NOT NULL GENERATED ALWAYS AS ((state ->> 'level')::smallint) STORED,
    status text NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
) WITH (fillfactor = 75);

-- Pages of one level: the grave ones are few among many.
CREATE INDEX request_by_level ON request (level, id);

-- What customers said; apart from the case, so that it can be erased (INT-13).
CREATE TABLE request_text (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE customer (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE contact (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE complaint_group (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    size integer NOT NULL GENERATED ALWAYS AS (jsonb_array_length(state -> 'members')) STORED
) WITH (fillfactor = 75);

CREATE TABLE quarantined (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
) WITH (fillfactor = 75);

CREATE TABLE estate (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    -- The organisation path, closed by a stroke so that a reader's path can be its beginning.
    org text NOT NULL GENERATED ALWAYS AS (
        'group/' || (state ->> 'region_id') || '/' || (state ->> 'project_id') || '/' || id || '/') STORED
) WITH (fillfactor = 75);

CREATE TABLE home (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
