-- What was said of a storm's cause for a whole region, and how far its estates are gone through (DSP-09).
CREATE TABLE region_storm (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
