-- Estates that are to be registered from a later instant on (ORG-01), with what is planned for them; none is an estate yet.
CREATE TABLE coming_estate (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    -- The path of where it is to be while it is to come, closed by a stroke as an estate's is.
    org text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        CASE WHEN jsonb_array_length(state -> 'planned') > 0 THEN (state ->> 'organisation') || '/' ELSE '' END) STORED
) WITH (fillfactor = 75);
