-- Violations of each check of `linli audit`, planted into the schemas after a whole life (test_audit.py). A check's first has its
-- name; a further one, of another kind or better hidden, is named `<check>__<how>`.
-- What the database itself refuses is let through first, as a restored, mended or half-migrated database may.

-- name: lanes_with_holes
-- A fact in the middle of a lane is gone.
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
DELETE FROM dispatch.outbox WHERE number = 3;

-- name: heads_that_differ
-- A lane counts on without a fact.
UPDATE warranty.lane SET head = head + 1 WHERE head > 0;

-- name: published_beyond_the_head
-- The relay remembers more than the lane: the lane was restored.
UPDATE followup.published SET number = number + 1;

-- name: unpublished
-- The relay stands still.
UPDATE intake.published SET number = 0;

-- name: facts_told_twice
-- One cause, two facts.
INSERT INTO loyalty.outbox SELECT lane, (SELECT max(number) + 1 FROM loyalty.outbox), id, type, version, at, key, subject, case_id,
    cause, traceparent, body FROM loyalty.outbox LIMIT 1;

-- name: keys_in_two_lanes
-- A fact in another key's lane.
INSERT INTO dispatch.outbox SELECT (lane + 1) % 64, 1, gen_random_uuid(), type, version, at, key, subject, case_id, cause,
    traceparent, body FROM dispatch.outbox LIMIT 1;

-- name: segments_that_differ
-- A word is changed in the archive.
INSERT INTO dispatch.archive SELECT o.lane, 1, 1, o.at, ARRAY[o.number], ARRAY[o.id], ARRAY[o.type], ARRAY[o.version],
    ARRAY[o.at], ARRAY[o.key], ARRAY[o.subject], ARRAY[o.case_id], ARRAY[o.cause], ARRAY[o.traceparent], ARRAY[o.body || ' '::bytea],
    ARRAY[NULL::bigint], dispatch.segment_digest(o.lane, ARRAY[o.number], ARRAY[o.id], ARRAY[o.type], ARRAY[o.version], ARRAY[o.at],
    ARRAY[o.key], ARRAY[o.subject], ARRAY[o.case_id], ARRAY[o.cause], ARRAY[o.traceparent], ARRAY[o.body], ARRAY[NULL::bigint])
FROM dispatch.outbox o WHERE o.number = 1 LIMIT 1;

-- name: figures_that_differ
-- A case was counted twice.
UPDATE dispatch.tally SET counted = counted + 1 WHERE name = 'status.closed';

-- name: suspended
-- A number above the head was seen.
UPDATE dispatch.deployment SET suspended_at = '2025-03-03';

-- name: parked
-- Something could not be handled.
INSERT INTO followup.parked (source, producer, lane, number, type, subject, headers, body, error, stack, holds)
VALUES ('event', 'dispatch', 1, 1, 'RepairDone', 'xh01.c1', '{}', '', 'planted', '', false);

-- name: open_gaps
-- A number that never came.
INSERT INTO dispatch.gap (producer, lane, missing_from, seen) VALUES ('intake', 1, 5, 7);

-- name: open_asks
-- Asked for and not sent again.
INSERT INTO dispatch.resend (lane, from_number, asked_by) VALUES (1, 5, 'warranty');

-- name: unapplied
-- Ripe and left lying.
INSERT INTO warranty.early (producer, lane, number, needs_table, needs_id, headers, body, ripe)
VALUES ('dispatch', 1, 1, 'deposit', 'none', '{}', '', true);

-- name: early_with_its_need
-- It waits for a deposit that is there, and nobody woke it.
INSERT INTO warranty.early (producer, lane, number, needs_table, needs_id, headers, body)
SELECT 'dispatch', 1, 1, 'deposit', id, '{}', '' FROM warranty.deposit LIMIT 1;

-- name: timers_that_did_not_fire
-- Due long ago.
INSERT INTO dispatch.timer (state_table, id, lane, due_at) VALUES ('ticket', 'xh01.c1', 1, '2001-01-01');

-- name: deployments_that_differ
-- A schema of somebody else.
UPDATE loyalty.deployment SET id = 'another';

-- name: inboxes_beyond_the_head
-- A consumer remembers more than its producer.
UPDATE dispatch.inbox SET last = last + 1 WHERE producer = 'intake';

