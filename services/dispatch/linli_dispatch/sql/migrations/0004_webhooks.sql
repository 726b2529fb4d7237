-- Where partners want to be told of their orders (PAR-01).
CREATE TABLE webhook (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    active boolean NOT NULL GENERATED ALWAYS AS (state ->> 'status' = 'active') STORED
) WITH (fillfactor = 75);
CREATE INDEX webhook_active ON webhook (id) WHERE active;
