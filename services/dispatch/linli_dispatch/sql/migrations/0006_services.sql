-- The catalogue of special services of an estate (DSP-16), and how often the steps of blueprints fail there (DSP-17).

CREATE TABLE service_catalogue (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE step_record (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
