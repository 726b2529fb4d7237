-- What partners may ask for again (PAR-01, PAR-02): the facts about their orders, in an order of their own.
CREATE TABLE partner_fact (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    fact_id uuid NOT NULL UNIQUE,
    contractor_id text COLLATE "C" NOT NULL,
    estate_id text COLLATE "C" NOT NULL,
    type text NOT NULL,
    at timestamptz NOT NULL,
    body jsonb NOT NULL
);
CREATE INDEX partner_fact_of ON partner_fact (contractor_id, place);
CREATE INDEX partner_fact_at ON partner_fact (contractor_id, at);
-- Everything told before is looked through once more: it is kept, and nothing is delivered twice, for its cause is the same.
UPDATE feed SET number = 0 WHERE name = 'partners';

-- How far the latest replay of a webhook has come.
CREATE TABLE webhook_replay (
    webhook_id text COLLATE "C" PRIMARY KEY,
    replay integer NOT NULL,
    place bigint NOT NULL,
    done boolean NOT NULL DEFAULT false
);
ALTER TABLE webhook
    ADD COLUMN contractor_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(id, '.', 1)) STORED,
    ADD COLUMN replays integer NOT NULL GENERATED ALWAYS AS (COALESCE((state ->> 'replays')::integer, 0)) STORED;
DROP INDEX webhook_active;
CREATE INDEX webhook_active ON webhook (contractor_id) WHERE active;
CREATE INDEX webhook_replayed ON webhook (id) WHERE active AND replays > 0;

-- Which webhooks a contractor has, so that there is a most.
CREATE TABLE subscriptions (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);
INSERT INTO subscriptions (id, lane, state)
SELECT contractor_id, lane, jsonb_build_object('id', contractor_id, 'webhook_ids', jsonb_agg(id ORDER BY id))
FROM webhook WHERE state ->> 'status' <> 'ended' GROUP BY contractor_id, lane;