-- name: inboxes_behind
-- A consumer stands still.
UPDATE loyalty.inbox SET last = last - 1 WHERE producer = 'dispatch' AND last > 0;

-- name: causes_nobody_told
-- A reason names a fact that is gone.
ALTER TABLE loyalty.history DISABLE TRIGGER USER;
UPDATE loyalty.history SET cause = gen_random_uuid()::text WHERE cause ~ '^[0-9a-f]{8}-';

-- name: requests_that_differ
-- Registered and never told.
INSERT INTO intake.request (id, lane, state)
SELECT 'xh01.cnowhere', lane, state || '{"id": "xh01.cnowhere"}' FROM intake.request LIMIT 1;

-- name: gradings_that_differ
-- Its grading was never told, and its ticket is as it was received.
ALTER TABLE intake.outbox DISABLE TRIGGER USER;
DELETE FROM intake.outbox WHERE type = 'ComplaintGraded' AND case_id = (SELECT min(id) FROM dispatch.ticket);
UPDATE dispatch.ticket SET state = state || '{"status": "received"}' WHERE id = (SELECT min(id) FROM dispatch.ticket);

-- name: effects_under_way
-- Left by a runner that died.
INSERT INTO warranty.intent (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, next_at, status,
    noted_at)
VALUES ('xh01.mlost', gen_random_uuid(), 1, 'message', 'xh01.mlost', 'cu1', '{}', false, now(), now(), now(), 'sending', now());

-- name: effects_under_way__not_taken
-- Due for long, and no runner takes it.
INSERT INTO warranty.intent (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, next_at, status,
    noted_at)
VALUES ('xh01.mdue', gen_random_uuid(), 1, 'message', 'xh01.mdue', 'cu1', '{}', false, '2001-01-01', '2001-01-02', '2001-01-01',
    'waiting', '2001-01-01');

-- name: messages_without_intent
-- Its intent is gone, and with it what became of it.
WITH gone AS (DELETE FROM intake.intent WHERE cause = (
    SELECT subject FROM dispatch.outbox WHERE type = 'MessageRequested' LIMIT 1) RETURNING cause)
SELECT cause FROM gone;

-- name: message_ends_that_differ
-- Counted as told, and nobody was.
INSERT INTO intake.intent (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, next_at, status,
    reference, told, noted_at)
VALUES ('xh01.msilent', gen_random_uuid(), 1, 'message', 'xh01.msilent', 'cu1', '{}', false, now(), now(), now(), 'sent', 'r', true,
    now());

-- name: complaints_without_ticket
-- The ticket is gone.
DELETE FROM dispatch.ticket WHERE id = (SELECT min(id) FROM dispatch.ticket);

-- name: tickets_without_complaint
-- A ticket out of nothing.
INSERT INTO dispatch.ticket (id, lane, state)
SELECT 'xh01.cnowhere', lane, state || '{"id": "xh01.cnowhere"}' FROM dispatch.ticket LIMIT 1;

-- name: tickets_not_opened
-- Its grading was passed over.
UPDATE dispatch.ticket SET state = state || '{"status": "received"}' WHERE id = (SELECT min(id) FROM dispatch.ticket);

-- name: steps_out_of_place
-- Closed a second time.
INSERT INTO dispatch.outbox SELECT lane, (SELECT max(number) + 1 FROM dispatch.outbox), gen_random_uuid(), type, version, at, key,
    subject, case_id, cause, traceparent, body FROM dispatch.outbox WHERE type = 'TicketClosed' LIMIT 1;

-- name: endings_that_differ
-- Closed, and nobody was told.
ALTER TABLE dispatch.ticket DROP CONSTRAINT ticket_clocked_check, ALTER COLUMN clocked DROP NOT NULL;
UPDATE dispatch.ticket SET state = state || '{"status": "open"}' WHERE id = (
    SELECT min(id) FROM dispatch.ticket WHERE status = 'closed');

-- name: endings_that_differ__of_no_ticket
-- Told about as opened, and there is no such case.
INSERT INTO dispatch.outbox SELECT lane, (SELECT max(number) + 1 FROM dispatch.outbox), gen_random_uuid(), type, version, at, key,
    'xh01.cghost', 'xh01.cghost', cause, traceparent, body FROM dispatch.outbox WHERE type = 'TicketOpened' LIMIT 1;

