-- What `linli audit` asks (checks.py says what each row means): every query answers with the violations it found, none when
-- all is well, each row with the ids that lead to it. All read one snapshot, so they hold while the system works, too,
-- but for those that checks.py marks "at rest".
--
-- Facts are read from `fact`, which has those in the archive too; whoever joins it by a key names it once, not in a subquery a
-- row, for the archive has no index of its facts.
--
-- The first part is asked of each service, with its schema as the search path; from "the house" on, schemas are named.

-- name: enter
-- Look into this service's schema from now on, in this transaction.
SELECT set_config('search_path', $1, true);

-- name: lanes_with_holes
-- Numbers that were never given out, or are gone, and were not declared as abandoned (promise 8).
SELECT lane, before + 1 AS missing_from, number - 1 AS missing_to
FROM (
    SELECT lane, number, COALESCE(abandoned_from, number) AS first,
        lag(number, 1, 0::bigint) OVER (PARTITION BY lane ORDER BY number) AS before
    FROM fact) AS facts
WHERE first > before + 1 ORDER BY lane, missing_from;

-- name: heads_that_differ
-- Lanes whose head is not the number of their last fact.
SELECT lane, COALESCE(l.head, 0) AS head, COALESCE(f.last, 0) AS last_fact
FROM lane l FULL JOIN (SELECT lane, max(number) AS last FROM fact GROUP BY lane) AS f USING (lane)
WHERE COALESCE(l.head, 0) <> COALESCE(f.last, 0) ORDER BY lane;

-- name: published_beyond_the_head
-- Lanes of which more was sent than there is.
SELECT lane, p.number AS published, COALESCE(l.head, 0) AS head FROM published p LEFT JOIN lane l USING (lane)
WHERE p.number > COALESCE(l.head, 0) ORDER BY lane;

-- name: unpublished
-- Lanes of which something was not sent.
SELECT lane, COALESCE(p.number, 0) AS published, l.head FROM lane l LEFT JOIN published p USING (lane)
WHERE COALESCE(p.number, 0) < l.head ORDER BY lane;

-- name: facts_told_twice
-- Facts that one cause brought about twice: their id follows from the cause.
SELECT id, min(type) AS type, min(subject) AS subject, array_agg(lane || '/' || number ORDER BY lane, number) AS places
FROM fact GROUP BY id HAVING count(*) > 1 ORDER BY id;

-- name: keys_in_two_lanes
-- Keys whose facts lie in more than one lane, so that they have no order.
SELECT key, array_agg(DISTINCT lane) AS lanes FROM fact GROUP BY key HAVING count(DISTINCT lane) > 1 ORDER BY key;

-- name: segments_that_differ
-- Segments of the archive whose content is not what was archived.
SELECT lane, first, last, archived_at FROM archive
WHERE digest IS DISTINCT FROM segment_digest(lane, numbers, ids, types, versions, ats, keys, subjects, case_ids, causes,
    traceparents, bodies, abandoned_froms)
ORDER BY lane, last;

-- name: figures_that_differ
-- Figures that are not what is stored comes to, counted anew.
SELECT COALESCE(t.part, a.part) AS part, COALESCE(t.name, a.name) AS name, COALESCE(t.counted, 0) AS counted,
    COALESCE(a.counted, 0) AS stored
FROM tally t FULL JOIN counted_anew a USING (part, name, lane)
WHERE COALESCE(t.counted, 0) <> COALESCE(a.counted, 0) ORDER BY part, name;

-- name: suspended
-- The database was restored, and the service writes nothing until an operator lifts its numbers (`linli restored`).
SELECT id AS deployment, suspended_at FROM deployment WHERE suspended_at IS NOT NULL;

-- name: effects_under_way
-- Outside effects that are being sent, that are due and nobody takes, or whose end nobody was told of. On the system clock one that is
-- due may wait for its turn.
SELECT cause, kind, subject, status, stuck, next_at FROM intent
WHERE status = 'sending' OR (status IN ('sent', 'failed', 'unknown') AND NOT told)
    OR (status = 'waiting' AND next_at <= COALESCE((SELECT instant FROM stepped_clock), clock_timestamp() - interval '1 minute'))
ORDER BY cause;

-- name: parked
-- What could not be handled and waits for a person, or for what does.
SELECT id, source, producer, lane, number, type, subject, status, left(error, 200) AS error FROM parked
WHERE status IN ('parked', 'ripe') ORDER BY id;

-- name: open_gaps
-- Numbers that were noticed as missing and have not come.
SELECT producer, lane, missing_from, seen FROM gap WHERE closed_at IS NULL ORDER BY producer, lane, missing_from;

-- name: open_asks
-- What is to be sent again and was not.
SELECT lane, from_number, asked_by FROM resend ORDER BY lane;

-- name: unapplied
-- Facts that have what they waited for and were not applied.
SELECT producer, lane, number, needs_table, needs_id, headers ->> 'ce_type' AS type FROM early
WHERE ripe ORDER BY producer, lane, number;

-- name: timers_that_did_not_fire
-- Clocks that ran out and changed nothing. On the system clock a timer may wait for a producer's word up to a minute.
SELECT t.state_table, t.id, t.due_at FROM timer t
WHERE t.due_at <= COALESCE((SELECT instant FROM stepped_clock), clock_timestamp() - interval '1 minute')
ORDER BY t.due_at, t.state_table, t.id;

-- name: held
-- What something parked is about: its clocks stand still until the hold ends.
SELECT DISTINCT subject FROM parked WHERE status IN ('parked', 'ripe') AND (holds OR source = 'timer');

-- name: early_needs
-- What the facts that came early wait for.
SELECT DISTINCT needs_table, needs_id FROM early WHERE NOT ripe ORDER BY needs_table, needs_id;

-- ---------------------------------------------------------------------------------------------------------------------
-- the house
-- ---------------------------------------------------------------------------------------------------------------------

-- name: deployments_that_differ
-- Schemas that belong to different deployments, or count other lanes.
WITH told AS (
    SELECT 'intake' AS service, id, lanes FROM intake.deployment
    UNION ALL SELECT 'dispatch', id, lanes FROM dispatch.deployment
    UNION ALL SELECT 'followup', id, lanes FROM followup.deployment
    UNION ALL SELECT 'warranty', id, lanes FROM warranty.deployment
    UNION ALL SELECT 'loyalty', id, lanes FROM loyalty.deployment
)
SELECT service, id AS deployment, lanes FROM told
WHERE (SELECT count(DISTINCT (id, lanes)) FROM told) > 1 OR (SELECT count(*) FROM told) <> 5 ORDER BY service;

-- name: inboxes_beyond_the_head
-- Consumers that processed more than their producer told: one of the two was restored.
WITH head AS (
    SELECT 'intake' AS producer, lane, head FROM intake.lane
    UNION ALL SELECT 'dispatch', lane, head FROM dispatch.lane
    UNION ALL SELECT 'followup', lane, head FROM followup.lane
    UNION ALL SELECT 'warranty', lane, head FROM warranty.lane
    UNION ALL SELECT 'loyalty', lane, head FROM loyalty.lane
), place AS (
    SELECT 'intake' AS service, producer, lane, last FROM intake.inbox
    UNION ALL SELECT 'dispatch', producer, lane, last FROM dispatch.inbox
    UNION ALL SELECT 'followup', producer, lane, last FROM followup.inbox
    UNION ALL SELECT 'warranty', producer, lane, last FROM warranty.inbox
    UNION ALL SELECT 'loyalty', producer, lane, last FROM loyalty.inbox
)
SELECT service, producer, lane, last, COALESCE(head, 0) AS head FROM place LEFT JOIN head USING (producer, lane)
WHERE last > COALESCE(head, 0) ORDER BY service, producer, lane;

-- name: inboxes_behind
-- Consumers ($1, beside the producers that each reads, $2) that have not processed all that was told.
WITH head AS (
    SELECT 'intake' AS producer, lane, head FROM intake.lane
    UNION ALL SELECT 'dispatch', lane, head FROM dispatch.lane
    UNION ALL SELECT 'followup', lane, head FROM followup.lane
    UNION ALL SELECT 'warranty', lane, head FROM warranty.lane
    UNION ALL SELECT 'loyalty', lane, head FROM loyalty.lane
), place AS (
    SELECT 'intake' AS service, producer, lane, last FROM intake.inbox
    UNION ALL SELECT 'dispatch', producer, lane, last FROM dispatch.inbox
    UNION ALL SELECT 'followup', producer, lane, last FROM followup.inbox
    UNION ALL SELECT 'warranty', producer, lane, last FROM warranty.inbox
    UNION ALL SELECT 'loyalty', producer, lane, last FROM loyalty.inbox
)
SELECT r.service, r.producer, h.lane, COALESCE(p.last, 0) AS last, h.head
FROM unnest($1::text[], $2::text[]) AS r (service, producer)
JOIN head h ON h.producer = r.producer
LEFT JOIN place p ON p.service = r.service AND p.producer = r.producer AND p.lane = h.lane
WHERE COALESCE(p.last, 0) < h.head ORDER BY r.service, r.producer, h.lane;

