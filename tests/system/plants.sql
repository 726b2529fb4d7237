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

-- name: movements_without_cause__on_another_account
-- What was confirmed stands as disputed, in the ledger and in the account alike.
ALTER TABLE warranty.movement DISABLE TRIGGER USER;
UPDATE warranty.movement SET credit_account = 'disputed' WHERE reason = 'confirmed';
UPDATE warranty.deposit SET state = jsonb_set(state, '{balances}', state -> 'balances' || jsonb_build_object(
    'disputed', state -> 'balances' -> 'deducted_confirmed', 'deducted_confirmed', 0));

-- name: movements_without_cause__of_a_claim
-- Agreed, and booked as if it had been recovered from a deposit.
ALTER TABLE warranty.claim_movement DISABLE TRIGGER USER;
UPDATE warranty.claim_movement SET debit_account = 'recovered_from_deposit' WHERE reason = 'agreed';

-- name: movement_causes_twice__of_a_claim
-- Agreed twice.
ALTER TABLE warranty.claim_movement DROP CONSTRAINT claim_movement_pkey CASCADE;
INSERT INTO warranty.claim_movement SELECT * FROM warranty.claim_movement WHERE reason = 'agreed';

-- name: deductions_that_differ__beyond_what_was_held
-- It says that the contractor owes it, and it was taken from what is held.
UPDATE warranty.deduction SET state = state || jsonb_build_object('held_fen', 0, 'receivable_fen', state -> 'amount_fen');

-- name: deductions_that_differ__of_another_case
-- For a repair of another case.
UPDATE warranty.deduction SET state = state || '{"case_id": "xh01.cnowhere"}' WHERE id = (SELECT min(id) FROM warranty.deduction);

-- name: told_money_that_differs
-- A fen more was told than was released.
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
UPDATE warranty.outbox SET body = convert_to(jsonb_set(convert_from(body, 'UTF8')::jsonb, '{amount_fen}', '2430001')::text, 'UTF8')
WHERE type = 'DepositReleased';

-- name: told_money_that_differs__not_told
-- Deducted, and nobody was told.
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
UPDATE warranty.outbox SET type = 'WarrantyExpiring' WHERE type = 'DepositDeducted';

-- name: told_money_that_differs__not_moved
-- The rest was told as released, and no money moved.
INSERT INTO warranty.outbox SELECT lane, (SELECT max(number) + 1 FROM warranty.outbox), gen_random_uuid(), type, version, at, key,
    subject, case_id, cause, traceparent,
    convert_to((convert_from(body, 'UTF8')::jsonb || '{"instalment": 2}')::text, 'UTF8') FROM warranty.outbox WHERE type = 'DepositReleased';

-- name: told_money_that_differs__of_another_contract
-- Told as confirmed under another contract.
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
UPDATE warranty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"contract_id": "k-other"}')::text, 'UTF8')
WHERE type = 'DeductionConfirmed';

-- name: told_money_that_differs__of_another_contractor
-- Another contractor was told to have been deducted.
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
UPDATE warranty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"contractor_id": "c-bo"}')::text, 'UTF8')
WHERE type = 'DepositDeducted';

-- name: told_money_that_differs__what_is_left
-- Told as if nothing were left.
ALTER TABLE warranty.outbox DISABLE TRIGGER USER;
UPDATE warranty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"remaining_fen": 0}')::text, 'UTF8')
WHERE type = 'DepositReleased';

-- name: told_money_that_differs__back_and_forth
-- Recovered from a deposit and given back: nobody paid, deducted or took back anything, and the claim's sums fit.
INSERT INTO warranty.claim_movement
SELECT claim_id, lane, 'recovered_from_deposit', 'compensation_cost', amount_fen, 'recovered', document, claim_id || '.recovered', NULL,
    who, at, booked_on FROM warranty.claim_movement WHERE claim_id = (SELECT min(id) FROM warranty.claim WHERE status = 'agreed');
INSERT INTO warranty.claim_movement
SELECT claim_id, lane, 'compensation_cost', 'recovered_from_deposit', amount_fen, 'reversed', document, claim_id || '.reversed', cause,
    who, at, booked_on FROM warranty.claim_movement WHERE reason = 'recovered' AND claim_id = (
    SELECT min(id) FROM warranty.claim WHERE status = 'agreed');

-- name: told_money_that_differs__approved
-- Its payment was approved, and nobody was told.
UPDATE warranty.claim SET state = state || '{"form": "form-1", "status": "approved", "approved_by": "x", "approved_at": "2025-07-01T00:00:00Z"}'
WHERE status = 'agreed';

