-- What the audit of the bus asks of the databases (bus.py).

-- name: look_into
-- Look into this service's schema from now on.
SELECT set_config('search_path', $1, false);

-- name: deployment
-- Whose records are ours.
SELECT id FROM intake.deployment;

-- name: people
-- Every name and contact that intake holds, and whose it is (the customer's reference, or the case or form it came with).
SELECT id AS whose, state ->> 'name' AS name, state ->> 'contact' AS contact FROM intake.customer
UNION ALL SELECT id, state ->> 'name', NULL FROM intake.request_text
UNION ALL SELECT id, state -> 'form' ->> 'name', state -> 'form' ->> 'contact' FROM intake.quarantined;

-- name: facts_that_differ
-- Facts as the bus has them (lane, number, id, body) that the service has not told, or told otherwise. Of the archive, the
-- segments in question are opened once.
WITH seen AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::bytea[]) AS f (lane, number, id, body)
), told AS (
    SELECT o.lane, o.number, o.id, o.body FROM seen JOIN outbox o ON o.lane = seen.lane AND o.number = seen.number
    UNION ALL
    SELECT a.lane, f.number, f.id, f.body
    FROM (SELECT lane, min(number) AS first, max(number) AS last FROM seen GROUP BY lane) AS s
    JOIN archive a ON a.lane = s.lane AND a.last >= s.first AND a.first <= s.last
    CROSS JOIN LATERAL unnest(a.numbers, a.ids, a.bodies) AS f (number, id, body)
)
SELECT s.lane, s.number, s.id AS id_on_bus, t.id AS id_told
FROM seen s LEFT JOIN told t ON t.lane = s.lane AND t.number = s.number
WHERE t.id IS NULL OR t.id <> s.id OR t.body <> s.body ORDER BY s.lane, s.number;

-- name: ends
-- How far each lane has come.
SELECT 'intake' AS producer, lane, l.head, p.number AS published FROM intake.lane l JOIN intake.published p USING (lane)
UNION ALL SELECT 'dispatch', lane, l.head, p.number FROM dispatch.lane l JOIN dispatch.published p USING (lane)
UNION ALL SELECT 'followup', lane, l.head, p.number FROM followup.lane l JOIN followup.published p USING (lane)
UNION ALL SELECT 'warranty', lane, l.head, p.number FROM warranty.lane l JOIN warranty.published p USING (lane)
UNION ALL SELECT 'loyalty', lane, l.head, p.number FROM loyalty.lane l JOIN loyalty.published p USING (lane);