-- --- from the complaint to the ticket --------------------------------------------------------------------------------

-- name: causes_nobody_told
-- What names a fact as its cause that no service told: a timeline has a hole before it. A cause that is no fact's id is a
-- command's, a clock's or an effect's.
WITH caused AS (
    SELECT 'intake' AS service, subject, cause FROM intake.fact
    UNION ALL SELECT 'intake', subject, cause FROM intake.history
    UNION ALL SELECT 'dispatch', subject, cause FROM dispatch.fact
    UNION ALL SELECT 'dispatch', subject, cause FROM dispatch.history
    UNION ALL SELECT 'followup', subject, cause FROM followup.fact
    UNION ALL SELECT 'followup', subject, cause FROM followup.history
    UNION ALL SELECT 'warranty', subject, cause FROM warranty.fact
    UNION ALL SELECT 'warranty', subject, cause FROM warranty.history
    UNION ALL SELECT 'loyalty', subject, cause FROM loyalty.fact
    UNION ALL SELECT 'loyalty', subject, cause FROM loyalty.history
), told AS (
    SELECT id FROM intake.fact
    UNION ALL SELECT id FROM dispatch.fact
    UNION ALL SELECT id FROM followup.fact
    UNION ALL SELECT id FROM warranty.fact
    UNION ALL SELECT id FROM loyalty.fact
)
SELECT c.service, c.subject, c.cause FROM caused c
WHERE c.cause ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND NOT EXISTS (SELECT FROM told t WHERE t.id::text = c.cause)
ORDER BY c.service, c.subject, c.cause;

-- name: requests_that_differ
-- Requests that were not told exactly once, and facts about none.
SELECT COALESCE(r.id, f.case_id) AS case_id, r.id IS NOT NULL AS registered, COALESCE(f.times, 0) AS times_told
FROM intake.request r
FULL JOIN (SELECT case_id, count(*) AS times FROM intake.fact WHERE type = 'ComplaintReceived' GROUP BY case_id) AS f
    ON f.case_id = r.id
WHERE r.id IS NULL OR f.times IS DISTINCT FROM 1 ORDER BY 1;

-- name: gradings_that_differ
-- Requests of which no grading was told, so that their ticket stays received for ever, or whose level is neither what their
-- last one told nor what time has raised it to (which dispatch tells, DSP-06).
WITH told AS (
    SELECT DISTINCT ON (case_id) case_id, (convert_from(body, 'UTF8')::jsonb ->> 'level')::smallint AS level
    FROM intake.fact WHERE type = 'ComplaintGraded' ORDER BY case_id, number DESC
)
SELECT r.id AS case_id, r.level, told.level AS told, r.state ->> 'aged_to' AS aged_to
FROM intake.request r LEFT JOIN told ON told.case_id = r.id
WHERE told.level IS NULL OR r.level <> LEAST(told.level, (r.state ->> 'aged_to')::smallint) ORDER BY r.id;

-- name: customers_that_differ
-- What was made, told, given or sent for a case in the name of another customer than its request's.
WITH told AS (
    SELECT 'intake' AS service, case_id, type, lane, number, body FROM intake.fact
    UNION ALL SELECT 'dispatch', case_id, type, lane, number, body FROM dispatch.fact
    UNION ALL SELECT 'followup', case_id, type, lane, number, body FROM followup.fact
    UNION ALL SELECT 'warranty', case_id, type, lane, number, body FROM warranty.fact
    UNION ALL SELECT 'loyalty', case_id, type, lane, number, body FROM loyalty.fact
), named AS (
    SELECT 'intake' AS service, 'complaint_group' AS what, g.id, member ->> 'case_id' AS case_id,
        member ->> 'customer_ref' AS customer_ref
    FROM intake.complaint_group g, jsonb_array_elements(g.state -> 'members') AS member
    UNION ALL SELECT 'intake', 'message', cause, payload ->> 'case_id', recipient FROM intake.intent WHERE kind = 'message'
    UNION ALL SELECT 'dispatch', 'ticket', id, id, state ->> 'customer_ref' FROM dispatch.ticket
    UNION ALL SELECT 'followup', 'callback', id, state ->> 'case_id', state ->> 'customer_ref' FROM followup.callback
    UNION ALL SELECT 'warranty', 'claim', id, case_id, state ->> 'customer_ref' FROM warranty.claim
    UNION ALL SELECT 'loyalty', 'points_entry', customer_ref || '/' || number, case_id, customer_ref FROM loyalty.points_entry
    UNION ALL SELECT service, type, lane || '/' || number, case_id, convert_from(body, 'UTF8')::jsonb ->> 'customer_ref'
    -- Most facts name no customer, and are not taken apart for it.
    FROM told WHERE case_id IS NOT NULL AND position('"customer_ref"'::bytea IN body) > 0
)
SELECT n.case_id, n.service, n.what, n.id, n.customer_ref, r.state ->> 'customer_ref' AS requested_by
FROM named n LEFT JOIN intake.request r ON r.id = n.case_id
WHERE n.case_id IS NOT NULL AND n.customer_ref IS DISTINCT FROM r.state ->> 'customer_ref' ORDER BY 1, 2, 3, 4;

-- name: complaints_without_ticket
-- Complaints that dispatch has processed and that have no ticket.
SELECT o.case_id, o.lane, o.number FROM intake.fact o
JOIN dispatch.inbox i ON i.producer = 'intake' AND i.lane = o.lane AND o.number <= i.last
WHERE o.type = 'ComplaintReceived'
    AND NOT EXISTS (SELECT FROM dispatch.ticket t WHERE t.id = o.case_id)
    AND NOT EXISTS (SELECT FROM dispatch.early e WHERE (e.producer, e.lane, e.number) = ('intake', o.lane, o.number))
    AND NOT EXISTS (
        SELECT FROM dispatch.parked p WHERE (p.producer, p.lane, p.number) = ('intake', o.lane, o.number) AND p.status <> 'retried')
ORDER BY o.case_id;

-- name: tickets_without_complaint
-- Tickets of a request that nobody made.
SELECT t.id AS case_id, t.status FROM dispatch.ticket t
WHERE NOT EXISTS (SELECT FROM intake.fact o WHERE o.case_id = t.id AND o.type = 'ComplaintReceived') ORDER BY t.id;

-- name: tickets_not_opened
-- Complaints whose grading dispatch has processed, and whose ticket nobody opened.
SELECT t.id AS case_id, o.lane, o.number FROM dispatch.ticket t
JOIN intake.fact o ON o.case_id = t.id AND o.type = 'ComplaintGraded'
JOIN dispatch.inbox i ON i.producer = 'intake' AND i.lane = o.lane AND o.number <= i.last
WHERE t.status = 'received'
    AND NOT EXISTS (SELECT FROM dispatch.early e WHERE (e.producer, e.lane, e.number) = ('intake', o.lane, o.number))
    AND NOT EXISTS (
        SELECT FROM dispatch.parked p WHERE (p.producer, p.lane, p.number) = ('intake', o.lane, o.number) AND p.status <> 'retried')
ORDER BY t.id;

-- --- the life of a ticket --------------------------------------------------------------------------------------------

