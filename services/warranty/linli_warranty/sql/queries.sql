-- name: load_estate
-- Estates with their contracts' terms, for the writer loop.
SELECT id, state FROM estate WHERE id = ANY($1::text[]);

-- name: save_estate
-- Estates as a batch decided them.
INSERT INTO estate (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_homes
-- Shelves of homes, for the writer loop.
SELECT id, state FROM homes WHERE id = ANY($1::text[]);

-- name: save_homes
-- Shelves of homes as a batch decided them.
INSERT INTO homes (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_case_orders
-- The contractors' orders of cases, for the writer loop.
SELECT id, state FROM case_orders WHERE id = ANY($1::text[]);

-- name: save_case_orders
-- The contractors' orders of cases, as a batch decided them.
INSERT INTO case_orders (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_deposit
-- Accounts by contract, for the writer loop.
SELECT id, state FROM deposit WHERE id = ANY($1::text[]);

-- name: save_deposit
-- Accounts as a batch decided them.
INSERT INTO deposit (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_deduction
-- Deductions, for the writer loop.
SELECT id, state FROM deduction WHERE id = ANY($1::text[]);

-- name: save_deduction
-- Deductions as a batch decided them.
INSERT INTO deduction (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_release
-- Releases, for the writer loop.
SELECT id, state FROM release WHERE id = ANY($1::text[]);

-- name: save_release
-- Releases as a batch decided them.
INSERT INTO release (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_claim
-- Agreed compensation, for the writer loop.
SELECT id, state FROM claim WHERE id = ANY($1::text[]);

-- name: save_claim
-- Agreed compensation, as a batch decided it.
INSERT INTO claim (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: append_claim_movement
-- The movements of a batch, into the claims' ledger.
INSERT INTO claim_movement (
    claim_id, lane, debit_account, credit_account, amount_fen, reason, document, cause, reverses, who, at, booked_on
)
SELECT claim_id, lane, debit_account, credit_account, amount_fen, reason, document, cause, reverses, who, at, booked_on
FROM jsonb_to_recordset($1::jsonb) AS movement (
    claim_id text, lane smallint, debit_account text, credit_account text, amount_fen bigint,
    reason text, document text, cause text, reverses text, who text, at timestamptz, booked_on date
);

-- name: append_movement
-- The movements of a batch, into the ledger.
INSERT INTO movement (
    contract_id, number, lane, debit_account, credit_account, amount_fen, reason, document, cause, reverses, who, at, booked_on
)
SELECT
    contract_id, number, lane, debit_account, credit_account, amount_fen, reason, document, cause, reverses, who, at, booked_on
FROM jsonb_to_recordset($1::jsonb) AS movement (
    contract_id text, number integer, lane smallint, debit_account text, credit_account text, amount_fen bigint,
    reason text, document text, cause text, reverses text, who text, at timestamptz, booked_on date
);

-- name: find_estate
-- One estate with its contracts' terms, for a question of coverage.
SELECT state::text AS state FROM estate WHERE id = $1;

-- name: find_home
-- One home of a shelf, for a question of coverage.
SELECT (state -> 'homes' -> $2)::text AS home FROM homes WHERE id = $1 AND state -> 'homes' ? $2;

-- name: list_deposits
-- A page of the accounts that an organisation path, or one contractor, may see.
SELECT id, state::text AS state
FROM deposit
WHERE id > $1::text
  AND ($2::text = 'group' OR starts_with(org || '/', $2 || '/'))
  AND ($3::text IS NULL OR contractor_id = $3)
ORDER BY id
LIMIT $4;

-- name: find_deposit
-- One account, if an organisation path, or the contractor, may see it.
SELECT state::text AS state
FROM deposit
WHERE id = $1
  AND ($2::text = 'group' OR starts_with(org || '/', $2 || '/'))
  AND ($3::text IS NULL OR contractor_id = $3);

-- name: list_movements
-- A page of a contract's ledger up to a date of finance's books, in the order in which it was written.
SELECT
    number, debit_account, credit_account, amount_fen, reason, document, cause, reverses, who, at, booked_on
FROM movement
WHERE contract_id = $1
  AND number > $2::integer
  AND ($3::date IS NULL OR booked_on <= $3)
ORDER BY number
LIMIT $4;

-- name: balances_until
-- What stood on each account of a contract at the end of a date of finance's books.
SELECT account, sum(fen)::bigint AS fen
FROM entry
WHERE contract_id = $1 AND ($2::date IS NULL OR booked_on <= $2)
GROUP BY account
ORDER BY account;

-- name: list_deductions
-- A page of the deductions that an organisation path, or one contractor, may see: by status and contract.
SELECT id, state::text AS state
FROM deduction
WHERE id > $1::text
  AND ($2::text = 'group' OR contract_id IN (SELECT id FROM deposit WHERE starts_with(org || '/', $2 || '/')))
  AND ($3::text IS NULL OR contractor_id = $3)
  AND ($4::text IS NULL OR status = $4)
  AND ($5::text IS NULL OR contract_id = $5)
ORDER BY id
LIMIT $6;

-- name: list_releases
-- A page of the releases that an organisation path, or one contractor, may see: by status and contract.
SELECT id, state::text AS state
FROM release
WHERE id > $1::text
  AND ($2::text = 'group' OR contract_id IN (SELECT id FROM deposit WHERE starts_with(org || '/', $2 || '/')))
  AND ($3::text IS NULL OR contractor_id = $3)
  AND ($4::text IS NULL OR status = $4)
  AND ($5::text IS NULL OR contract_id = $5)
ORDER BY id
LIMIT $6;

-- name: list_claims
-- A page of agreed compensation that an organisation path may see, by status and case; for no contractor.
SELECT id, state::text AS state
FROM claim
WHERE id > $1::text
  AND ($2::text = 'group' OR starts_with(org || '/', $2 || '/'))
  AND $3::text IS NULL
  AND ($4::text IS NULL OR status = $4)
  AND ($5::text IS NULL OR case_id = $5)
ORDER BY id
LIMIT $6;

-- name: list_claim_movements
-- The movements of one claim that an organisation path may see, in the order of its life; for no contractor.
SELECT m.debit_account, m.credit_account, m.amount_fen, m.reason, m.document, m.cause, m.reverses, m.who, m.at, m.booked_on
FROM claim_movement m
JOIN claim c ON c.id = m.claim_id
WHERE c.id = $1
  AND ($2::text = 'group' OR starts_with(c.org || '/', $2 || '/'))
  AND $3::text IS NULL
ORDER BY m.at, array_position(ARRAY['agreed', 'paid', 'recovered', 'reversed'], m.reason);

-- name: claim_figures
-- The counts of the compensation one may see, by name: as many rows as there are estates and names; none for a contractor.
SELECT t.name, sum(t.counted)::bigint AS counted
FROM tally t
JOIN estate e ON e.id = t.part
WHERE ($1::text = 'group' OR starts_with('group/' || (e.state ->> 'region_id') || '/' || (e.state ->> 'project_id') || '/' || e.id || '/', $1 || '/'))
  AND $2::text IS NULL
  AND starts_with(t.name, 'claim')
GROUP BY t.name;

-- name: figures
-- The counts of the accounts one may see, by name: as many rows as there are contracts and names, whatever was booked.
SELECT t.name, sum(t.counted)::bigint AS counted
FROM tally t
JOIN deposit d ON d.id = t.part
WHERE ($1::text = 'group' OR starts_with(d.org || '/', $1 || '/'))
  AND ($2::text IS NULL OR d.contractor_id = $2)
GROUP BY t.name;

-- name: count_accounts_that_differ
-- How many accounts, of those one may see, hold another balance than their movements come to (0, or the books are wrong).
SELECT count(*) AS accounts
FROM (
    SELECT sum(CASE WHEN starts_with(t.name, 'ledger.') THEN t.counted ELSE -t.counted END) AS difference
    FROM tally t
    JOIN deposit d ON d.id = t.part
    WHERE ($1::text = 'group' OR starts_with(d.org || '/', $1 || '/'))
      AND ($2::text IS NULL OR d.contractor_id = $2)
      AND (starts_with(t.name, 'ledger.') OR starts_with(t.name, 'balance.'))
    GROUP BY t.part, split_part(t.name, '.', 2)
) AS account
WHERE difference <> 0;

-- name: place_of_case
-- A case's estate, and its region: coverage is decided where the estate is when it is asked for. A contract (no full stop) has
-- the place of its account.
SELECT e.state ->> 'region_id' AS region_id, e.id AS estate_id
FROM estate e WHERE e.id = split_part($1, '.', 1) AND strpos($1, '.') > 0
UNION ALL
SELECT nullif(split_part(d.org, '/', 2), ''), nullif(split_part(d.org, '/', 4), '')
FROM deposit d WHERE d.id = $1;
