-- The figures, counted anew from what is stored: as Member.tally and the ledger's entries count them. For data that was there
-- before, and `linli audit`.
CREATE VIEW counted_anew AS
SELECT '' AS part, one.name, one.lane, sum(one.times)::bigint AS counted
FROM (
    SELECT counted.name, m.lane, counted.times
    FROM member m
    CROSS JOIN LATERAL (
        VALUES ('members', 1::bigint), ('held.reward', m.reward), ('held.upgrade', m.upgrade)
    ) AS counted (name, times)
    UNION ALL
    SELECT counted.name, e.lane, counted.times
    FROM points_entry e
    CROSS JOIN LATERAL (
        VALUES
            ('ledger.' || e.kind, e.points),
            (e.what, abs(e.points)),
            ('times.' || e.cause || '.' || e.kind, (e.what = 'earned')::integer),
            ('points.' || e.cause || '.' || e.kind, CASE WHEN e.what = 'earned' THEN e.points ELSE 0 END)
    ) AS counted (name, times)
) AS one
WHERE one.times <> 0
GROUP BY one.name, one.lane;

INSERT INTO tally (part, name, lane, counted) SELECT part, name, lane, counted FROM counted_anew;
