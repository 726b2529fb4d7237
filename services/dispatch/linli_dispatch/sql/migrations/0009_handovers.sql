-- Whose open work is being handed over, and how far that is (DSP-19, DSP-20).
CREATE TABLE handover (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
