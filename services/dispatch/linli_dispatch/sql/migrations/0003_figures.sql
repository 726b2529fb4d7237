-- The figures, counted anew from what is stored: as Ticket.tally counts them. For data that was there before, and `linli audit`.
CREATE VIEW counted_anew AS
SELECT split_part(t.id, '.', 1) AS part, one.name, t.lane, sum(one.times)::bigint AS counted
FROM ticket t
CROSS JOIN LATERAL (
    VALUES
        ('status.' || t.status, 1::bigint),
        ('level.' || t.level, 1),
        ('closed_how.' || (t.state ->> 'closed_how'), 1),
        ('reopened', (t.state ->> 'round')::bigint - 1),
        ('reentrusted', coalesce((t.state ->> 'reentrusted')::bigint, 0)),
        ('overdue', t.overdue::integer),
        ('stuck', (NOT t.clocked)::integer),
        ('unowned', (t.owner_id = '')::integer)
    UNION ALL SELECT 'kept.' || kept.key, kept.value::bigint FROM jsonb_each_text(t.state -> 'kept') AS kept
    UNION ALL SELECT 'missed.' || missed.key, missed.value::bigint FROM jsonb_each_text(t.state -> 'missed') AS missed
    UNION ALL SELECT 'step.' || step.key, step.value::bigint FROM jsonb_each_text(t.state -> 'steps_taken') AS step
) AS one (name, times)
WHERE one.name IS NOT NULL AND one.times <> 0
GROUP BY t.lane, split_part(t.id, '.', 1), one.name;

INSERT INTO tally (part, name, lane, counted) SELECT part, name, lane, counted FROM counted_anew;