-- name: steps_out_of_place
-- Facts about a case in a status in which they cannot happen. A step is a fact ($1), a status before it ($2) and the one
-- after it ($3, empty: the same); a case begins as received. A closing is told by its right: "TicketClosed withdrawn".
WITH step AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS s (fact, before, after)
), moving AS (
    SELECT fact, min(after) AS after FROM step WHERE after <> '' GROUP BY fact
), told AS (
    SELECT case_id, lane, number, type || CASE WHEN type = 'TicketClosed'
        THEN ' ' || COALESCE(convert_from(body, 'UTF8')::jsonb ->> 'how', '') ELSE '' END AS fact
    FROM dispatch.fact WHERE case_id IS NOT NULL
), placed AS (
    SELECT t.case_id, t.lane, t.number, t.fact, m.after, max(t.number) FILTER (WHERE m.after IS NOT NULL) OVER (
        PARTITION BY t.case_id ORDER BY t.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS moved_at
    FROM told t LEFT JOIN moving m USING (fact)
)
SELECT p.case_id, p.lane, p.number, p.fact, COALESCE(b.after, 'received') AS status
FROM placed p LEFT JOIN placed b ON b.case_id = p.case_id AND b.number = p.moved_at
WHERE NOT EXISTS (SELECT FROM step s WHERE s.fact = p.fact AND s.before = COALESCE(b.after, 'received'))
ORDER BY p.case_id, p.number;

-- name: endings_that_differ
-- Tickets whose status is none that the facts told about them lead to, and facts about none: each fact that moves a case ($1) beside what it moves
-- it to ($2), then what was told ($3) beside each status that it may stand for ($4).
WITH last AS (
    SELECT DISTINCT ON (o.case_id) o.case_id, o.type, m.after
    FROM dispatch.fact o JOIN unnest($1::text[], $2::text[]) AS m (type, after) USING (type)
    WHERE o.case_id IS NOT NULL ORDER BY o.case_id, o.number DESC
)
SELECT COALESCE(t.id, l.case_id) AS case_id, t.status, l.type AS last_fact
FROM dispatch.ticket t FULL JOIN last l ON l.case_id = t.id
WHERE NOT EXISTS (
    SELECT FROM unnest($3::text[], $4::text[]) AS s (told, status)
    WHERE s.told = COALESCE(l.after, 'received') AND s.status = t.status)
ORDER BY 1;

-- name: endings_without_ground
-- Cases that were closed by a right, or reopened, of which nobody told the ground: what the callback of that very round found, what
-- the customer took back, a standard answer (FUP-01, FUP-04, INT-15). Other rights are dispatch's own clocks.
WITH ended AS (
    SELECT case_id, lane, number, type, CASE type WHEN 'TicketReopened' THEN 'unsatisfied' ELSE body ->> 'how' END AS ground,
        (body ->> 'round')::integer - (type = 'TicketReopened')::integer AS round
    FROM (
        SELECT case_id, lane, number, type, convert_from(body, 'UTF8')::jsonb AS body
        FROM dispatch.fact WHERE type IN ('TicketClosed', 'TicketReopened')) AS told
), grounds AS (
    SELECT case_id, (body ->> 'round')::integer AS round, CASE WHEN type = 'CustomerUnreachable' THEN 'unreachable'
        WHEN (body ->> 'satisfied')::boolean THEN 'satisfied' ELSE 'unsatisfied' END AS ground
    FROM (
        SELECT case_id, type, convert_from(body, 'UTF8')::jsonb AS body
        FROM followup.fact WHERE type IN ('CallbackCompleted', 'CustomerUnreachable')) AS told
    UNION ALL
    SELECT case_id, (convert_from(body, 'UTF8')::jsonb ->> 'round')::integer, convert_from(body, 'UTF8')::jsonb ->> 'how'
    FROM dispatch.fact WHERE type = 'TicketResolved'
    UNION ALL SELECT case_id, NULL, 'withdrawn' FROM intake.fact WHERE type = 'ComplaintWithdrawn'
)
SELECT e.case_id, e.lane, e.number, e.type, e.ground, e.round FROM ended e
LEFT JOIN grounds g ON g.case_id = e.case_id AND g.ground = e.ground AND COALESCE(g.round, e.round) = e.round
WHERE e.ground NOT IN ('time_limit', 'notified_by_mail') AND g.case_id IS NULL ORDER BY e.case_id, e.number;

-- name: rounds_that_differ
-- Facts about a case that name another round than the number of its reopenings says.
SELECT case_id, lane, number, type, round, expected FROM (
    SELECT case_id, lane, number, type, (convert_from(body, 'UTF8')::jsonb ->> 'round')::integer AS round,
        1 + count(*) FILTER (WHERE type = 'TicketReopened') OVER (PARTITION BY case_id ORDER BY number) AS expected
    FROM dispatch.fact WHERE case_id IS NOT NULL) AS told
WHERE round <> expected ORDER BY case_id, number;

-- name: tickets_without_owner
-- Cases in hand that nobody owns (DSP-19).
SELECT id AS case_id, status FROM dispatch.ticket WHERE status <> 'closed' AND COALESCE(owner_id, '') = '' ORDER BY id;

-- name: owners_that_differ
-- Tickets whose owner is not whom their last handing over of ownership names, or else their opening (INT-04).
WITH told AS (
    SELECT DISTINCT ON (case_id) case_id, convert_from(body, 'UTF8')::jsonb ->> 'owner_id' AS owner_id
    FROM dispatch.fact WHERE type IN ('TicketOpened', 'OwnerChanged') ORDER BY case_id, number DESC
)
SELECT case_id, t.owner_id, told.owner_id AS told FROM told JOIN dispatch.ticket t ON t.id = case_id
WHERE t.owner_id <> told.owner_id ORDER BY case_id;

-- name: commanders_that_differ
-- Running crises whose commander is not whom their last fact about it names (DSP-01).
WITH told AS (
    SELECT DISTINCT ON (case_id) case_id, convert_from(body, 'UTF8')::jsonb ->> 'commander_id' AS commander_id
    FROM dispatch.fact WHERE type IN ('CrisisOpened', 'CommanderNamed', 'CommandVacated', 'CrisisTransferred')
    ORDER BY case_id, number DESC
)
SELECT case_id, t.state -> 'crisis' ->> 'commander_id' AS commander_id, told.commander_id AS told
FROM told JOIN dispatch.ticket t ON t.id = case_id
WHERE t.state -> 'crisis' -> 'ended_at' = 'null'
    AND t.state -> 'crisis' ->> 'commander_id' IS DISTINCT FROM told.commander_id ORDER BY case_id;

-- name: notices_that_differ
-- Urgent notices that a ticket has as unread and somebody has read, or of which somebody was not told (DSP-20).
WITH told AS (
    SELECT case_id, type, convert_from(body, 'UTF8')::jsonb AS body
    FROM dispatch.fact WHERE type IN ('StaffNotified', 'NoticeConfirmed')
), unread AS (
    SELECT t.id AS case_id, n.notice -> 'number' AS number, p.told ->> 'person_id' AS person_id
    FROM dispatch.ticket t, jsonb_array_elements(t.state -> 'notices') AS n (notice),
        jsonb_array_elements(n.notice -> 'told') AS p (told)
    WHERE jsonb_typeof(t.state -> 'notices') = 'array'
)
SELECT case_id, number, person_id, 'not told' AS which FROM unread
WHERE (case_id, number, person_id) NOT IN (
    SELECT case_id, body -> 'number', body ->> 'person_id' FROM told WHERE type = 'StaffNotified')
UNION ALL
SELECT DISTINCT case_id, number, NULL, 'read' FROM unread
WHERE (case_id, number) IN (SELECT case_id, body -> 'number' FROM told WHERE type = 'NoticeConfirmed')
ORDER BY 1, 2, 3;

-- name: tickets_without_clock
-- Open cases with neither a running clock nor a dated wait (DSP-19).
SELECT id AS case_id, status FROM dispatch.ticket
WHERE status NOT IN ('received', 'closed')
    AND jsonb_array_length(state -> 'clocks') = 0 AND state -> 'wait' ->> 'until' IS NULL
ORDER BY id;

-- name: crises_that_differ
-- Cases in hand at level 1 or 2 that are no running crisis, others that are; or openings and ends that do not tell it (DSP-01).
WITH told AS (
    SELECT case_id, count(*) FILTER (WHERE type = 'CrisisOpened') - count(*) FILTER (WHERE type = 'CrisisEnded') AS running
    FROM dispatch.fact WHERE type IN ('CrisisOpened', 'CrisisEnded') GROUP BY 1
), known AS (
    SELECT id AS case_id, level, status,
        (state -> 'crisis' ->> 'opened_at' IS NOT NULL AND state -> 'crisis' ->> 'ended_at' IS NULL)::integer AS running,
        (status NOT IN ('received', 'completed', 'closed') AND level <= 2)::integer AS wanted
    FROM dispatch.ticket
)
SELECT case_id, level, status, k.running, COALESCE(t.running, 0) AS told
FROM known k LEFT JOIN told t USING (case_id)
WHERE k.running <> k.wanted OR k.running <> COALESCE(t.running, 0) ORDER BY case_id;

-- name: imports_in_part
-- Imports of the organisation of which a change holds though they do not, or was left out though they do; and changes of none (ORG-01).
SELECT c.import_id, COALESCE(i.status, 'none') AS import_status, c.id AS change_id, c.status, c.state ->> 'refusal' AS refusal
FROM dispatch.planned_change c LEFT JOIN dispatch.registry_import i ON i.id = c.import_id
WHERE c.import_id IS NOT NULL AND (i.id IS NULL
    OR (c.status IN ('begun', 'refused', 'set_aside') AND i.status <> 'begun')
    OR (i.status = 'begun' AND c.status = 'withdrawn' AND c.state ->> 'refusal' IS NOT NULL))
ORDER BY c.import_id, c.id;

-- name: phases_that_differ
-- Phases that count more or fewer homes than are registered in them (DSP-13).
SELECT estate_id, phase, COALESCE(r.homes, 0) AS counted, COALESCE(h.homes, 0) AS registered
FROM (
    SELECT p.id AS estate_id, c.key AS phase, c.value::integer AS homes
    FROM dispatch.phase_records p, jsonb_each_text(p.state -> 'homes') AS c) AS r
FULL JOIN (
    SELECT split_part(id, '.', 1) AS estate_id, state ->> 'phase' AS phase, count(*) AS homes
    FROM dispatch.home GROUP BY 1, 2) AS h USING (estate_id, phase)
WHERE COALESCE(r.homes, 0) <> COALESCE(h.homes, 0) ORDER BY estate_id, phase;

-- name: misses_that_differ
-- Missed deadlines that were not both noted and told, once; two steps of a blueprint may be due at one instant.
WITH told AS (
    SELECT case_id, (convert_from(body, 'UTF8')::jsonb) AS body FROM dispatch.fact WHERE type = 'DeadlineMissed'
), counted AS (
    SELECT case_id, (body ->> 'round')::integer AS round, body ->> 'clock' AS clock, (body ->> 'due_at')::timestamptz AS due_at,
        count(*) AS told FROM told GROUP BY 1, 2, 3, 4
), noted AS (
    SELECT case_id, round, clock, due_at, count(*) AS noted FROM dispatch.missed_deadline GROUP BY 1, 2, 3, 4
)
SELECT case_id, round, clock, due_at, COALESCE(told, 0) AS told, COALESCE(noted, 0) AS noted
FROM counted FULL JOIN noted USING (case_id, round, clock, due_at)
WHERE told IS DISTINCT FROM noted OR (told > 1 AND clock <> 'blueprint_step') ORDER BY case_id, round, clock;

-- name: workloads_that_differ
-- People who are counted with more or fewer tickets than they have in hand.
WITH counted AS (
    SELECT w.id AS estate_id, c.key AS handler_id, c.value::integer AS counted
    FROM dispatch.workload w, jsonb_each_text(w.state -> 'in_hand') c
), held AS (
    SELECT state ->> 'estate_id' AS estate_id, state ->> 'handler_id' AS handler_id, count(*) AS in_hand FROM dispatch.ticket
    WHERE status IN ('open', 'coverage_asked', 'contractor_notified') AND state ->> 'handler_id' IS NOT NULL GROUP BY 1, 2
)
SELECT estate_id, handler_id, COALESCE(counted, 0) AS counted, COALESCE(in_hand, 0) AS in_hand
FROM counted FULL JOIN held USING (estate_id, handler_id)
WHERE counted IS DISTINCT FROM in_hand ORDER BY estate_id, handler_id;

-- name: lists_that_differ
-- Tickets that the lists of what is open or closed do not show as they are, or twice, or that are none; titles that are missing.
WITH shown AS (
    SELECT id, false AS closed, estate_id, title, received_at, level, status, owner_id, handler_id, performer_id, offices, overdue,
        due_at, by_office, notified, lane FROM dispatch.open_ticket
    UNION ALL SELECT id, true, estate_id, title, received_at, level, 'closed', NULL, NULL, performer_id, NULL, NULL, NULL, NULL, NULL,
        lane
    FROM dispatch.closed_ticket
), stored AS (
    SELECT t.id, l.closed, l.estate_id, l.title, l.received_at, l.level, l.status,
        CASE WHEN NOT l.closed THEN l.owner_id END AS owner_id, CASE WHEN NOT l.closed THEN l.handler_id END AS handler_id,
        l.performer_id, CASE WHEN NOT l.closed THEN l.offices END AS offices,
        CASE WHEN NOT l.closed THEN l.overdue END AS overdue, CASE WHEN NOT l.closed THEN l.due_at END AS due_at,
        CASE WHEN NOT l.closed THEN l.by_office END AS by_office,
        CASE WHEN NOT l.closed THEN l.notified END AS notified, t.lane
    FROM dispatch.ticket t, dispatch.listed(t.state) AS l
)
SELECT id AS case_id, 'shown' AS which FROM (SELECT * FROM shown EXCEPT ALL SELECT * FROM stored) AS s
UNION ALL SELECT id, 'stored' FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM shown) AS s
UNION ALL SELECT id, 'title' FROM stored WHERE NOT EXISTS (SELECT FROM dispatch.title k WHERE k.key = stored.title)
ORDER BY 1, 2;

