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
-- Members, and the ledger beside what the members hold: the two must be equal, kind by kind.
SELECT
    (SELECT count(*) FROM member) AS members,
    (SELECT coalesce(sum(reward), 0)::bigint FROM member) AS reward_held,
    (SELECT coalesce(sum(upgrade), 0)::bigint FROM member) AS upgrade_held,
    coalesce(sum(points) FILTER (WHERE kind = 'reward'), 0)::bigint AS reward_ledger,
    coalesce(sum(points) FILTER (WHERE kind = 'upgrade'), 0)::bigint AS upgrade_ledger,
    coalesce(sum(points) FILTER (WHERE what = 'earned'), 0)::bigint AS earned,
    coalesce(-sum(points) FILTER (WHERE what = 'spent'), 0)::bigint AS spent,
    coalesce(-sum(points) FILTER (WHERE what = 'expired'), 0)::bigint AS expired
FROM points_entry;

-- name: earned_by_cause
-- How many points each cause has earned, and how often, for the figures.
SELECT cause, kind, count(*) AS times, sum(points)::bigint AS points
FROM points_entry
WHERE what = 'earned'
GROUP BY cause, kind
ORDER BY cause, kind;