-- name: endings_without_ground
-- Closed at the end of its month, and told as if the customer had been satisfied.
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
UPDATE dispatch.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"how": "satisfied"}')::text, 'UTF8')
WHERE type = 'TicketClosed' AND convert_from(body, 'UTF8')::jsonb ->> 'how' = 'time_limit';

-- name: endings_without_ground__of_another_round
-- Satisfied in the first round only, and closed as satisfied in the second one.
ALTER TABLE followup.outbox DISABLE TRIGGER USER;
UPDATE followup.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"round": 1}')::text, 'UTF8')
WHERE type = 'CallbackCompleted';

-- name: endings_without_ground__reopened
-- Reopened though the customer was satisfied.
ALTER TABLE followup.outbox DISABLE TRIGGER USER;
UPDATE followup.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"satisfied": true}')::text, 'UTF8')
WHERE type = 'CallbackCompleted';

-- name: endings_without_ground__not_withdrawn
-- Closed as withdrawn, and nobody took it back.
ALTER TABLE intake.outbox DISABLE TRIGGER USER;
UPDATE intake.outbox SET type = 'ComplaintAmended' WHERE type = 'ComplaintWithdrawn';

-- name: rounds_that_differ
-- Told about a round that never was.
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
UPDATE dispatch.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"round": 7}')::text, 'UTF8')
WHERE type = 'TicketResolved';

-- name: tickets_without_owner
-- Nobody's.
ALTER TABLE dispatch.ticket DROP CONSTRAINT ticket_owner_id_check, DROP CONSTRAINT ticket_clocked_check, ALTER COLUMN clocked DROP NOT NULL;
UPDATE dispatch.ticket SET state = state || '{"owner_id": "", "status": "open"}';

-- name: owners_that_differ
-- Somebody else's, and nobody was told.
UPDATE dispatch.ticket SET state = state || '{"owner_id": "whoever"}' WHERE status = 'closed';

-- name: commanders_that_differ
-- Whoever commands now, nobody was told.
UPDATE dispatch.ticket SET state = jsonb_set(jsonb_set(state, '{crisis,ended_at}', 'null'), '{crisis,commander_id}', '"whoever"')
WHERE state -> 'crisis' ->> 'ended_at' IS NOT NULL;

-- name: notices_that_differ
-- To be read by somebody who was never told.
UPDATE dispatch.ticket SET state = state || '{"notices": [{"number": 1000, "told": [{"person_id": "whoever"}]}]}';

-- name: tickets_without_clock
-- Open for ever.
ALTER TABLE dispatch.ticket DROP CONSTRAINT ticket_clocked_check, ALTER COLUMN clocked DROP NOT NULL;
UPDATE dispatch.ticket SET state = state || '{"status": "open", "clocks": [], "wait": null}';

-- name: misses_that_differ
-- Missed and not counted.
ALTER TABLE dispatch.missed_deadline DISABLE TRIGGER USER;
DELETE FROM dispatch.missed_deadline WHERE id = (SELECT min(id) FROM dispatch.missed_deadline);

-- name: workloads_that_differ
-- One ticket too many in somebody's hands.
UPDATE dispatch.workload SET state = jsonb_set(state, '{in_hand,agent-li}', '7');

-- name: lists_that_differ
-- A ticket is missing in its handler's list.
UPDATE dispatch.open_ticket SET handler_id = 'nobody';
UPDATE dispatch.closed_ticket SET level = 5 - level;

-- name: standings_that_differ
-- Closed, and the customer still reads that it is being handled.
UPDATE intake.request SET state = state || '{"status": "handling"}' WHERE status = 'closed';

-- name: open_orders_that_differ
-- An order that nobody counts.
UPDATE warranty.deposit SET state = jsonb_set(state, '{open_orders}', to_jsonb((state ->> 'open_orders')::integer + 1));

-- name: questions_without_one_answer
-- Asked once, answered twice.
INSERT INTO warranty.outbox SELECT lane, (SELECT max(number) + 1 FROM warranty.outbox), gen_random_uuid(), type, version, at, key,
    subject, case_id, cause, traceparent, body FROM warranty.outbox WHERE type = 'CoverageAnswered' LIMIT 1;

