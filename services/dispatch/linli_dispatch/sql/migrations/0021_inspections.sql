-- An engineer inspects a repair first (DSP-10): one that was assessed, ordered, done or reopened before this was kept owes no inspection.
-- Each open ticket is looked up by its id: what is closed, nearly all that is stored, is not read.
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
WITH changed AS (
    UPDATE ticket t SET state = t.state || jsonb_build_object('inspected_at',
        coalesce(t.state ->> 'assessed_at', t.state -> 'order' ->> 'called_at', t.state ->> 'opened_at'))
    FROM open_ticket o WHERE o.id = t.id AND t.state ->> 'kind' = 'repair' AND t.state ->> 'inspected_at' IS NULL
        AND (t.state ->> 'assessed_at' IS NOT NULL OR t.state ->> 'order' IS NOT NULL OR (t.state ->> 'round')::int > 1
            OR t.state ->> 'status' = 'completed')
    RETURNING t.lane
)
UPDATE lane SET version = version + 1 WHERE lane IN (SELECT lane FROM changed);
RESET enable_hashjoin;
RESET enable_mergejoin;