-- name: standings_that_differ
-- Requests that stand elsewhere in the customer's eyes than their tickets (INT-15).
SELECT r.id AS case_id, r.status AS standing, t.status AS ticket FROM intake.request r JOIN dispatch.ticket t ON t.id = r.id
WHERE CASE
    WHEN t.status = 'closed' THEN 'over' WHEN t.status = 'completed' THEN 'done' ELSE 'in hand' END
    <> CASE
    WHEN r.status IN ('closed', 'withdrawn') THEN 'over' WHEN r.status = 'done' THEN 'done' ELSE 'in hand' END
ORDER BY r.id;

-- name: messages_without_intent
-- Messages that a service asked for and intake has processed, and that it means to send to nobody (promise 9). What was asked
-- for before intake joined asks for nothing (promise 7).
WITH asked AS (
    SELECT 'dispatch' AS producer, lane, number, at, subject FROM dispatch.fact WHERE type = 'MessageRequested'
    UNION ALL
    SELECT 'followup', lane, number, at, subject FROM followup.fact WHERE type = 'MessageRequested'
)
SELECT o.producer, o.subject AS message_id, o.lane, o.number FROM asked o
JOIN intake.inbox i ON i.producer = o.producer AND i.lane = o.lane AND i.last >= o.number
WHERE o.at >= (SELECT live_from FROM intake.deployment)
    AND NOT EXISTS (SELECT FROM intake.intent n WHERE n.cause = o.subject)
    AND NOT EXISTS (SELECT FROM intake.early e WHERE (e.producer, e.lane, e.number) = (o.producer, o.lane, o.number))
    AND NOT EXISTS (
        SELECT FROM intake.parked p WHERE (p.producer, p.lane, p.number) = (o.producer, o.lane, o.number) AND p.status <> 'retried')
ORDER BY o.subject;

-- name: message_ends_that_differ
-- Messages whose end was told another number of times than once, or not at all though intake counts it as told.
WITH told AS (
    SELECT subject, CASE type WHEN 'MessageSent' THEN 'sent' WHEN 'MessageFailed' THEN 'failed' ELSE 'unknown' END AS status,
        count(*) AS times
    FROM intake.fact WHERE type IN ('MessageSent', 'MessageFailed', 'MessageUnconfirmed') GROUP BY 1, 2
)
SELECT COALESCE(n.cause, t.subject) AS message_id, n.status, t.status AS told_as, COALESCE(t.times, 0) AS times
FROM (SELECT * FROM intake.intent WHERE kind = 'message' AND told) AS n
FULL JOIN told t ON t.subject = n.cause AND t.status = n.status
WHERE COALESCE(t.times, 0) NOT BETWEEN 1 AND 1 + COALESCE(n.again, 0)
    -- One that was unknown when it was told may have been sent after all; one that a person had sent again is told each time.
    OR (n.cause IS NULL AND NOT EXISTS (
        SELECT FROM intake.intent l WHERE l.cause = t.subject AND (l.status = t.status OR t.status = 'unknown' OR l.again > 0)))
ORDER BY message_id;

-- name: questions_without_one_answer
-- Questions about coverage that warranty has processed and not answered exactly once each, and answers to none. A case
-- whose trade is corrected is asked about again in the same round, once the question before it was answered.
WITH asked AS (
    SELECT o.case_id, (convert_from(o.body, 'UTF8')::jsonb ->> 'round')::integer AS round, count(*) AS times_asked,
        count(*) FILTER (WHERE o.number <= COALESCE(i.last, 0)
            AND NOT EXISTS (SELECT FROM warranty.early e WHERE (e.producer, e.lane, e.number) = ('dispatch', o.lane, o.number))
            AND NOT EXISTS (SELECT FROM warranty.parked p WHERE (p.producer, p.lane, p.number) = ('dispatch', o.lane, o.number))
        ) AS processed
    FROM dispatch.fact o LEFT JOIN warranty.inbox i ON i.producer = 'dispatch' AND i.lane = o.lane
    WHERE o.type = 'CoverageAsked' GROUP BY 1, 2
), answered AS (
    SELECT case_id, (convert_from(body, 'UTF8')::jsonb ->> 'round')::integer AS round, count(*) AS times
    FROM warranty.fact WHERE type = 'CoverageAnswered' GROUP BY 1, 2
)
SELECT case_id, round, times_asked IS NOT NULL AS asked, COALESCE(times, 0) AS times_answered
FROM asked FULL JOIN answered USING (case_id, round)
WHERE times_asked IS NULL OR times > times_asked OR processed > COALESCE(times, 0) ORDER BY case_id, round;

-- --- callbacks -------------------------------------------------------------------------------------------------------

-- name: callbacks_without_completion
-- Callbacks of work that nobody finished, or that name another case, round or customer than they were planned for.
WITH done AS (
    SELECT o.case_id, convert_from(o.body, 'UTF8')::jsonb AS body FROM dispatch.fact o WHERE o.type IN ('RepairDone', 'TicketResolved')
), owed AS (
    SELECT split_part(case_id, '.', 1) || '.b' || (body ->> 'round') || '-'
        || substr(case_id, length(split_part(case_id, '.', 1)) + 2) AS id,
        case_id, body ->> 'round' AS round, body ->> 'customer_ref' AS customer_ref
    FROM done WHERE body ->> 'how' IS DISTINCT FROM 'standard_answer'
)
SELECT c.id AS callback_id, c.state ->> 'case_id' AS case_id, c.state ->> 'round' AS round,
    c.state ->> 'customer_ref' AS customer_ref
FROM followup.callback c
WHERE NOT EXISTS (
    SELECT FROM owed o WHERE (o.id, o.case_id, o.round, o.customer_ref)
        = (c.id, c.state ->> 'case_id', c.state ->> 'round', c.state ->> 'customer_ref'))
