-- Changes of the registry that hold from a later instant on (ORG-01); begun and withdrawn ones keep their lines' number only.
CREATE TABLE planned_change (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
