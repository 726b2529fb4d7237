-- name: load_member
-- Members by customer reference, for the writer loop.
SELECT id, state FROM member WHERE id = ANY($1::text[]);

-- name: save_member
-- Members as a batch decided them.
INSERT INTO member (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_credit
-- The marks of causes that have moved points, for the writer loop.
SELECT id, state FROM credit WHERE id = ANY($1::text[]);

-- name: save_credit
-- New marks, as a batch decided them.
INSERT INTO credit (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: append_points_entry
-- The movements of a batch, into the ledger.
INSERT INTO points_entry (
    customer_ref, number, lane, what, kind, points, balance, cause, cause_id, lot, expires_on, case_id, policy_version, at
)
SELECT
    customer_ref, number, lane, what, kind, points, balance, cause, cause_id, lot, expires_on, case_id, policy_version, at
FROM jsonb_to_recordset($1::jsonb) AS entry (
    customer_ref text, number integer, lane smallint, what text, kind text, points bigint, balance bigint, cause text,
    cause_id text, lot integer, expires_on date, case_id text, policy_version text, at timestamptz
);

-- name: find_member
-- One member as it stands.
SELECT state::text AS state FROM member WHERE id = $1;

-- name: list_points
-- A page of a member's ledger, in the order in which it was written.
SELECT number, what, kind, points, balance, cause, cause_id, lot, expires_on, case_id, policy_version, at
FROM points_entry
WHERE customer_ref = $1 AND number > $2::integer
ORDER BY number
LIMIT $3;

-- name: figures
-- The club's counts by name: as many rows as there are lanes and names.
SELECT name, sum(counted)::bigint AS counted FROM tally GROUP BY name;