ORDER BY c.id;

-- name: completions_without_callback
-- Finished work that followup has processed, and after which nobody is to be called. A standard answer needs no call.
WITH done AS (
    SELECT o.case_id, o.lane, o.number, convert_from(o.body, 'UTF8')::jsonb AS body FROM dispatch.fact o
    JOIN followup.inbox i ON i.producer = 'dispatch' AND i.lane = o.lane AND o.number <= i.last
    WHERE o.type IN ('RepairDone', 'TicketResolved')
)
SELECT d.case_id, d.body ->> 'round' AS round, d.lane, d.number FROM done d
WHERE d.body ->> 'how' IS DISTINCT FROM 'standard_answer'
    AND NOT EXISTS (
        SELECT FROM followup.callback c WHERE c.id = split_part(d.case_id, '.', 1) || '.b' || (d.body ->> 'round') || '-'
            || substr(d.case_id, length(split_part(d.case_id, '.', 1)) + 2))
    AND NOT EXISTS (SELECT FROM followup.early e WHERE (e.producer, e.lane, e.number) = ('dispatch', d.lane, d.number))
    AND NOT EXISTS (
        SELECT FROM followup.parked p WHERE (p.producer, p.lane, p.number) = ('dispatch', d.lane, d.number) AND p.status <> 'retried')
ORDER BY d.case_id;

-- name: callbacks_that_differ
-- Callbacks whose end was not told exactly once, or told without having ended so, or with another answer; tries that were told and
-- are none of theirs, or are due and were not told.
WITH told AS (
    SELECT type, convert_from(body, 'UTF8')::jsonb AS body
    FROM followup.fact WHERE type IN ('CallbackDue', 'CallbackCompleted', 'CustomerUnreachable')
), counted AS (
    SELECT t.body ->> 'callback_id' AS id,
        count(*) FILTER (WHERE t.type = 'CallbackCompleted') AS completed,
        count(*) FILTER (WHERE t.type = 'CustomerUnreachable') AS unreachable,
        count(*) FILTER (WHERE t.type = 'CallbackDue' AND t.body ->> 'attempt' = c.state ->> 'attempt') AS due,
        bool_or((t.body ->> 'case_id', t.body ->> 'round') IS DISTINCT FROM (c.state ->> 'case_id', c.state ->> 'round')
            OR (t.type = 'CallbackCompleted' AND (t.body ->> 'satisfied', t.body ->> 'score')
                IS DISTINCT FROM (c.state ->> 'satisfied', c.state ->> 'score'))
            OR (t.type = 'CallbackDue'
                AND (t.body ->> 'attempt')::integer > (c.state ->> 'attempt')::integer - (c.status = 'planned')::integer)
        ) AS otherwise
    FROM told t LEFT JOIN followup.callback c ON c.id = t.body ->> 'callback_id' GROUP BY 1
)
SELECT id AS callback_id, c.status, COALESCE(completed, 0) AS told_completed, COALESCE(unreachable, 0) AS told_unreachable,
    COALESCE(due, 0) AS told_due, COALESCE(otherwise, false) AS told_otherwise
FROM followup.callback c FULL JOIN counted USING (id)
WHERE COALESCE(completed, 0) <> (COALESCE(c.status, '') = 'completed')::integer
    OR COALESCE(unreachable, 0) <> (COALESCE(c.status, '') = 'unreachable')::integer
    OR (c.status = 'due' AND COALESCE(due, 0) <> 1) OR otherwise
ORDER BY id;

-- --- the ledger of deposits ------------------------------------------------------------------------------------------

-- name: deposits_not_zero
-- Accounts of a contract that do not sum to zero (WAR-03).
SELECT d.id AS contract_id, sum(b.value::bigint) AS sum_fen FROM warranty.deposit d, jsonb_each_text(d.state -> 'balances') b
GROUP BY d.id HAVING sum(b.value::bigint) <> 0 ORDER BY d.id;

-- name: deposits_that_differ
-- Accounts whose balance is not the sum of their movements.
WITH booked AS (
    SELECT contract_id, account, sum(fen) AS fen FROM (
        SELECT contract_id, debit_account AS account, amount_fen AS fen FROM warranty.movement
        UNION ALL SELECT contract_id, credit_account, -amount_fen FROM warranty.movement) AS entries
    GROUP BY contract_id, account
), kept AS (
    SELECT d.id AS contract_id, b.key AS account, b.value::bigint AS fen
    FROM warranty.deposit d, jsonb_each_text(d.state -> 'balances') b
)
SELECT contract_id, account, COALESCE(k.fen, 0) AS balance_fen, COALESCE(b.fen, 0) AS movements_fen
FROM kept k FULL JOIN booked b USING (contract_id, account)
WHERE COALESCE(k.fen, 0) <> COALESCE(b.fen, 0) ORDER BY contract_id, account;

-- name: movements_with_holes
-- Contracts whose movements are not numbered 1, 2, 3 … to what the account counts.
SELECT contract_id, COALESCE((d.state ->> 'movements')::bigint, 0) AS counted, COALESCE(m.times, 0) AS booked, m.first, m.last
FROM (SELECT id AS contract_id, state FROM warranty.deposit) AS d
FULL JOIN (
    SELECT contract_id, count(DISTINCT number) AS times, min(number) AS first, max(number) AS last
    FROM warranty.movement GROUP BY contract_id) AS m USING (contract_id)
WHERE COALESCE(m.times, 0) <> COALESCE((d.state ->> 'movements')::bigint, 0) OR m.first <> 1 OR m.last <> m.times
ORDER BY contract_id;

-- name: movement_causes_twice
-- Causes that moved money twice.
SELECT cause, count(*) AS times, sum(amount_fen) AS sum_fen FROM (
    SELECT cause, amount_fen FROM warranty.movement UNION ALL SELECT cause, amount_fen FROM warranty.claim_movement) AS moved
GROUP BY cause HAVING count(*) > 1 ORDER BY cause;

-- name: movements_without_cause
-- Money that moved for no deposit, payment, claim or step of a deduction that there is, or between other accounts than its step
-- does: each step has one cause, so that none is taken twice under two names.
WITH step AS (
    SELECT * FROM (VALUES
        ('opened', 'opened', 'cash_retained', 'deposit_liability'),
        ('released', 'paid', 'deposit_liability', 'cash_retained'),
        ('deducted', 'deducted.held', 'deposit_liability', 'deducted_unconfirmed'),
        ('deducted', 'deducted.beyond', 'receivable_from_contractor', 'deducted_unconfirmed'),
        ('confirmed', 'confirmed', 'deducted_unconfirmed', 'deducted_confirmed'),
        ('disputed', 'disputed', 'deducted_unconfirmed', 'disputed'),
        ('upheld', 'upheld', 'disputed', 'deducted_confirmed'),
        ('reversed', 'rejected.owed', 'disputed', 'receivable_from_contractor'),
        ('reversed', 'rejected.free', 'disputed', 'deposit_liability')
    ) AS s (reason, step, debit_account, credit_account)
), cause AS (
    SELECT d.id AS contract_id, 'opened' AS reason, d.id || '.opened' AS cause, d.retained_fen AS amount_fen, NULL AS reverses,
        'opened' AS step
    FROM warranty.deposit d
    UNION ALL
    SELECT contract_id, 'released', contract_id || '.r' || instalment || '.paid', (state ->> 'amount_fen')::bigint, NULL, 'paid'
    FROM warranty.release WHERE status = 'paid'
    UNION ALL
    SELECT d.contract_id, s.reason, d.id || '.' || s.step, NULL, CASE s.reason WHEN 'reversed' THEN d.id || '.disputed' END, s.step
    FROM warranty.deduction d, step s WHERE s.reason NOT IN ('opened', 'released')
)
SELECT m.contract_id, m.number, m.reason, m.cause, m.debit_account, m.credit_account, m.amount_fen
FROM warranty.movement m
LEFT JOIN cause c ON (c.contract_id, c.reason, c.cause) = (m.contract_id, m.reason, m.cause)
    AND COALESCE(c.amount_fen, m.amount_fen) = m.amount_fen AND c.reverses IS NOT DISTINCT FROM m.reverses
LEFT JOIN step s ON (s.step, s.debit_account, s.credit_account) = (c.step, m.debit_account, m.credit_account)
WHERE s.step IS NULL
UNION ALL
SELECT m.claim_id, NULL, m.reason, m.cause, m.debit_account, m.credit_account, m.amount_fen
FROM warranty.claim_movement m
LEFT JOIN warranty.claim c ON c.id = m.claim_id AND m.cause = c.id || '.' || m.reason AND c.amount_fen = m.amount_fen
LEFT JOIN (VALUES
    ('agreed', 'compensation_cost', 'owed_to_customer'), ('paid', 'owed_to_customer', 'paid_to_customer'),
    ('recovered', 'recovered_from_deposit', 'compensation_cost'), ('reversed', 'compensation_cost', 'recovered_from_deposit')
) AS s (reason, debit_account, credit_account) USING (reason, debit_account, credit_account)
WHERE c.id IS NULL OR s.reason IS NULL
ORDER BY 1, 2, 4;

