-- The figures, counted anew from what is stored: as Callback.tally counts them. For data that was there before, and `linli audit`.
CREATE VIEW counted_anew AS
SELECT split_part(c.id, '.', 1) AS part, one.name, c.lane, sum(one.times)::bigint AS counted
FROM callback c
CROSS JOIN LATERAL (
    VALUES
        ('callbacks', 1),
        (c.status, 1),
        ('satisfied', (c.state -> 'satisfied' = 'true')::integer),
        ('unsatisfied', (c.state -> 'satisfied' = 'false')::integer),
        ('late', (c.state -> 'late' = 'true')::integer),
        ('in_quiet_hours', (c.state -> 'in_quiet_hours' = 'true')::integer),
        ('tries', (c.status = 'completed')::integer + jsonb_array_length(coalesce(c.state -> 'unanswered', '[]')))
) AS one (name, times)
WHERE one.times <> 0
GROUP BY split_part(c.id, '.', 1), one.name, c.lane;

INSERT INTO tally (part, name, lane, counted) SELECT part, name, lane, counted FROM counted_anew;
