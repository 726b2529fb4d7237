-- A ticket keeps the deadlines it was opened with (ORG-02): one that was opened before first assessments had a clock (INT-09) owes none.
UPDATE ticket t SET state = t.state || jsonb_build_object('assessed_at', t.state -> 'opened_at')
    FROM open_ticket o WHERE o.id = t.id AND NOT t.state ? 'assessed_at' AND t.state ->> 'opened_at' IS NOT NULL;