-- name: deductions_that_differ
-- Deductions whose amount was not taken exactly, from the deposit and beyond it, or not moved on as their status says (WAR-04), or
-- that neither a re-entrusted repair nor paid compensation of that case brought (WAR-06).
SELECT d.id AS deduction_id, d.status, (d.state ->> 'amount_fen')::bigint AS amount_fen, COALESCE(m.fen, 0) AS taken_fen,
    m.disputed_fen, m.kept_fen, m.reversed_fen, d.state ->> 'order_id' AS order_id, o.price_fen
FROM warranty.deduction d
LEFT JOIN (
    SELECT split_part(cause, '.', 1) || '.' || split_part(cause, '.', 2) AS id,
        sum(amount_fen) FILTER (WHERE reason = 'deducted') AS fen,
        COALESCE(sum(amount_fen) FILTER (WHERE cause LIKE '%.deducted.held'), 0) AS held_fen,
        COALESCE(sum(amount_fen) FILTER (WHERE cause LIKE '%.deducted.beyond'), 0) AS beyond_fen,
        COALESCE(sum(amount_fen) FILTER (WHERE reason = 'disputed'), 0) AS disputed_fen,
        COALESCE(sum(amount_fen) FILTER (WHERE reason IN ('confirmed', 'upheld')), 0) AS kept_fen,
        COALESCE(sum(amount_fen) FILTER (WHERE reason = 'upheld'), 0) AS upheld_fen,
        COALESCE(sum(amount_fen) FILTER (WHERE reason = 'reversed'), 0) AS reversed_fen
    FROM warranty.movement WHERE reason NOT IN ('opened', 'released') GROUP BY 1) AS m ON m.id = d.id
LEFT JOIN (
    SELECT COALESCE(body ->> 'order_id', body ->> 'claim_id') AS id,
        sum(COALESCE(body ->> 'price_fen', body ->> 'amount_fen')::bigint) AS price_fen, min(body ->> 'case_id') AS case_id
    FROM (
        SELECT convert_from(body, 'UTF8')::jsonb AS body FROM dispatch.fact WHERE type = 'RepairReentrusted'
        UNION ALL SELECT convert_from(body, 'UTF8')::jsonb FROM warranty.fact WHERE type = 'CompensationPaid') AS cost
    GROUP BY 1) AS o ON o.id = d.state ->> 'order_id'
WHERE (d.state ->> 'amount_fen')::bigint IS DISTINCT FROM COALESCE(m.fen, 0)
    OR (m.kept_fen, m.reversed_fen, m.disputed_fen) IS DISTINCT FROM (
        CASE WHEN d.status = 'confirmed' THEN m.fen ELSE 0 END,
        CASE WHEN d.status = 'rejected' THEN m.fen ELSE 0 END,
        CASE WHEN d.status IN ('disputed', 'rejected') OR m.upheld_fen > 0 THEN m.fen ELSE 0 END)
    OR ((d.state ->> 'held_fen')::bigint, (d.state ->> 'receivable_fen')::bigint)
        IS DISTINCT FROM (COALESCE(m.held_fen, 0), COALESCE(m.beyond_fen, 0))
    OR ((d.state ->> 'amount_fen')::bigint, d.state ->> 'case_id') IS DISTINCT FROM (o.price_fen, o.case_id)
ORDER BY d.id;

-- name: costs_without_deduction
-- Re-entrusted repairs that warranty has processed, and paid compensation, under a contract, and that nobody deducted (WAR-06).
WITH cost AS (
    SELECT o.case_id, o.lane, o.number, 'dispatch' AS producer, convert_from(o.body, 'UTF8')::jsonb AS body FROM dispatch.fact o
    JOIN warranty.inbox i ON i.producer = 'dispatch' AND i.lane = o.lane AND o.number <= i.last
    WHERE o.type = 'RepairReentrusted'
    UNION ALL
    SELECT case_id, lane, number, 'warranty', convert_from(body, 'UTF8')::jsonb FROM warranty.fact WHERE type = 'CompensationPaid'
)
SELECT c.case_id, COALESCE(c.body ->> 'order_id', c.body ->> 'claim_id') AS order_id, c.body ->> 'contract_id' AS contract_id FROM cost c
WHERE c.body ->> 'contract_id' IS NOT NULL AND COALESCE(c.body ->> 'price_fen', c.body ->> 'amount_fen')::bigint > 0
    AND NOT EXISTS (
        SELECT FROM warranty.deduction d
        WHERE d.contract_id = c.body ->> 'contract_id' AND d.state ->> 'order_id' = COALESCE(c.body ->> 'order_id', c.body ->> 'claim_id'))
    AND NOT EXISTS (SELECT FROM warranty.early e WHERE (e.producer, e.lane, e.number) = (c.producer, c.lane, c.number))
    AND NOT EXISTS (
        SELECT FROM warranty.parked p WHERE (p.producer, p.lane, p.number) = (c.producer, c.lane, c.number) AND p.status <> 'retried')
ORDER BY c.case_id;

-- name: agreements_without_claim
-- Settlements that warranty has processed, and that it does not owe at the agreed amount; claims that nobody agreed (WAR-23).
WITH agreed AS (
    SELECT o.case_id, o.lane, o.number, convert_from(o.body, 'UTF8')::jsonb AS body, o.number <= i.last AS processed
    FROM dispatch.fact o JOIN warranty.inbox i ON i.producer = 'dispatch' AND i.lane = o.lane WHERE o.type = 'CompensationAgreed'
)
SELECT COALESCE(a.body ->> 'claim_id', c.id) AS claim_id, (a.body ->> 'amount_fen')::bigint AS agreed_fen, c.amount_fen AS owed_fen
FROM agreed a FULL JOIN warranty.claim c ON c.id = a.body ->> 'claim_id'
WHERE (a.body ->> 'amount_fen')::bigint IS DISTINCT FROM c.amount_fen
    AND (a.body IS NULL OR (a.processed
        AND NOT EXISTS (SELECT FROM warranty.early e WHERE (e.producer, e.lane, e.number) = ('dispatch', a.lane, a.number))
        AND NOT EXISTS (SELECT FROM warranty.parked p WHERE (p.producer, p.lane, p.number) = ('dispatch', a.lane, a.number))))
ORDER BY 1;

-- name: claims_that_differ
-- Compensation whose ledger is not what its status says: owed when agreed, paid once, borne by the deposit that was deducted (WAR-03).
WITH entry AS (
    SELECT claim_id, debit_account AS account, amount_fen AS fen FROM warranty.claim_movement
    UNION ALL SELECT claim_id, credit_account, -amount_fen FROM warranty.claim_movement
), booked AS (
    SELECT claim_id,
        COALESCE(-sum(fen) FILTER (WHERE account = 'owed_to_customer'), 0) AS owed_fen,
        COALESCE(-sum(fen) FILTER (WHERE account = 'paid_to_customer'), 0) AS paid_fen,
        COALESCE(sum(fen) FILTER (WHERE account = 'recovered_from_deposit'), 0) AS recovered_fen
    FROM entry GROUP BY claim_id
)
SELECT COALESCE(c.id, b.claim_id) AS claim_id, c.status, c.amount_fen, b.owed_fen, b.paid_fen, b.recovered_fen
FROM warranty.claim c FULL JOIN booked b ON b.claim_id = c.id
LEFT JOIN warranty.deduction d ON d.state ->> 'order_id' = c.id AND d.status <> 'rejected'
WHERE (b.owed_fen, b.paid_fen, b.recovered_fen) IS DISTINCT FROM (
    CASE WHEN c.status = 'paid' THEN 0 ELSE c.amount_fen END,
    CASE WHEN c.status = 'paid' THEN c.amount_fen ELSE 0 END,
    COALESCE((d.state ->> 'amount_fen')::bigint, 0))
ORDER BY 1;

-- name: compensation_paid_twice
-- Paid compensation that was not told exactly once, or told and not paid (WAR-23).
SELECT COALESCE(c.id, t.claim_id) AS claim_id, COALESCE(c.status, '') AS status, COALESCE(t.times, 0) AS told
FROM warranty.claim c
FULL JOIN (
    SELECT convert_from(body, 'UTF8')::jsonb ->> 'claim_id' AS claim_id, count(*) AS times
    FROM warranty.fact WHERE type = 'CompensationPaid' GROUP BY 1) AS t ON t.claim_id = c.id
WHERE COALESCE(t.times, 0) <> (COALESCE(c.status, '') = 'paid')::integer
ORDER BY 1;

