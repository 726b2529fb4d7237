-- What floor and peer keep: a state a case and stage, and (the peer) an outbox.
CREATE TABLE state (id text, stage int, body text, PRIMARY KEY (id, stage));
CREATE TABLE outbox (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, topic text, key text, body text);
