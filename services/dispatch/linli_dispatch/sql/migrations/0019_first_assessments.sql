-- A ticket keeps the deadlines it was opened with (ORG-02): one that was opened before first assessments had a clock (INT-09) owes none.
-- Each open ticket is looked up by its id: what is closed, nearly all that is stored, is not read.
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
WITH changed AS (
    UPDATE ticket t SET state = t.state || jsonb_build_object('assessed_at', t.state -> 'opened_at')
    FROM open_ticket o WHERE o.id = t.id AND NOT t.state ? 'assessed_at' AND t.state ->> 'opened_at' IS NOT NULL
    RETURNING t.lane
)
UPDATE lane SET version = version + 1 WHERE lane IN (SELECT lane FROM changed);
RESET enable_hashjoin;
RESET enable_mergejoin;