-- name: told_money_that_differs
-- Money that was told as moved and was not moved so, or moved and not told: each step's contract, contractor, cause, amount and instant,
-- and what a payment left. Amounts that nobody tells follow from what was told before: a dispute's, a recovery's.
WITH fact AS (
    SELECT type, convert_from(body, 'UTF8')::jsonb AS body FROM warranty.fact
    WHERE type IN ('DepositOpened', 'DepositDeducted', 'DeductionConfirmed', 'DeductionDisputed', 'DeductionReversed', 'DepositReleased',
        'CompensationApproved', 'CompensationPaid')
), said AS (
    SELECT f.type, f.body, f.body ->> 'contract_id' AS contract_id, f.body ->> 'deduction_id' AS deduction_id,
        f.body ->> 'claim_id' AS claim_id, (f.body ->> 'amount_fen')::bigint AS fen, EXISTS (
            SELECT FROM fact d WHERE d.type = 'DeductionDisputed' AND d.body ->> 'deduction_id' = f.body ->> 'deduction_id') AS disputed
    FROM fact f
), told AS (
    SELECT contract_id, contract_id || '.opened' AS cause, (body ->> 'retained_fen')::bigint AS fen, body ->> 'opened_at' AS at,
        body ->> 'contractor_id' AS contractor_id, NULL::bigint AS left_fen
    FROM said WHERE type = 'DepositOpened'
    UNION ALL
    SELECT contract_id, deduction_id || '.deducted.held', fen - COALESCE((body ->> 'receivable_fen')::bigint, 0), body ->> 'deducted_at',
        body ->> 'contractor_id', NULL FROM said WHERE type = 'DepositDeducted'
    UNION ALL
    SELECT contract_id, deduction_id || '.deducted.beyond', COALESCE((body ->> 'receivable_fen')::bigint, 0), body ->> 'deducted_at',
        body ->> 'contractor_id', NULL FROM said WHERE type = 'DepositDeducted'
    UNION ALL
    SELECT contract_id, deduction_id || CASE WHEN disputed THEN '.upheld' ELSE '.confirmed' END, fen, body ->> 'confirmed_at', NULL, NULL
    FROM said WHERE type = 'DeductionConfirmed'
    UNION ALL
    SELECT s.contract_id, s.deduction_id || '.disputed', d.fen, s.body ->> 'disputed_at', NULL, NULL
    FROM said s LEFT JOIN said d ON d.type = 'DepositDeducted' AND d.deduction_id = s.deduction_id WHERE s.type = 'DeductionDisputed'
    UNION ALL
    SELECT contract_id, deduction_id || '.rejected', fen, body ->> 'reversed_at', NULL, NULL FROM said WHERE type = 'DeductionReversed'
    UNION ALL
    SELECT d.order_id, d.order_id || '.reversed', s.fen, s.body ->> 'reversed_at', NULL, NULL
    FROM said s JOIN (
        SELECT id, state ->> 'order_id' AS order_id FROM warranty.deduction WHERE state ->> 'ground' = 'compensation') AS d
        ON d.id = s.deduction_id
    WHERE s.type = 'DeductionReversed'
    UNION ALL
    SELECT contract_id, contract_id || '.r' || (body ->> 'instalment') || '.paid', fen, body ->> 'released_at',
        body ->> 'contractor_id', (body ->> 'remaining_fen')::bigint FROM said WHERE type = 'DepositReleased'
    UNION ALL
    SELECT claim_id, claim_id || '.approved', fen, body ->> 'approved_at', NULL, NULL FROM said WHERE type = 'CompensationApproved'
    UNION ALL
    SELECT claim_id, claim_id || '.paid', fen, body ->> 'paid_at', NULL, NULL FROM said WHERE type = 'CompensationPaid'
    UNION ALL
    SELECT claim_id, claim_id || '.recovered', fen, body ->> 'paid_at', NULL, NULL
    FROM said WHERE type = 'CompensationPaid' AND contract_id IS NOT NULL
), once AS (
    -- What was told twice comes to twice its amount.
    SELECT contract_id, cause, sum(fen) AS fen, min(at)::timestamptz AS at, min(contractor_id) AS contractor_id, min(left_fen) AS left_fen
    FROM told WHERE fen IS DISTINCT FROM 0 GROUP BY contract_id, cause
), movement AS (
    SELECT *, sum(CASE 'deposit_liability' WHEN credit_account THEN amount_fen WHEN debit_account THEN -amount_fen ELSE 0 END)
        OVER (PARTITION BY contract_id ORDER BY number) AS left_fen
    FROM warranty.movement
), moved AS (
    -- How a reversal is set off is not told.
    SELECT m.contract_id, regexp_replace(m.cause, '[.]rejected[.](owed|free)$', '.rejected') AS cause, sum(m.amount_fen) AS fen,
        min(m.at) AS at, min(d.contractor_id) AS contractor_id, min(m.left_fen) FILTER (WHERE m.reason = 'released') AS left_fen
    FROM movement m LEFT JOIN warranty.deposit d ON d.id = m.contract_id GROUP BY 1, 2
    UNION ALL SELECT claim_id, cause, amount_fen, at, NULL, NULL FROM warranty.claim_movement WHERE reason <> 'agreed'
    UNION ALL
    SELECT id, id || '.approved', amount_fen, (state ->> 'approved_at')::timestamptz, NULL, NULL
    FROM warranty.claim WHERE status <> 'agreed'
)
SELECT contract_id AS account_of, cause, t.fen AS told_fen, m.fen AS moved_fen, t.at AS told_at, m.at AS moved_at,
    t.contractor_id AS told_of, t.left_fen AS told_left_fen, m.left_fen
FROM once t FULL JOIN moved m USING (contract_id, cause)
WHERE (t.fen, t.at) IS DISTINCT FROM (m.fen, m.at) OR t.contractor_id <> m.contractor_id OR t.left_fen IS DISTINCT FROM m.left_fen
ORDER BY 1, 2;

-- name: open_orders_that_differ
-- Contracts that count more or fewer open orders than their cases have (WAR-10).
SELECT contract_id, COALESCE((d.state ->> 'open_orders')::integer, 0) AS counted, COALESCE(o.times, 0) AS open_orders
FROM (SELECT id AS contract_id, state FROM warranty.deposit) AS d
FULL JOIN (
    SELECT o ->> 'contract_id' AS contract_id, count(*) AS times
    FROM warranty.case_orders c, jsonb_array_elements(c.state -> 'orders') o
    WHERE o ->> 'status' = 'open' AND o ->> 'contract_id' IS NOT NULL GROUP BY 1) AS o USING (contract_id)
WHERE COALESCE((d.state ->> 'open_orders')::integer, 0) <> COALESCE(o.times, 0) ORDER BY contract_id;

-- name: payments_that_differ
-- Paid instalments whose money did not move exactly once.
SELECT r.id AS release_id, (r.state ->> 'amount_fen')::bigint AS amount_fen, count(m.cause) AS times,
    COALESCE(sum(m.amount_fen), 0) AS paid_fen
FROM warranty.release r
LEFT JOIN warranty.movement m ON m.reason = 'released' AND m.cause = r.contract_id || '.r' || r.instalment || '.paid'
WHERE r.status = 'paid' GROUP BY r.id, r.state
HAVING count(m.cause) <> 1 OR sum(m.amount_fen) <> (r.state ->> 'amount_fen')::bigint ORDER BY r.id;

-- --- the ledger of points --------------------------------------------------------------------------------------------

-- name: points_that_differ
-- Members whose points are not the sum of their entries (LOY-03).
SELECT customer_ref, COALESCE(m.reward, 0) AS reward, COALESCE(e.reward, 0) AS reward_entries,
    COALESCE(m.upgrade, 0) AS upgrade, COALESCE(e.upgrade, 0) AS upgrade_entries
FROM (SELECT id AS customer_ref, reward, upgrade FROM loyalty.member) AS m
FULL JOIN (
    SELECT customer_ref, sum(points) FILTER (WHERE kind = 'reward') AS reward,
        sum(points) FILTER (WHERE kind = 'upgrade') AS upgrade
    FROM loyalty.points_entry GROUP BY customer_ref) AS e USING (customer_ref)
WHERE COALESCE(m.reward, 0) <> COALESCE(e.reward, 0) OR COALESCE(m.upgrade, 0) <> COALESCE(e.upgrade, 0)
ORDER BY customer_ref;

-- name: points_with_holes
-- Members whose entries are not numbered 1, 2, 3 … to what the member counts.
SELECT customer_ref, COALESCE((m.state ->> 'entries')::bigint, 0) AS counted, COALESCE(e.times, 0) AS booked, e.first, e.last
FROM (SELECT id AS customer_ref, state FROM loyalty.member) AS m
FULL JOIN (
    SELECT customer_ref, count(DISTINCT number) AS times, min(number) AS first, max(number) AS last
    FROM loyalty.points_entry GROUP BY customer_ref) AS e USING (customer_ref)
WHERE COALESCE(e.times, 0) <> COALESCE((m.state ->> 'entries')::bigint, 0) OR e.first <> 1 OR e.last <> e.times
ORDER BY customer_ref;

-- name: points_balances_wrong
-- Entries that write down another balance than the entries up to them sum to.
SELECT customer_ref, number, kind, balance, running FROM (
    SELECT customer_ref, number, kind, balance,
        sum(points) OVER (PARTITION BY customer_ref, kind ORDER BY number) AS running FROM loyalty.points_entry) AS entries
WHERE balance <> running ORDER BY customer_ref, number;

