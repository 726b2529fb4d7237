-- Which states must have a running clock: a query for each state that has clocks, named `<service>_<table>`. It answers with
-- every state that must, and every row of `timer`, side by side: no due_at, nothing will wake the state; no state, the row
-- wakes one that wants nothing.

-- name: dispatch_ticket
-- A case that is graded and not closed: a deadline runs, or a dated wait (DSP-19). One that is closed wakes for what is owed beyond its
-- end (DSP-14), and for what of that somebody is still to read (DSP-20).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.ticket WHERE status NOT IN ('received', 'closed') OR (status = 'closed'
    AND (state -> 'clocks' <> '[]' OR state @? '$.notices[*] ? (!(@.exhausted == true))'))) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'ticket') AS t USING (id);

-- name: dispatch_storm
-- A storm that is on ends by itself; one with work orders that wait has its next round (DSP-09).
SELECT id, s.state, t.due_at
FROM (
    SELECT id, state FROM dispatch.storm
    WHERE state -> 'ended_at' = 'null' OR jsonb_array_length(state -> 'waiting') > 0) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'storm') AS t USING (id);

-- name: dispatch_region_storm
-- A region's estates are gone through to the last one (DSP-09).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.region_storm WHERE state -> 'due_at' <> 'null') AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'region_storm') AS t USING (id);

-- name: dispatch_handover
-- Work that is being handed over goes on until nothing is left (DSP-19).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.handover WHERE state -> 'due_at' <> 'null') AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'handover') AS t USING (id);

-- name: dispatch_filling
-- Whoever comes next is awaited; what waits for somebody is gone through to its end (DSP-08, DSP-19).
SELECT id, s.state, t.due_at
FROM (
    SELECT id, state FROM dispatch.filling
    WHERE state -> 'due_at' <> 'null' OR jsonb_array_length(state -> 'comes_at') > 0) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'filling') AS t USING (id);

-- name: dispatch_estate
-- An estate for which a change is planned wakes when it is to hold (ORG-01).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.estate WHERE jsonb_array_length(state -> 'planned') > 0) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'estate') AS t USING (id);

-- name: dispatch_coming_estate
-- An estate that is to come wakes when it is to be registered (ORG-01).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.coming_estate WHERE jsonb_array_length(state -> 'planned') > 0) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'coming_estate') AS t USING (id);

-- name: dispatch_price_library
-- A region's price library for which a change is planned wakes when it is to hold (ORG-01).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.price_library WHERE jsonb_array_length(state -> 'planned') > 0) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'price_library') AS t USING (id);

-- name: dispatch_registry_import
-- An import whose instant has not come wakes at it (ORG-01).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM dispatch.registry_import WHERE status IN ('open', 'confirmed')) AS s
FULL JOIN (SELECT id, due_at FROM dispatch.timer WHERE state_table = 'registry_import') AS t USING (id);

-- name: followup_callback
-- A call that is planned, and one that is due and not yet late (FUP-01).
SELECT id, s.state, t.due_at
FROM (
    SELECT id, state FROM followup.callback
    WHERE open AND (status = 'planned' OR NOT (state ->> 'overdue')::boolean)) AS s
FULL JOIN (SELECT id, due_at FROM followup.timer WHERE state_table = 'callback') AS t USING (id);

-- name: warranty_deposit
-- An account with notices still to be given (WAR-08).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM warranty.deposit WHERE jsonb_array_length(state -> 'notices') > 0) AS s
FULL JOIN (SELECT id, due_at FROM warranty.timer WHERE state_table = 'deposit') AS t USING (id);

-- name: loyalty_member
-- A member with points that expire (LOY-03).
SELECT id, s.state, t.due_at
FROM (SELECT id, state FROM loyalty.member WHERE jsonb_array_length(state -> 'lots') > 0) AS s
FULL JOIN (SELECT id, due_at FROM loyalty.timer WHERE state_table = 'member') AS t USING (id);