-- name: lots_that_differ__another_last_day
-- Its points are to live a year longer, and are woken for a year later.
UPDATE loyalty.member SET state = jsonb_set(state, '{lots,3,0}', '"2028-03-08"');

-- name: points_without_cause__made_up
-- For an activity that there is not; sums, marks, numbers and what was told fit.
WITH given AS (
    INSERT INTO loyalty.points_entry SELECT customer_ref, number + 1, lane, what, 'reward', 5, 45, 'activity', 'run-1', number + 1, expires_on,
        NULL, policy_version, at FROM loyalty.points_entry WHERE number = 4 RETURNING *
), marked AS (
    INSERT INTO loyalty.credit SELECT customer_ref || '.activity-run-1', lane, '{}' FROM given
), told AS (
    INSERT INTO loyalty.outbox SELECT o.lane, (SELECT max(number) + 1 FROM loyalty.outbox), gen_random_uuid(), type, version, o.at, key,
        subject, NULL, o.cause, traceparent, convert_to((convert_from(body, 'UTF8')::jsonb || jsonb_build_object(
        'cause', 'activity', 'cause_id', 'run-1', 'case_id', NULL, 'points', 5, 'expires_on', given.expires_on))::text, 'UTF8')
    FROM given, loyalty.outbox o WHERE o.number = (
        SELECT max(number) - 1 FROM loyalty.outbox WHERE type = 'PointsEarned')
)
UPDATE loyalty.member SET state = jsonb_set(state, '{lots}', state -> 'lots' || '[["2027-03-08", 5, "reward", 5, "run-1"]]')
    || '{"entries": 5, "reward": 45}';

-- name: points_without_cause__not_answered
-- The customer was reached and answered no question.
ALTER TABLE followup.outbox DISABLE TRIGGER USER;
UPDATE followup.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"score": null}')::text, 'UTF8')
WHERE type = 'CallbackCompleted';

-- name: points_without_cause__not_yet_a_member
-- Joined after having answered.
UPDATE loyalty.member SET state = state || '{"joined_at": "2025-03-07T00:00:00Z"}';

-- name: points_without_cause__of_somebody_else
-- A member got the points for what somebody else answered.
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.member SET id = 'cuelse', state = state || '{"id": "cuelse"}';
UPDATE loyalty.credit SET id = 'cuelse.' || split_part(id, '.', 2) || '.' || split_part(id, '.', 3);
UPDATE loyalty.points_entry SET customer_ref = 'cuelse';

-- name: points_without_cause__under_another_name
-- Spent, and booked as earned for nothing that is spent.
INSERT INTO loyalty.points_entry SELECT customer_ref, 5, lane, 'spent', kind, -5, 35, 'purchase', 'fee-1', number, expires_on, NULL, NULL, at
FROM loyalty.points_entry WHERE number = 1;
INSERT INTO loyalty.credit SELECT customer_ref || '.spent-fee-1', lane, '{}' FROM loyalty.points_entry WHERE number = 1;

-- name: points_out_of_time
-- Gone two years before their last day.
INSERT INTO loyalty.points_entry SELECT customer_ref, 5, lane, 'expired', kind, -20, 20, 'expiry', cause_id, number, expires_on, NULL, NULL, at
FROM loyalty.points_entry WHERE number = 1;
UPDATE loyalty.member SET state = state || jsonb_build_object('lots', (state -> 'lots') - 0, 'reward', 20, 'entries', 5);

-- name: points_out_of_time__spent
-- Spent on the day after the last one.
INSERT INTO loyalty.points_entry SELECT customer_ref, 5, lane, 'spent', kind, -20, 20, 'redemption', 'fee-1', number, expires_on, NULL, NULL,
    '2027-03-06' FROM loyalty.points_entry WHERE number = 1;

-- name: points_out_of_time__of_another_kind
-- Paid with points that nobody pays with.
INSERT INTO loyalty.points_entry SELECT customer_ref, 5, lane, 'spent', kind, -20, 20, 'redemption', 'fee-1', number, expires_on, NULL, NULL,
    at FROM loyalty.points_entry WHERE number = 2;

-- name: points_out_of_time__of_no_lot
-- They expire by another last day than they were earned with.
INSERT INTO loyalty.points_entry SELECT customer_ref, 5, lane, 'expired', kind, -20, 20, 'expiry', cause_id, number, '2025-04-01', NULL, NULL,
    '2025-04-02' FROM loyalty.points_entry WHERE number = 1;

-- name: points_not_expired
-- Kept beyond their last day, by the member, the ledger and the clock alike.
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.points_entry SET expires_on = '2025-12-31';

