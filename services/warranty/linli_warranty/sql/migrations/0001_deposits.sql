-- Places, deposits with their deductions and releases, orders, and the ledger (services/warranty, WAR-01 to WAR-12).
-- Ids compare by their bytes (COLLATE "C"), so that pages are the same everywhere.

CREATE TABLE estate (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE home (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

-- The orders of a case that went to contractors.
CREATE TABLE case_orders (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

CREATE TABLE deposit (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    contractor_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'contractor_id') STORED,
    org text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'org') STORED,
    retained_fen bigint NOT NULL GENERATED ALWAYS AS ((state ->> 'retained_fen')::bigint) STORED CHECK (retained_fen > 0),
    -- The running balances that decisions rest on, each on its own side. They equal the ledger's (query `figures`).
    cash_fen bigint NOT NULL
        GENERATED ALWAYS AS ((state -> 'balances' ->> 'cash_retained')::bigint) STORED CHECK (cash_fen >= 0),
    receivable_fen bigint NOT NULL
        GENERATED ALWAYS AS ((state -> 'balances' ->> 'receivable_from_contractor')::bigint) STORED CHECK (receivable_fen >= 0),
    free_fen bigint NOT NULL
        GENERATED ALWAYS AS (-(state -> 'balances' ->> 'deposit_liability')::bigint) STORED CHECK (free_fen >= 0),
    unconfirmed_fen bigint NOT NULL
        GENERATED ALWAYS AS (-(state -> 'balances' ->> 'deducted_unconfirmed')::bigint) STORED CHECK (unconfirmed_fen >= 0),
    disputed_fen bigint NOT NULL
        GENERATED ALWAYS AS (-(state -> 'balances' ->> 'disputed')::bigint) STORED CHECK (disputed_fen >= 0),
    confirmed_fen bigint NOT NULL
        GENERATED ALWAYS AS (-(state -> 'balances' ->> 'deducted_confirmed')::bigint) STORED CHECK (confirmed_fen >= 0),
    released_fen bigint NOT NULL
        GENERATED ALWAYS AS (coalesce((state ->> 'released_fen')::bigint, 0)) STORED CHECK (released_fen >= 0),
    CHECK (cash_fen + receivable_fen = free_fen + unconfirmed_fen + disputed_fen + confirmed_fen),
    CHECK (cash_fen = retained_fen - released_fen),
    -- Nobody is paid who owes (WAR-06).
    CHECK (free_fen = 0 OR receivable_fen = 0)
) WITH (fillfactor = 75);
-- A contractor's own accounts (WAR-07).
CREATE INDEX deposit_of_contractor ON deposit (contractor_id, id);

CREATE TABLE deduction (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    contract_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(id, '.', 1)) STORED,
    contractor_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'contractor_id') STORED,
    status text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
        CHECK (status IN ('unconfirmed', 'disputed', 'confirmed', 'rejected'))
) WITH (fillfactor = 75);
-- A deduction changes once or twice in its life, and people ask for those that wait.
CREATE INDEX deduction_by_status ON deduction (status, id);
CREATE INDEX deduction_of_contractor ON deduction (contractor_id, id);

CREATE TABLE release (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    contract_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(id, '.', 1)) STORED,
    contractor_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'contractor_id') STORED,
    instalment smallint NOT NULL GENERATED ALWAYS AS ((state ->> 'instalment')::smallint) STORED,
    status text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
        CHECK (status IN ('approved', 'blocked', 'paid'))
) WITH (fillfactor = 75);
CREATE INDEX release_by_status ON release (status, id);
CREATE INDEX release_of_contractor ON release (contractor_id, id);
-- An instalment is approved or paid once, whatever was asked before (WAR-12).
CREATE UNIQUE INDEX release_once ON release (contract_id, instalment) WHERE status IN ('approved', 'paid');

-- The ledger (WAR-03). A row is a whole movement: debit and credit of one amount, so every movement sums to zero.
CREATE TABLE movement (
    contract_id text COLLATE "C" NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    lane smallint NOT NULL,
    debit_account text COLLATE "C" NOT NULL CHECK (debit_account IN (
        'cash_retained', 'receivable_from_contractor', 'deposit_liability',
        'deducted_unconfirmed', 'disputed', 'deducted_confirmed'
    )),
    credit_account text COLLATE "C" NOT NULL CHECK (credit_account IN (
        'cash_retained', 'receivable_from_contractor', 'deposit_liability',
        'deducted_unconfirmed', 'disputed', 'deducted_confirmed'
    )),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    document text NOT NULL,
    -- Never twice for one cause.
    cause text COLLATE "C" NOT NULL UNIQUE,
    -- What a correction takes back.
    reverses text COLLATE "C" REFERENCES movement (cause),
    who text NOT NULL,
    at timestamptz NOT NULL,
    -- The date in finance's books, by its own zone.
    booked_on date NOT NULL,
    PRIMARY KEY (contract_id, number),
    CHECK (debit_account <> credit_account)
);

CREATE FUNCTION movement_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: a mistake is corrected by a reversing movement (WAR-03)';
END
$$;
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON movement
    FOR EACH STATEMENT EXECUTE FUNCTION movement_is_append_only();

-- The two sides of each movement: debits positive, credits negative.
CREATE VIEW entry AS
SELECT contract_id, number, booked_on, debit_account AS account, amount_fen AS fen FROM movement
UNION ALL
SELECT contract_id, number, booked_on, credit_account, -amount_fen FROM movement;