-- name: lots_that_differ
-- Lots of which a member has more or less left than the entries say, or until another day, of another kind or cause.
SELECT customer_ref, lot, COALESCE(m.points, 0) AS points_left, COALESCE(e.points, 0) AS entries_sum,
    m.expires_on, e.expires_on AS earned_until
FROM (
    SELECT m.id AS customer_ref, (lot ->> 1)::integer AS lot, (lot ->> 3)::bigint AS points, (lot ->> 0)::date AS expires_on,
        lot ->> 2 AS kind, lot ->> 4 AS cause_id
    FROM loyalty.member m, jsonb_array_elements(m.state -> 'lots') AS lot) AS m
FULL JOIN (
    SELECT customer_ref, lot, sum(points) AS points, min(expires_on) FILTER (WHERE what = 'earned') AS expires_on,
        min(kind) FILTER (WHERE what = 'earned') AS kind, min(cause_id) FILTER (WHERE what = 'earned') AS cause_id
    FROM loyalty.points_entry GROUP BY customer_ref, lot) AS e
    USING (customer_ref, lot)
WHERE COALESCE(m.points, 0) <> COALESCE(e.points, 0)
    OR (m.points > 0 AND (m.expires_on, m.kind, m.cause_id) IS DISTINCT FROM (e.expires_on, e.kind, e.cause_id))
ORDER BY customer_ref, lot;

-- name: points_causes_twice
-- Causes that earned one kind, or took from one lot, twice.
SELECT customer_ref, what, cause, cause_id, kind, count(*) AS times FROM loyalty.points_entry
GROUP BY customer_ref, what, cause, cause_id, kind, CASE WHEN what = 'earned' THEN 0 ELSE lot END
HAVING count(*) > 1 ORDER BY customer_ref, cause, cause_id;

-- name: points_without_cause
-- Points for an answer that nobody gave, a deadline that nobody missed, what came before the joining, or anything else that earns
-- none (LOY-03); spent or gone for another cause than there is; and entries without the mark of their cause.
WITH ground AS (
    SELECT 'survey_answered' AS cause, case_id, body ->> 'callback_id' AS cause_id, body ->> 'customer_ref' AS customer_ref,
        max((body ->> 'completed_at')::timestamptz) AS at
    FROM (SELECT case_id, convert_from(body, 'UTF8')::jsonb AS body FROM followup.fact WHERE type = 'CallbackCompleted') AS told
    WHERE body ->> 'score' IS NOT NULL GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT 'apology_late_case', case_id, case_id, body ->> 'customer_ref', max((body ->> 'due_at')::timestamptz)
    FROM (SELECT case_id, convert_from(body, 'UTF8')::jsonb AS body FROM dispatch.fact WHERE type = 'DeadlineMissed') AS told
    GROUP BY 1, 2, 3, 4
)
SELECT e.customer_ref, e.number, e.what, e.cause, e.cause_id FROM loyalty.points_entry e
LEFT JOIN loyalty.member m ON m.id = e.customer_ref
LEFT JOIN ground g ON (g.cause, g.case_id, g.cause_id, g.customer_ref) = (e.cause, e.case_id, e.cause_id, e.customer_ref)
    AND g.at >= (m.state ->> 'joined_at')::timestamptz
LEFT JOIN loyalty.points_entry l ON (l.customer_ref, l.number, l.what) = (e.customer_ref, e.lot, 'earned')
WHERE NOT CASE e.what
    WHEN 'earned' THEN g.cause IS NOT NULL
    WHEN 'spent' THEN e.cause = 'redemption'
    ELSE e.cause = 'expiry' AND e.cause_id IS NOT DISTINCT FROM l.cause_id END
OR (e.what <> 'expired' AND NOT EXISTS (
    SELECT FROM loyalty.credit c
    WHERE c.id = e.customer_ref || '.' || CASE e.what WHEN 'spent' THEN 'spent' ELSE e.cause END || '-' || e.cause_id))
ORDER BY e.customer_ref, e.number;

-- name: points_out_of_time
-- Points that expired before their last day was over or were spent after it, that nobody pays with, or that were taken from no lot of
-- that kind and last day (LOY-03). A day is one of Asia/Shanghai, wherever the member lives.
SELECT e.customer_ref, e.number, e.what, e.kind, e.lot, e.expires_on, l.expires_on AS earned_until, e.at
FROM loyalty.points_entry e
LEFT JOIN loyalty.points_entry l
    ON (l.customer_ref, l.number, l.what, l.kind, l.expires_on) = (e.customer_ref, e.lot, 'earned', e.kind, e.expires_on)
CROSS JOIN LATERAL (SELECT (e.expires_on + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS at) AS gone
WHERE l.number IS NULL OR (e.what = 'expired' AND e.at < gone.at) OR (e.what <> 'expired' AND e.at >= gone.at)
    OR (e.what = 'spent' AND e.kind <> 'reward')
ORDER BY e.customer_ref, e.number;

-- name: points_not_expired
-- Points that are kept beyond their last day (LOY-03). On the system clock an expiry may wait for its turn.
SELECT customer_ref, lot, sum(points) AS points_left, min(expires_on) AS expires_on FROM loyalty.points_entry
GROUP BY customer_ref, lot
HAVING sum(points) > 0 AND (min(expires_on) + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
    <= COALESCE((SELECT instant FROM loyalty.stepped_clock), clock_timestamp() - interval '1 minute')
ORDER BY customer_ref, lot;

-- name: told_points_that_differ
-- Points that were told as moved and are not booked so, or booked and not told: whose, of which kind and cause, how many, until when.
WITH said AS (
    SELECT type, convert_from(body, 'UTF8')::jsonb AS body FROM loyalty.fact
    WHERE type IN ('PointsEarned', 'PointsSpent', 'PointsExpired')
), told AS (
    SELECT body ->> 'customer_ref' AS customer_ref, CASE type WHEN 'PointsEarned' THEN 'earned' WHEN 'PointsSpent' THEN 'spent'
        ELSE 'expired' END AS what, body ->> 'kind' AS kind,
        CASE type WHEN 'PointsEarned' THEN body ->> 'cause' WHEN 'PointsSpent' THEN 'redemption' ELSE 'expiry' END AS cause,
        body ->> 'cause_id' AS cause_id, COALESCE(body ->> 'earned_at', body ->> 'spent_at', body ->> 'expired_at')::timestamptz AS at,
        sum((body ->> 'points')::bigint) AS points, min(body ->> 'case_id') AS case_id, min((body ->> 'expires_on')::date) AS expires_on
    FROM said GROUP BY 1, 2, 3, 4, 5, 6
), booked AS (
    SELECT customer_ref, what, kind, cause, cause_id, at, sum(abs(points)) AS points, min(case_id) AS case_id,
        min(expires_on) FILTER (WHERE what = 'earned') AS expires_on
    FROM loyalty.points_entry GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT customer_ref, what, kind, cause, cause_id, at, t.points AS told, b.points AS booked, t.expires_on AS told_until,
    b.expires_on AS booked_until
FROM told t FULL JOIN booked b USING (customer_ref, what, kind, cause, cause_id, at)
WHERE (t.points, t.case_id, t.expires_on) IS DISTINCT FROM (b.points, b.case_id, b.expires_on)
ORDER BY customer_ref, at, cause_id, what;

-- name: members_that_differ
-- Members whose joining was not told exactly once, or with another number or instant, and joinings of nobody (LOY-01).
WITH told AS (
    SELECT body ->> 'customer_ref' AS customer_ref, count(*) AS times, min(body ->> 'member_no') AS member_no,
        min(body ->> 'joined_at')::timestamptz AS joined_at
    FROM (SELECT convert_from(body, 'UTF8')::jsonb AS body FROM loyalty.fact WHERE type = 'MemberJoined') AS said GROUP BY 1
)
SELECT COALESCE(m.id, t.customer_ref) AS customer_ref, COALESCE(t.times, 0) AS told, m.member_no, t.member_no AS told_no
FROM loyalty.member m FULL JOIN told t ON t.customer_ref = m.id
WHERE (t.times, t.member_no, t.joined_at) IS DISTINCT FROM (1, m.member_no, (m.state ->> 'joined_at')::timestamptz) ORDER BY 1;

-- name: marks_without_points
-- Marks of a cause that moved no points.
SELECT c.id AS mark FROM loyalty.credit c
WHERE NOT EXISTS (
    SELECT FROM loyalty.points_entry e
    WHERE e.customer_ref = split_part(c.id, '.', 1) AND e.what <> 'expired'
        AND c.id = e.customer_ref || '.' || CASE e.what WHEN 'spent' THEN 'spent' ELSE e.cause END || '-' || e.cause_id)
ORDER BY c.id;

-- name: counts
-- How much there is, for people.
SELECT 'requests' AS what, count(*) FROM intake.request
UNION ALL SELECT 'tickets', count(*) FROM dispatch.ticket
UNION ALL SELECT 'callbacks', count(*) FROM followup.callback
UNION ALL SELECT 'movements', count(*) FROM warranty.movement
UNION ALL SELECT 'points entries', count(*) FROM loyalty.points_entry;
