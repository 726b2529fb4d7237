-- Members, their points ledger, and the marks of what has moved points (services/loyalty, LOY-01, LOY-03).
-- Ids compare by their bytes (COLLATE "C"), so that pages are the same everywhere.

CREATE TABLE member (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    member_no text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'member_no') STORED UNIQUE,
    reward bigint NOT NULL GENERATED ALWAYS AS (coalesce((state ->> 'reward')::bigint, 0)) STORED CHECK (reward >= 0),
    upgrade bigint NOT NULL GENERATED ALWAYS AS (coalesce((state ->> 'upgrade')::bigint, 0)) STORED CHECK (upgrade >= 0)
) WITH (fillfactor = 75);

CREATE TABLE credit (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
);

CREATE TABLE points_entry (
    customer_ref text COLLATE "C" NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    lane smallint NOT NULL,
    what text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reward', 'upgrade')),
    points bigint NOT NULL,
    -- Of this kind, after this entry.
    balance bigint NOT NULL CHECK (balance >= 0),
    cause text NOT NULL,
    cause_id text NOT NULL,
    -- The number of the entry that earned these points: its own, where it is the earning.
    lot integer NOT NULL,
    expires_on date NOT NULL,
    case_id text,
    policy_version text,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (customer_ref, number),
    CHECK (
        (what = 'earned' AND points > 0 AND lot = number)
        OR (what IN ('spent', 'expired') AND points < 0 AND lot < number)
    )
);
-- Never twice for one cause: a cause earns each kind once; a payment, or the expiry, takes from a lot once.
CREATE UNIQUE INDEX points_entry_earned_once ON points_entry (customer_ref, cause, cause_id, kind) WHERE what = 'earned';
CREATE UNIQUE INDEX points_entry_taken_once ON points_entry (customer_ref, lot, what, cause_id) WHERE what <> 'earned';

CREATE FUNCTION points_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the points ledger is append-only: a mistake is corrected by a further entry (LOY-03)';
END
$$;
CREATE TRIGGER points_entry_append_only BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_entry_is_append_only();
