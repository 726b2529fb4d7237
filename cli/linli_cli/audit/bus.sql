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
-- Facts as the bus has them (lane, number, id, body) that the outbox does not have, or has otherwise.
SELECT f.lane, f.number, f.id AS id_on_bus, o.id AS id_in_outbox
FROM unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::bytea[]) AS f (lane, number, id, body)
LEFT JOIN outbox o ON o.lane = f.lane AND o.number = f.number
WHERE o.id IS NULL OR o.id <> f.id OR o.body <> f.body ORDER BY f.lane, f.number;

-- name: ends
-- How far each lane has come.
SELECT 'intake' AS producer, lane, l.head, p.number AS published FROM intake.lane l JOIN intake.published p USING (lane)
UNION ALL SELECT 'dispatch', lane, l.head, p.number FROM dispatch.lane l JOIN dispatch.published p USING (lane)
UNION ALL SELECT 'followup', lane, l.head, p.number FROM followup.lane l JOIN followup.published p USING (lane)
UNION ALL SELECT 'warranty', lane, l.head, p.number FROM warranty.lane l JOIN warranty.published p USING (lane)
UNION ALL SELECT 'loyalty', lane, l.head, p.number FROM loyalty.lane l JOIN loyalty.published p USING (lane);