-- name: told_points_that_differ
-- A point more was told than was given.
ALTER TABLE loyalty.outbox DISABLE TRIGGER USER;
UPDATE loyalty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"points": 21}')::text, 'UTF8') WHERE type = 'PointsEarned';

-- name: told_points_that_differ__another_last_day
-- Told to be good for a year less.
ALTER TABLE loyalty.outbox DISABLE TRIGGER USER;
UPDATE loyalty.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"expires_on": "2026-03-05"}')::text, 'UTF8')
WHERE type = 'PointsEarned';

-- name: told_points_that_differ__not_told
-- Given, and nobody was told.
ALTER TABLE loyalty.outbox DISABLE TRIGGER USER;
UPDATE loyalty.outbox SET type = 'MemberJoined' WHERE type = 'PointsEarned';

-- name: told_points_that_differ__not_booked
-- Told as spent, and nobody paid.
INSERT INTO loyalty.outbox SELECT lane, (SELECT max(number) + 1 FROM loyalty.outbox), gen_random_uuid(), 'PointsSpent', version, at, key,
    subject, NULL, cause, traceparent, convert_to((convert_from(body, 'UTF8')::jsonb || jsonb_build_object(
    'cause_id', 'fee-1', 'spent_at', at))::text, 'UTF8') FROM loyalty.outbox WHERE type = 'PointsEarned' LIMIT 1;

-- name: members_that_differ
-- A member with another number than was told.
UPDATE loyalty.member SET state = state || '{"member_no": "0000000000000000000"}';

-- name: members_that_differ__never_joined
-- A member whose joining nobody told.
INSERT INTO loyalty.member (id, lane, state) SELECT 'cuelse', lane, state || '{"id": "cuelse", "member_no": "1", "lots": [], "entries": 0,
    "reward": 0, "upgrade": 0}' FROM loyalty.member;

-- name: customers_that_differ
-- A ticket of somebody else's request.
UPDATE dispatch.ticket SET state = state || '{"customer_ref": "cuelse"}' WHERE id = (SELECT min(id) FROM dispatch.ticket);

-- name: customers_that_differ__request
-- A request of somebody else than was told, and everybody works for.
UPDATE intake.request SET state = state || '{"customer_ref": "cuelse"}' WHERE id = (SELECT min(id) FROM intake.request);

-- name: customers_that_differ__callback
-- Work was finished for somebody else, whom followup is to call, too.
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
UPDATE dispatch.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"customer_ref": "cuelse"}')::text, 'UTF8')
WHERE type IN ('RepairDone', 'TicketResolved');
UPDATE followup.callback SET state = state || '{"customer_ref": "cuelse"}';

-- name: customers_that_differ__claim
-- Somebody else is to get the compensation.
UPDATE warranty.claim SET state = state || '{"customer_ref": "cuelse"}' WHERE id = (SELECT min(id) FROM warranty.claim);

-- name: customers_that_differ__points
-- Somebody else's answer, for which a member got the points, as followup tells it.
ALTER TABLE loyalty.points_entry DISABLE TRIGGER USER;
UPDATE loyalty.points_entry SET case_id = (SELECT max(id) FROM intake.request WHERE state ->> 'customer_ref' <> customer_ref);

-- name: customers_that_differ__fact
-- A deadline of somebody else's was told as missed.
ALTER TABLE dispatch.outbox DISABLE TRIGGER USER;
UPDATE dispatch.outbox SET body = convert_to((convert_from(body, 'UTF8')::jsonb || '{"customer_ref": "cuelse"}')::text, 'UTF8')
WHERE type = 'DeadlineMissed';

-- name: customers_that_differ__message
-- Somebody else is told what became of a request.
UPDATE intake.intent SET recipient = 'cuelse' WHERE cause = (SELECT min(cause) FROM intake.intent WHERE kind = 'message');

-- name: callbacks_that_differ__otherwise
-- The customer said another thing than was told.
UPDATE followup.callback SET state = jsonb_set(state, '{score}', '1') WHERE status = 'completed';

-- name: callbacks_that_differ__for_nobody
-- Told as due, and nobody is to be called.
INSERT INTO followup.outbox SELECT lane, (SELECT max(number) + 1 FROM followup.outbox), gen_random_uuid(), type, version, at, key,
    subject, case_id, cause, traceparent, convert_to((convert_from(body, 'UTF8')::jsonb || '{"callback_id": "xh01.b7-c"}')::text, 'UTF8')
FROM followup.outbox WHERE type = 'CallbackDue' LIMIT 1;