-- name: callbacks_without_completion
-- A call about work that nobody did.
UPDATE followup.callback SET state = state || '{"round": 9}' WHERE id = (SELECT min(id) FROM followup.callback);

-- name: callbacks_without_completion__of_another_round
-- The call of the second round says that it is about the first one, in which work was finished too.
UPDATE followup.callback SET state = state || '{"round": 1}' WHERE state ->> 'round' = '2';

-- name: callbacks_without_completion__of_another_case
-- It says that it is about another case, in which work was finished too.
UPDATE followup.callback SET state = state || jsonb_build_object('case_id', (SELECT max(state ->> 'case_id') FROM followup.callback))
WHERE id = (SELECT min(id) FROM followup.callback);

-- name: callbacks_without_completion__of_somebody_else
-- Another customer is to be called than the one who was helped.
UPDATE followup.callback SET state = state || '{"customer_ref": "cunobody"}' WHERE id = (SELECT min(id) FROM followup.callback);

-- name: completions_without_callback
-- Nobody will call.
DELETE FROM followup.callback WHERE id = (SELECT min(id) FROM followup.callback);

-- name: callbacks_that_differ
-- Answered, and nobody was told.
UPDATE followup.callback SET state = state || '{"status": "completed"}' WHERE status = 'unreachable';

-- name: deposits_not_zero
-- One fen out of nowhere, on one side.
ALTER TABLE warranty.deposit DROP CONSTRAINT deposit_check;
UPDATE warranty.deposit SET state = jsonb_set(state, '{balances,deposit_liability}',
    to_jsonb((state -> 'balances' ->> 'deposit_liability')::bigint - 1));

-- name: deposits_that_differ
-- A movement was lost after its balance was kept.
ALTER TABLE warranty.movement DISABLE TRIGGER USER;
DELETE FROM warranty.movement WHERE reason = 'confirmed';

-- name: movements_with_holes
-- A number was left out.
ALTER TABLE warranty.movement DISABLE TRIGGER USER;
UPDATE warranty.movement SET number = number + 1 WHERE number = (SELECT max(number) FROM warranty.movement);

-- name: movement_causes_twice
-- Paid twice.
ALTER TABLE warranty.movement DROP CONSTRAINT movement_cause_key CASCADE;
INSERT INTO warranty.movement SELECT contract_id, number + 100, lane, debit_account, credit_account, amount_fen, reason, document,
    cause, reverses, who, at, booked_on FROM warranty.movement WHERE reason = 'released';

-- name: movements_without_cause
-- Money for a deduction that there is not.
INSERT INTO warranty.movement SELECT contract_id, number + 100, lane, debit_account, credit_account, amount_fen, 'deducted', document,
    contract_id || '.dnowhere.deducted.held', reverses, who, at, booked_on FROM warranty.movement WHERE reason = 'opened';

-- name: movements_without_cause__under_another_name
-- One confirmation, booked back and forth under two more causes: sums, balances and numbers fit.
WITH booked AS (SELECT * FROM warranty.movement WHERE reason = 'confirmed' ORDER BY number LIMIT 1)
INSERT INTO warranty.movement
SELECT contract_id, (SELECT max(number) + 1 FROM warranty.movement), lane, debit_account, credit_account, amount_fen, reason, document,
    cause || '-again', reverses, who, at, booked_on FROM booked
UNION ALL
SELECT contract_id, (SELECT max(number) + 2 FROM warranty.movement), lane, credit_account, debit_account, amount_fen, reason, document,
    cause || '-back', reverses, who, at, booked_on FROM booked;
UPDATE warranty.deposit SET state = state || jsonb_build_object('movements', (SELECT max(number) FROM warranty.movement));

-- name: movements_without_cause__for_another_step
-- A settled deduction was booked as one that nobody has settled.
ALTER TABLE warranty.movement DISABLE TRIGGER USER;
UPDATE warranty.movement SET reason = 'disputed' WHERE reason = 'confirmed';

-- name: deductions_that_differ
-- Deducted more than the repair cost.
UPDATE warranty.deduction SET state = jsonb_set(state, '{amount_fen}', to_jsonb((state ->> 'amount_fen')::bigint + 1));

