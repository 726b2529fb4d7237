-- What the delivery promises need in every service's schema (docs/delivery.md).

-- The deployment this schema belongs to and its number of lanes: a process set up otherwise refuses to start.
CREATE TABLE deployment (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id text NOT NULL,
    lanes smallint NOT NULL
);

-- One row a lane: the only lock there is, and the highest number given out.
CREATE TABLE lane (
    lane smallint PRIMARY KEY,
    head bigint NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

-- How far the relay has produced each lane; only rises.
CREATE TABLE published (
    lane smallint PRIMARY KEY,
    number bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE outbox (
    lane smallint NOT NULL,
    number bigint NOT NULL,
    id uuid NOT NULL,
    type text NOT NULL,
    version smallint NOT NULL,
    at timestamptz NOT NULL,
    key text NOT NULL,
    subject text NOT NULL,
    case_id text,
    cause text NOT NULL,
    traceparent text NOT NULL,
    body bytea NOT NULL CHECK (octet_length(body) <= 524288),
    PRIMARY KEY (lane, number)
);
-- The timeline of a case reads its facts from here.
CREATE INDEX outbox_case ON outbox (case_id) WHERE case_id IS NOT NULL;

-- The last number processed of each producer's lane.
CREATE TABLE inbox (
    producer text NOT NULL,
    lane smallint NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (producer, lane)
) WITH (fillfactor = 50);

-- Numbers noticed as missing; alarmed until closed.
CREATE TABLE gap (
    producer text NOT NULL,
    lane smallint NOT NULL,
    missing_from bigint NOT NULL,
    seen bigint NOT NULL,
    noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at timestamptz,
    PRIMARY KEY (producer, lane, missing_from)
);
CREATE INDEX gap_open ON gap (producer, lane) WHERE closed_at IS NULL;

-- What the relay is to send again: asked for by a consumer with a gap, or by an operator's replay.
CREATE TABLE resend (
    lane smallint PRIMARY KEY,
    from_number bigint NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row a state that has a running clock: when to wake it (its earliest due instant).
CREATE TABLE timer (
    state_table text NOT NULL,
    id text NOT NULL,
    lane smallint NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (state_table, id)
) WITH (fillfactor = 75);
CREATE INDEX timer_due ON timer (lane, due_at);

-- Commands and their answers, so that a repetition gets the same answer and changes nothing.
CREATE TABLE command (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    answer jsonb,
    at timestamptz NOT NULL
);

-- Why things were decided; append-only.
CREATE TABLE history (
    lane smallint NOT NULL,
    subject text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    what text NOT NULL,
    rule text NOT NULL,
    policy_version text,
    cause text NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX history_subject ON history (subject);

-- Events whose other fact has not come yet; ripe once it has.
CREATE TABLE early (
    producer text NOT NULL,
    lane smallint NOT NULL,
    number bigint NOT NULL,
    needs_table text NOT NULL,
    needs_id text NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ripe boolean NOT NULL DEFAULT false,
    PRIMARY KEY (producer, lane, number)
);
CREATE INDEX early_needs ON early (needs_table, needs_id);
CREATE INDEX early_ripe ON early (lane) WHERE ripe;

-- What could not be handled. A head (waits_for IS NULL) has the error; followers of a held subject wait for it in order.
CREATE TABLE parked (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL CHECK (source IN ('event', 'timer')),
    producer text NOT NULL,
    lane smallint NOT NULL,
    number bigint NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    error text NOT NULL,
    stack text NOT NULL,
    holds boolean NOT NULL,
    waits_for bigint REFERENCES parked (id),
    status text NOT NULL DEFAULT 'parked' CHECK (status IN ('parked', 'ripe', 'retried', 'dropped')),
    note text,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (source, producer, lane, number, subject, type)
);
CREATE INDEX parked_open ON parked (id) WHERE status IN ('parked', 'ripe');
CREATE INDEX parked_holds ON parked (subject) WHERE holds AND status IN ('parked', 'ripe');

-- The stepped clock's instant; empty on the system clock.
CREATE TABLE stepped_clock (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    instant timestamptz NOT NULL
);

-- Policy versions this schema has decided by; a process that lacks one refuses to start (ORG-02).
CREATE TABLE policy_version (
    version text PRIMARY KEY,
    content_hash text NOT NULL,
    effective_from timestamptz NOT NULL
);

-- History and the outbox are append-only for the service itself too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
