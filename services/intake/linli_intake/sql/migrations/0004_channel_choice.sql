-- How customers want to be told (INT-16); who has no row here has chosen nothing.
CREATE TABLE channel_choice (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

-- Planned contacts of one customer, for the contact limit (FUP-03).
CREATE INDEX intent_planned ON intent (recipient, noted_at) WHERE payload ? 'at_most';
