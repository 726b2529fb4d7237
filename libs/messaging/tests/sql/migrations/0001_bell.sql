-- The one state of the test service, with a constraint that a rule can violate.
CREATE TABLE bell (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    loudness integer NOT NULL GENERATED ALWAYS AS ((state ->> 'loudness')::integer) STORED CHECK (loudness >= 0)
) WITH (fillfactor = 75);
