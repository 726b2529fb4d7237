-- What offices approve: the price library of a region, and which offices have an application of a ticket before them.

CREATE TABLE price_library (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

-- The offices whose turn it is; a work list finds a ticket by any of them.
ALTER TABLE ticket ADD COLUMN offices_asked jsonb NOT NULL GENERATED ALWAYS AS (
    jsonb_path_query_array(state, '$.applications[*] ? (@.status == "pending").office')) STORED;
CREATE INDEX ticket_of_office ON ticket USING gin (offices_asked) WHERE offices_asked <> '[]';