-- name: deductions_that_differ__settled_without_money
-- Its money was moved as confirmed, and it waits for an answer.
UPDATE warranty.deduction SET state = state || '{"status": "unconfirmed", "settled_at": null, "settled_by": null}'
WHERE id = (SELECT min(id) FROM warranty.deduction WHERE status = 'confirmed');

-- name: costs_without_deduction
-- Neither the other contractor's price nor the compensation was ever taken.
DELETE FROM warranty.deduction;

-- name: crises_that_differ
-- A crisis that nobody ended.
UPDATE dispatch.ticket SET state = jsonb_set(state, '{crisis,ended_at}', 'null') WHERE state -> 'crisis' ->> 'ended_at' IS NOT NULL;

-- name: imports_in_part
-- One that begun is said to have lapsed.
UPDATE dispatch.registry_import SET state = jsonb_set(state, '{status}', '"lapsed"') WHERE status = 'begun';

-- name: phases_that_differ
-- A home more than there is.
UPDATE dispatch.phase_records SET state = jsonb_set(state, '{homes,p1}', to_jsonb((state -> 'homes' ->> 'p1')::integer + 1));

-- name: agreements_without_claim
-- Owed for a settlement that nobody signed.
INSERT INTO warranty.claim (id, lane, state)
SELECT estate_id || '.knowhere', lane, state || jsonb_build_object('id', estate_id || '.knowhere') FROM warranty.claim LIMIT 1;

-- name: claims_that_differ
-- Paid, and no money moved.
ALTER TABLE warranty.claim_movement DISABLE TRIGGER USER;
DELETE FROM warranty.claim_movement WHERE reason = 'paid';

-- name: compensation_paid_twice
-- Told as paid, and back to approved.
UPDATE warranty.claim SET state = state || '{"status": "approved", "recovered_fen": 0}' WHERE status = 'paid';

-- name: payments_that_differ
-- Paid, and no money moved.
ALTER TABLE warranty.movement DISABLE TRIGGER USER;
DELETE FROM warranty.movement WHERE reason = 'released';

-- name: points_that_differ
-- Points out of nowhere.
UPDATE loyalty.member SET state = jsonb_set(state, '{reward}', to_jsonb((state ->> 'reward')::bigint + 1));

-- name: points_with_holes
-- A number was left out.
UPDATE loyalty.member SET state = jsonb_set(state, '{entries}', to_jsonb((state ->> 'entries')::bigint + 1));

-- name: points_balances_wrong
-- Written down wrongly.
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.points_entry SET balance = balance + 1 WHERE number = 1;

-- name: lots_that_differ
-- A lot is larger than what was earned.
UPDATE loyalty.member SET state = jsonb_set(state, '{lots,0,3}', to_jsonb((state -> 'lots' -> 0 ->> 3)::bigint + 1))
WHERE jsonb_array_length(state -> 'lots') > 0;

-- name: points_causes_twice
-- Earned twice for one answer.
DROP INDEX loyalty.points_entry_earned_once;
INSERT INTO loyalty.points_entry SELECT customer_ref, number + 100, lane, what, kind, points, balance, cause, cause_id, lot + 100,
    expires_on, case_id, policy_version, at FROM loyalty.points_entry WHERE what = 'earned';

-- name: points_without_cause
-- Points for an answer that nobody gave.
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.points_entry SET cause_id = cause_id || '-nowhere' WHERE what = 'earned';

-- name: marks_without_points
-- Marked, and never given.
INSERT INTO loyalty.credit (id, lane, state)
SELECT split_part(id, '.', 1) || '.survey_answered-nowhere', lane, state FROM loyalty.credit LIMIT 1;

-- name: states_without_clock
-- Nothing will wake it.
DELETE FROM loyalty.timer;

-- name: clocks_at_another_time
-- Woken a year late.
UPDATE loyalty.timer SET due_at = due_at + interval '1 year';

-- name: states_that_cannot_be_read
-- Changed by hand into what no ticket is.
UPDATE dispatch.ticket SET state = state || '{"desk": [7]}' WHERE id = (SELECT min(id) FROM dispatch.ticket WHERE status = 'open');

-- name: clocks_of_nothing
-- Wakes a state that wants nothing.
INSERT INTO warranty.timer (state_table, id, lane, due_at) VALUES ('deposit', 'nowhere', 1, '9000-01-01');
