-- How requests came is counted too (INT-01).
CREATE OR REPLACE VIEW counted_anew AS
SELECT one.part, one.name, one.lane, sum(one.times)::bigint AS counted
FROM (
    SELECT split_part(r.id, '.', 1) AS part, counted.name, r.lane, 1 AS times
    FROM request r
    CROSS JOIN LATERAL (
        VALUES ('level.' || r.level), ('kind.' || r.kind), ('channel.' || (r.state ->> 'channel')), ('status.' || r.status)
    ) AS counted (name)
    UNION ALL
    SELECT split_part(g.id, '.', 1), counted.name, g.lane, counted.times
    FROM complaint_group g
    CROSS JOIN LATERAL (VALUES ('linked.groups', 1), ('linked.requests', g.size)) AS counted (name, times)
    WHERE g.size > 1
    UNION ALL
    SELECT coalesce(q.sent_from, split_part(q.id, '.', 1)), 'quarantine.' || q.status, q.lane, 1 FROM quarantined q
) AS one
GROUP BY one.part, one.name, one.lane;

INSERT INTO tally (part, name, lane, counted)
SELECT part, name, lane, counted FROM counted_anew WHERE starts_with(name, 'channel.');
