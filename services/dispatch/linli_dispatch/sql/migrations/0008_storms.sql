-- What is usual at estates and in regions, storms, and their work orders (DSP-09).
CREATE TABLE usual (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE region (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE storm (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    ended boolean NOT NULL GENERATED ALWAYS AS (state -> 'ended_at' <> 'null') STORED
) WITH (fillfactor = 75);
-- What is on now; a storm ends once.
CREATE INDEX storm_on ON storm (id) WHERE NOT ended;

CREATE TABLE storm_order (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    storm_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'storm_id') STORED
) WITH (fillfactor = 75);
-- The work orders of a storm, by page.
CREATE INDEX storm_order_of_storm ON storm_order (storm_id, id);
