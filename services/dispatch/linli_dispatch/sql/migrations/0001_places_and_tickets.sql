-- Estates with their rosters, homes, who has what in hand, tickets, and the deadlines that were missed (services/dispatch).
-- Ids compare by their bytes (COLLATE "C"), so that an estate's tickets are one range and pages are the same everywhere.

CREATE TABLE estate (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    -- The organisation path, closed by a stroke so that a reader's path can be its beginning.
    org text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        'group/' || (state ->> 'region_id') || '/' || (state ->> 'project_id') || '/' || id || '/') STORED
) WITH (fillfactor = 75);

CREATE TABLE home (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE workload (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE ticket (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    status text NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
        CHECK (status IN ('received', 'open', 'coverage_asked', 'contractor_notified', 'completed', 'closed')),
    level smallint NOT NULL GENERATED ALWAYS AS ((state ->> 'level')::smallint) STORED CHECK (level BETWEEN 1 AND 4),
    -- Exactly one owner, always (DSP-19).
    owner_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'owner_id') STORED CHECK (owner_id <> ''),
    handler_id text COLLATE "C" GENERATED ALWAYS AS (state ->> 'handler_id') STORED,
    -- The contractor whose order it is now: all that a contractor may see.
    performer_id text COLLATE "C" GENERATED ALWAYS AS (
        coalesce(state -> 'order' ->> 'replacement_id', state -> 'order' ->> 'contractor_id')) STORED,
    overdue boolean NOT NULL GENERATED ALWAYS AS (state -> 'overdue' <> '[]') STORED,
    closed boolean NOT NULL GENERATED ALWAYS AS (state ->> 'status' = 'closed') STORED,
    -- A clock that runs, or a dated wait, while the ticket is not closed (DSP-19).
    clocked boolean NOT NULL GENERATED ALWAYS AS (
        state ->> 'status' IN ('received', 'closed')
        OR state -> 'clocks' <> '[]'
        OR state -> 'wait' <> 'null') STORED
        CHECK (clocked)
) WITH (fillfactor = 75);

-- Work lists: what a person has, without what is closed. These columns change once or twice in a ticket's life.
CREATE INDEX ticket_of_handler ON ticket (handler_id, id) WHERE NOT closed;
CREATE INDEX ticket_of_owner ON ticket (owner_id, id) WHERE NOT closed;

-- One row for each deadline that was missed: append-only.
CREATE TABLE missed_deadline (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    case_id text COLLATE "C" NOT NULL,
    round integer NOT NULL CHECK (round > 0),
    clock text COLLATE "C" NOT NULL,
    due_at timestamptz NOT NULL,
    missed_at timestamptz NOT NULL CHECK (missed_at > due_at)
);
CREATE INDEX missed_deadline_by_clock ON missed_deadline (clock, id);

CREATE FUNCTION missed_deadline_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a deadline that was missed stays missed (INT-08: late is counted, never hidden)';
END
$$;
CREATE TRIGGER missed_deadline_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON missed_deadline
    FOR EACH STATEMENT EXECUTE FUNCTION missed_deadline_is_append_only();
