-- Agreed compensation until it is paid, and its ledger (services/warranty, WAR-03, WAR-06, WAR-23, WAR-24).

CREATE TABLE claim (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL,
    estate_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (split_part(id, '.', 1)) STORED,
    case_id text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'case_id') STORED,
    org text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'org') STORED,
    amount_fen bigint NOT NULL GENERATED ALWAYS AS ((state ->> 'amount_fen')::bigint) STORED CHECK (amount_fen > 0),
    status text COLLATE "C" NOT NULL GENERATED ALWAYS AS (state ->> 'status') STORED
        CHECK (status IN ('agreed', 'approved', 'paid')),
    -- Nothing is approved without the complaint form, nothing recovered before it is paid (WAR-23, WAR-24).
    CHECK (status = 'agreed' OR state ->> 'form' IS NOT NULL),
    CHECK (status = 'paid' OR (state ->> 'recovered_fen')::bigint = 0)
) WITH (fillfactor = 75);
-- A claim changes three times in its life, and people ask for those that wait.
CREATE INDEX claim_by_status ON claim (status, id);
CREATE INDEX claim_of_case ON claim (case_id, id);

-- The claims' ledger: a row is a whole movement, so every movement sums to zero (WAR-03).
CREATE TABLE claim_movement (
    claim_id text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    debit_account text COLLATE "C" NOT NULL CHECK (debit_account IN (
        'compensation_cost', 'recovered_from_deposit', 'owed_to_customer', 'paid_to_customer'
    )),
    credit_account text COLLATE "C" NOT NULL CHECK (credit_account IN (
        'compensation_cost', 'recovered_from_deposit', 'owed_to_customer', 'paid_to_customer'
    )),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    document text NOT NULL,
    -- Never twice for one cause: a claim is agreed, paid, recovered and reversed once.
    cause text COLLATE "C" PRIMARY KEY,
    reverses text COLLATE "C" REFERENCES claim_movement (cause),
    who text NOT NULL,
    at timestamptz NOT NULL,
    -- The date in finance's books, by its own zone.
    booked_on date NOT NULL,
    CHECK (debit_account <> credit_account),
    CHECK (cause = claim_id || '.' || reason)
);
CREATE INDEX claim_movement_of_claim ON claim_movement (claim_id);
CREATE TRIGGER claim_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON claim_movement
    FOR EACH STATEMENT EXECUTE FUNCTION movement_is_append_only();

CREATE OR REPLACE VIEW counted_anew AS
SELECT one.part, one.name, one.lane, sum(one.counted)::bigint AS counted
FROM (
    SELECT d.id AS part, each.name, d.lane, each.counted
    FROM deposit d
    CROSS JOIN LATERAL (
        VALUES ('deposits', 1::bigint), ('retained_fen', d.retained_fen), ('released_fen', d.released_fen)
        UNION ALL
        SELECT 'balance.' || balance.key, balance.value::bigint FROM jsonb_each_text(d.state -> 'balances') AS balance
    ) AS each (name, counted)
    UNION ALL SELECT contract_id, 'deductions', lane, 1 FROM deduction
    UNION ALL SELECT contract_id, 'releases_' || status, lane, 1 FROM release
    UNION ALL SELECT contract_id, 'ledger.' || debit_account, lane, amount_fen FROM movement
    UNION ALL SELECT contract_id, 'ledger.' || credit_account, lane, -amount_fen FROM movement
    UNION ALL SELECT estate_id, 'claims_' || status, lane, 1 FROM claim
    UNION ALL SELECT split_part(claim_id, '.', 1), 'claim_ledger.' || debit_account, lane, amount_fen FROM claim_movement
    UNION ALL SELECT split_part(claim_id, '.', 1), 'claim_ledger.' || credit_account, lane, -amount_fen FROM claim_movement
) AS one
WHERE one.counted <> 0
GROUP BY one.part, one.name, one.lane;
