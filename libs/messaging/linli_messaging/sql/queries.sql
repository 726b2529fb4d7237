-- name: lock_lanes
-- Take the lanes of a transaction, in ascending order so that no two transactions can wait for each other; and whether
-- nothing may be written.
SELECT lane, head, last_at, version, (SELECT suspended_at FROM deployment) IS NOT NULL AS suspended
FROM lane WHERE lane = ANY($1::smallint[]) ORDER BY lane FOR UPDATE;

-- name: note_seen
-- Numbers seen outside: where one lies above its lane's head, nothing is written here any more. Returns those lanes, and
-- whether the number is news. They are taken in ascending order, as by everybody.
WITH held AS (
    SELECT lane.lane, lane.seen, s.number FROM lane
    JOIN unnest($1::smallint[], $2::bigint[]) AS s (lane, number) ON s.lane = lane.lane
    WHERE s.number > lane.head ORDER BY lane.lane FOR UPDATE OF lane
), above AS (
    UPDATE lane SET seen = GREATEST(lane.seen, held.number) FROM held
    WHERE lane.lane = held.lane RETURNING lane.lane, lane.head, lane.seen, lane.seen > held.seen AS new
), suspended AS (
    UPDATE deployment SET suspended_at = COALESCE(suspended_at, clock_timestamp()) WHERE EXISTS (SELECT 1 FROM above)
)
SELECT lane, head, seen, new FROM above ORDER BY lane;

-- name: own_heads
-- The highest number given out in each lane.
SELECT lane, head FROM lane;

-- name: read_suspended
-- Whether nothing may be written.
SELECT suspended_at IS NOT NULL AS suspended FROM deployment;

-- name: abandon_numbers
-- Lift each head above every number seen, declare what lies between as abandoned, and write again; all lanes are held.
WITH above AS (
    SELECT lane.lane, lane.head + 1 AS first, lane.seen + 1 AS number, k.key
    FROM lane JOIN unnest($1::smallint[], $2::text[]) AS k (lane, key) ON k.lane = lane.lane WHERE lane.seen > lane.head
), risen AS (
    UPDATE lane SET head = above.number FROM above WHERE lane.lane = above.lane
), freed AS (
    UPDATE deployment SET suspended_at = NULL
)
INSERT INTO outbox (lane, number, abandoned_from, id, type, version, at, key, subject, cause, traceparent, body)
SELECT lane, number, first, gen_random_uuid(), $3::text, 1, $4::timestamptz, key, key, 'restored', '', '{}' FROM above
RETURNING lane, abandoned_from, number;

-- name: read_inbox
-- The last numbers processed in these lanes, the database's instant (read after the lanes are held), whether anything
-- parked holds its subject, and whether any early fact waits.
SELECT clock_timestamp() AS now,
    EXISTS (SELECT 1 FROM parked WHERE holds AND status IN ('parked', 'ripe')) AS holds,
    EXISTS (SELECT 1 FROM early) AS early, i.producer, i.lane, i.last
FROM (VALUES (true)) AS one (row) LEFT JOIN inbox i ON i.lane = ANY($1::smallint[]);

-- name: read_known
-- Which of these commands were answered before, and which of these subjects are held by something parked.
SELECT id, digest, answer, NULL::bigint AS parked_id FROM command WHERE id = ANY($1::text[])
UNION ALL
SELECT subject, NULL, NULL, min(id) FROM parked
WHERE subject = ANY($2::text[]) AND holds AND status IN ('parked', 'ripe') GROUP BY subject;

-- name: read_stored
-- Which of these stored inputs are still to be applied (asked once their lanes are held).
SELECT e.producer, e.lane, e.number, NULL::bigint AS parked_id
FROM unnest($1::text[], $2::smallint[], $3::bigint[]) AS s (producer, lane, number)
JOIN early e ON e.producer = s.producer AND e.lane = s.lane AND e.number = s.number
UNION ALL
SELECT NULL, NULL, NULL, id FROM parked WHERE id = ANY($4::bigint[]) AND status IN ('parked', 'ripe');

-- name: move_inbox
-- Advance the inboxes by compare-and-set: a lane that somebody else moved makes fewer rows and the transaction is given up.
WITH moved AS (
    SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS m (producer, lane, was, last)
)
INSERT INTO inbox AS i (producer, lane, last) SELECT producer, lane, last FROM moved
ON CONFLICT (producer, lane) DO UPDATE SET last = EXCLUDED.last
WHERE i.last = (SELECT was FROM moved m WHERE m.producer = i.producer AND m.lane = i.lane)
RETURNING 1;

-- name: pass_by
-- Advance the inboxes by records that only pass, where they stand as expected and anything may be written; how many did.
UPDATE inbox i SET last = m.last
FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) AS m (producer, lane, was, last), deployment d
WHERE i.producer = m.producer AND i.lane = m.lane AND i.last = m.was AND d.suspended_at IS NULL
RETURNING 1;

-- name: move_lanes
-- The numbers given out in this transaction, the lanes' instants, and that their states are others now.
UPDATE lane SET head = m.head, last_at = GREATEST(last_at, m.at), version = $4
FROM unnest($1::smallint[], $2::bigint[], $3::timestamptz[]) AS m (lane, head, at) WHERE lane.lane = m.lane;

-- name: set_timers
-- When to wake these states; the ones named last have no running clock any more.
WITH dropped AS (
    DELETE FROM timer t USING unnest($5::text[], $6::text[]) AS d (state_table, id)
    WHERE t.state_table = d.state_table AND t.id = d.id
)
INSERT INTO timer (state_table, id, lane, due_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[])
ON CONFLICT (state_table, id) DO UPDATE SET due_at = EXCLUDED.due_at;

-- name: append_early
-- Events that wait for another producer's fact; one that came ripe may turn out to wait for a further one.
INSERT INTO early (producer, lane, number, needs_table, needs_id, headers, body)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::bytea[])
ON CONFLICT (producer, lane, number) DO UPDATE
SET needs_table = EXCLUDED.needs_table, needs_id = EXCLUDED.needs_id, ripe = false;

-- name: early_for
-- Events that wait for these states. One that is ripe is taken under other lanes, and so is left out.
SELECT e.needs_table, e.needs_id, e.headers, e.body
FROM unnest($1::text[], $2::text[]) AS m (needs_table, needs_id)
JOIN early e ON e.needs_table = m.needs_table AND e.needs_id = m.needs_id
WHERE NOT e.ripe ORDER BY e.producer, e.lane, e.number LIMIT $3;

-- name: ripen_early
-- The facts these events waited for exist now, and these could not run in the same transaction.
UPDATE early e SET ripe = true FROM unnest($1::text[], $2::text[]) AS c (needs_table, needs_id)
WHERE e.needs_table = c.needs_table AND e.needs_id = c.needs_id AND NOT e.ripe;

-- name: take_ripe_early
-- Early events whose fact has come, oldest first.
SELECT producer, lane, number, headers, body FROM early WHERE ripe ORDER BY producer, lane, number LIMIT $1;

-- name: drop_early
-- These early events have been applied.
DELETE FROM early e USING unnest($1::text[], $2::smallint[], $3::bigint[]) AS d (producer, lane, number)
WHERE e.producer = d.producer AND e.lane = d.lane AND e.number = d.number;

-- name: append_parked
-- What could not be handled in this transaction.
INSERT INTO parked (source, producer, lane, number, type, subject, headers, body, error, stack, holds, unknown)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::jsonb[], $8::bytea[],
    $9::text[], $10::text[], $11::boolean[], $12::boolean[])
ON CONFLICT (source, producer, lane, number, subject, type) DO UPDATE
SET error = EXCLUDED.error, stack = EXCLUDED.stack, holds = EXCLUDED.holds, unknown = EXCLUDED.unknown, status = 'parked',
    waits_for = NULL, parked_at = clock_timestamp();

-- name: append_followers
-- Events about a held subject: they run, in order, after the one that holds it.
INSERT INTO parked (source, producer, lane, number, type, subject, headers, body, error, stack, holds, waits_for)
SELECT f.*, 'waits for a held message', '', false, (
    SELECT min(id) FROM parked h WHERE h.subject = f.subject AND h.holds AND h.status IN ('parked', 'ripe'))
FROM unnest(
    $1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::text[], $7::jsonb[], $8::bytea[])
    AS f (source, producer, lane, number, type, subject, headers, body)
ON CONFLICT (source, producer, lane, number, subject, type) DO NOTHING;

-- name: take_ripe_parked
-- Parked events to be tried again, each head before its followers, in their order.
SELECT p.id, p.producer, p.lane, p.number, p.subject, p.headers, p.body FROM parked p
WHERE p.source = 'event' AND (p.status = 'ripe' OR (p.status = 'parked' AND EXISTS (
    SELECT 1 FROM parked h WHERE h.id = p.waits_for AND h.status <> 'parked')))
ORDER BY p.id LIMIT $1;

-- name: take_ripe_timers
-- Parked timers to be tried again.
SELECT id, type, subject, lane FROM parked WHERE source = 'timer' AND status = 'ripe' ORDER BY id LIMIT $1;

-- name: settle_parked
-- These parked inputs have been applied.
UPDATE parked SET status = 'retried', holds = false WHERE id = ANY($1::bigint[]);

-- name: list_parked
-- Open parked inputs for people, oldest first.
SELECT id, source, producer, lane, number, type, subject, error, holds, waits_for, status, parked_at FROM parked
WHERE status IN ('parked', 'ripe') AND id > $1 ORDER BY id LIMIT $2;

-- name: show_parked
-- One parked input with its stack and body.
SELECT id, source, producer, lane, number, type, subject, headers, body, error, stack, holds, waits_for, status, note,
    parked_at
FROM parked WHERE id = $1;

-- name: retry_parked
-- Try a parked head again, with a corrected body where one is given. What has no readable envelope has no number, so it
-- cannot run: it is asked for again where it was one of ours.
UPDATE parked SET status = 'ripe', body = COALESCE($2::bytea, body)
WHERE id = $1 AND waits_for IS NULL AND status = 'parked' AND type <> 'unreadable' RETURNING id;

-- name: drop_parked
-- Give a parked event up, with a reason. A clock cannot be given up: its state would show it for ever.
UPDATE parked SET status = 'dropped', holds = false, note = $2
WHERE id = $1 AND waits_for IS NULL AND status = 'parked' AND source = 'event' RETURNING subject, lane;

-- name: hand_on_hold
-- The first that waited behind a dropped one holds the subject now, until it has run: nothing overtakes it or the others.
UPDATE parked SET status = 'ripe', waits_for = NULL, holds = true WHERE id = (
    SELECT min(id) FROM parked WHERE subject = $1 AND waits_for IS NOT NULL AND status = 'parked')
AND NOT EXISTS (SELECT 1 FROM parked h WHERE h.subject = $1 AND h.holds AND h.status IN ('parked', 'ripe')) RETURNING id;

-- name: count_parked
-- How much of this hour's is parked (but for unknown types, which wait for an upgrade), and how much was processed in it.
SELECT (SELECT count(*) FROM parked WHERE status IN ('parked', 'ripe') AND waits_for IS NULL AND NOT unknown
        AND parked_at >= d.parked_since AND d.parked_since > clock_timestamp() - $1::interval) AS parked,
    (SELECT COALESCE(sum(last), 0) FROM inbox) - d.processed_then AS processed
FROM deployment d;

-- name: count_parked_anew
-- Where the hour is over, the next one begins; what this transaction has processed already belongs to it.
UPDATE deployment SET parked_since = clock_timestamp(),
    processed_then = (SELECT COALESCE(sum(last), 0) FROM inbox) - $1::bigint
WHERE parked_since <= clock_timestamp() - $2::interval;

-- name: due_timers
-- The states to wake in these lanes, each lane up to its own instant, earliest first.
SELECT t.state_table, t.id, t.lane, t.due_at
FROM unnest($1::smallint[], $2::timestamptz[]) AS l (lane, until)
CROSS JOIN LATERAL (
    SELECT state_table, id, lane, due_at FROM timer
    WHERE timer.lane = l.lane AND timer.due_at <= l.until ORDER BY due_at LIMIT $3
) AS t
ORDER BY t.due_at, t.state_table, t.id LIMIT $3;

-- name: read_unpublished
-- What the relay has to produce, each lane in order.
SELECT o.lane, o.number, o.id::text AS id, o.type, o.version, o.at, o.key, o.subject, o.traceparent, o.body, o.abandoned_from
FROM unnest($1::smallint[], $2::bigint[]) AS p (lane, number)
CROSS JOIN LATERAL (
    SELECT * FROM outbox WHERE outbox.lane = p.lane AND outbox.number > p.number ORDER BY number LIMIT $3
) AS o;

-- name: read_again
-- What the relay has to send again, each lane in order: the next segment of the archive, or else what the outbox has. One
-- statement, so one snapshot: nothing is on its way from the one to the other.
SELECT a.lane, f.number, f.id::text AS id, f.type, f.version, f.at, f.key, f.subject, f.traceparent, f.body, f.abandoned_from
FROM unnest($1::smallint[], $2::bigint[]) AS p (lane, number)
CROSS JOIN LATERAL (
    SELECT * FROM archive WHERE archive.lane = p.lane AND archive.last > p.number ORDER BY last LIMIT 1) AS a
CROSS JOIN LATERAL unnest(
    a.numbers, a.ids, a.types, a.versions, a.ats, a.keys, a.subjects, a.traceparents, a.bodies, a.abandoned_froms
) AS f (number, id, type, version, at, key, subject, traceparent, body, abandoned_from)
WHERE f.number > p.number
UNION ALL
SELECT o.lane, o.number, o.id::text, o.type, o.version, o.at, o.key, o.subject, o.traceparent, o.body, o.abandoned_from
FROM unnest($1::smallint[], $2::bigint[]) AS p (lane, number)
CROSS JOIN LATERAL (
    SELECT * FROM outbox WHERE outbox.lane = p.lane AND outbox.number > p.number ORDER BY number LIMIT $3
) AS o
WHERE NOT EXISTS (SELECT FROM archive WHERE archive.lane = p.lane AND archive.last > p.number);

-- name: read_published
-- How far each lane has been produced.
SELECT lane, number FROM published ORDER BY lane;

-- name: move_published
-- The broker has acknowledged these; the numbers only rise. Nobody waits for the disk: a number lost in a crash has its fact
-- sent once more, and whatever is committed after it keeps it.
WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE published p SET number = m.number FROM unnest($1::smallint[], $2::bigint[]) AS m (lane, number), unhurried
WHERE p.lane = m.lane AND p.number < m.number;

-- name: read_heads
-- Every lane's head, after all transactions that hold its lane have ended; none begins before this one ends.
SELECT lane, head FROM lane ORDER BY lane FOR SHARE;

-- name: read_overdue
-- The earliest overdue clock of each lane that has one (asked while the lanes are held).
SELECT l.lane, t.due_at FROM lane l CROSS JOIN LATERAL (
    SELECT due_at FROM timer WHERE timer.lane = l.lane AND timer.due_at < $1 ORDER BY due_at LIMIT 1) AS t;

-- name: ask_resend
-- Note what is to be sent again, the lowest number asked for in each lane.
INSERT INTO resend (lane, from_number, asked_by) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::text[])
ON CONFLICT (lane) DO UPDATE SET from_number = LEAST(resend.from_number, EXCLUDED.from_number), asked_by = EXCLUDED.asked_by;

-- name: read_resend
-- What is to be sent again, by the one active relay: a row stays until it has been, so that another relay goes on with it.
SELECT lane, from_number FROM resend;

-- name: drop_resend
-- These lanes have been sent again from these numbers on; where a lower one was asked for meanwhile, it stays.
DELETE FROM resend USING unnest($1::smallint[], $2::bigint[]) AS d (lane, from_number)
WHERE resend.lane = d.lane AND resend.from_number = d.from_number;

-- name: first_number_since
-- The first number of each lane whose fact is not older than an instant.
SELECT l.lane, COALESCE(a.number, o.number) AS number
FROM unnest($2::smallint[]) AS l (lane)
LEFT JOIN LATERAL (
    SELECT (SELECT min(f.number) FROM unnest(numbers, ats) AS f (number, at) WHERE f.at >= $1) AS number
    FROM archive WHERE archive.lane = l.lane AND newest_at >= $1 ORDER BY last LIMIT 1) AS a ON true
LEFT JOIN LATERAL (
    SELECT number FROM outbox WHERE outbox.lane = l.lane AND at >= $1 ORDER BY number LIMIT 1) AS o ON a.number IS NULL
WHERE COALESCE(a.number, o.number) IS NOT NULL;

-- name: try_archive_lock
-- Archive alone in this schema, until the transaction ends.
SELECT pg_try_advisory_xact_lock($1::int, hashtext(current_schema()));

-- name: lanes_to_archive
-- Lanes with at least so many ($2) facts in the outbox that are published and that no feed has still to look at, of which
-- that one is older than an instant ($1).
SELECT l.lane
FROM published l
CROSS JOIN LATERAL (SELECT COALESCE(max(last), 0) AS last FROM archive WHERE archive.lane = l.lane) AS a
CROSS JOIN LATERAL (
    SELECT number, at FROM outbox WHERE outbox.lane = l.lane AND outbox.number >= a.last + $2 ORDER BY number LIMIT 1) AS o
WHERE o.number <= LEAST(l.number, (SELECT min(feed.number) FROM feed WHERE feed.lane = l.lane)) AND o.at < $1
ORDER BY l.lane;

-- name: archive_ends
-- The last number of a lane that the archive has.
SELECT COALESCE(max(last), 0) FROM archive WHERE lane = $1;

-- name: archive_facts
-- Copy the next facts of a lane ($1) after a number ($2), published, seen by every feed and older than an instant ($3), at
-- most so many ($4) and so many bytes ($5), into the archive as one segment; which they are.
WITH candidate AS (
    SELECT o.* FROM outbox o WHERE o.lane = $1 AND o.number > $2
        AND o.number <= LEAST(
            (SELECT number FROM published WHERE published.lane = $1), (SELECT min(number) FROM feed WHERE feed.lane = $1))
    ORDER BY o.number LIMIT $4
), old AS (
    SELECT candidate.*, sum(octet_length(body)) OVER (ORDER BY number) - octet_length(body) AS before FROM candidate
    WHERE number < COALESCE((SELECT min(number) FROM candidate WHERE at >= $3), 9223372036854775807)
), segment AS (
    SELECT lane, min(number) AS first, max(number) AS last, max(at) AS newest_at, array_agg(number ORDER BY number) AS numbers,
        array_agg(id ORDER BY number) AS ids, array_agg(type ORDER BY number) AS types,
        array_agg(version ORDER BY number) AS versions, array_agg(at ORDER BY number) AS ats,
        array_agg(key ORDER BY number) AS keys, array_agg(subject ORDER BY number) AS subjects,
        array_agg(case_id ORDER BY number) AS case_ids, array_agg(cause ORDER BY number) AS causes,
        array_agg(traceparent ORDER BY number) AS traceparents, array_agg(body ORDER BY number) AS bodies,
        array_agg(abandoned_from ORDER BY number) AS abandoned_froms
    FROM old WHERE before < $5 GROUP BY lane
)
INSERT INTO archive (lane, first, last, newest_at, numbers, ids, types, versions, ats, keys, subjects, case_ids, causes,
    traceparents, bodies, abandoned_froms, digest)
SELECT lane, first, last, newest_at, numbers, ids, types, versions, ats, keys, subjects, case_ids, causes, traceparents, bodies,
    abandoned_froms, segment_digest(lane, numbers, ids, types, versions, ats, keys, subjects, case_ids, causes, traceparents,
        bodies, abandoned_froms)
FROM segment RETURNING first, last, cardinality(numbers) AS facts;

-- name: drop_archived
-- These facts have been copied into the archive in this transaction.
DELETE FROM outbox WHERE lane = $1 AND number BETWEEN $2 AND $3;

-- name: read_kept
-- How many facts the archive holds (by their numbers), the instant of the oldest that it has not got, and for how long the
-- oldest early fact has waited: in real time, also where the clock is stepped.
SELECT (SELECT COALESCE(sum(a.last), 0)::bigint FROM lane l CROSS JOIN LATERAL (
        SELECT last FROM archive WHERE archive.lane = l.lane ORDER BY last DESC LIMIT 1) AS a) AS archived,
    (SELECT min(o.at) FROM lane l CROSS JOIN LATERAL (
        SELECT COALESCE(max(last), 0) AS last FROM archive WHERE archive.lane = l.lane) AS a CROSS JOIN LATERAL (
        SELECT at FROM outbox WHERE outbox.lane = l.lane AND outbox.number > a.last ORDER BY number LIMIT 1) AS o) AS oldest_at,
    (SELECT COALESCE(clock_timestamp() - min(received_at), interval '0') FROM early) AS early_for;

-- name: note_gaps
-- Numbers noticed as missing.
INSERT INTO gap (producer, lane, missing_from, seen) SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[])
ON CONFLICT (producer, lane, missing_from) DO UPDATE SET seen = GREATEST(gap.seen, EXCLUDED.seen), closed_at = NULL;

-- name: close_gaps
-- Gaps whose missing numbers have been processed.
UPDATE gap SET closed_at = clock_timestamp() FROM inbox i
WHERE gap.closed_at IS NULL AND i.producer = gap.producer AND i.lane = gap.lane AND i.last >= gap.missing_from;

-- name: open_gaps
-- Gaps not closed yet.
SELECT g.producer, g.lane, g.missing_from, g.seen FROM gap g WHERE closed_at IS NULL;

-- name: all_inboxes
-- Every producer's last number in every lane.
SELECT producer, lane, last FROM inbox;

-- name: read_rest
-- What must be nothing, and equal, for this service to be at rest at an instant; one statement, so one snapshot and one trip.
SELECT
    (SELECT count(*) FROM early) AS early,
    (SELECT count(*) FROM early WHERE ripe) + (SELECT count(*) FROM parked WHERE status = 'ripe') AS ripe,
    (SELECT count(*) FROM parked WHERE status IN ('parked', 'ripe')) AS parked,
    (SELECT count(*) FROM gap WHERE closed_at IS NULL) AS gaps,
    (SELECT count(*) FROM resend) AS asks,
    (SELECT suspended_at IS NOT NULL FROM deployment) AS suspended,
    -- Counted up to a bound a lane.
    (SELECT count(*) FROM lane l CROSS JOIN LATERAL (
        SELECT 1 FROM timer WHERE timer.lane = l.lane AND timer.due_at <= $1 LIMIT 100) AS t) AS due,
    (SELECT min(t.due_at) FROM lane l CROSS JOIN LATERAL (
        SELECT due_at FROM timer WHERE timer.lane = l.lane ORDER BY due_at LIMIT 1) AS t) AS next_timer_at,
    (SELECT json_object_agg(lane, head) FROM lane WHERE head > 0) AS heads,
    (SELECT json_object_agg(lane, number) FROM published WHERE number > 0) AS published,
    (SELECT json_object_agg(producer, lanes) FROM (
        SELECT producer, json_object_agg(lane, last) AS lanes FROM inbox GROUP BY producer) AS heard) AS inbox;

-- name: timeline_events
-- The facts this service told about a case.
SELECT lane, number, type, at, subject, cause, traceparent, body FROM outbox WHERE case_id = $1
UNION ALL
SELECT a.lane, f.number, f.type, f.at, f.subject, f.cause, f.traceparent, f.body FROM archive a CROSS JOIN LATERAL unnest(
    a.numbers, a.types, a.ats, a.subjects, a.case_ids, a.causes, a.traceparents, a.bodies
) AS f (number, type, at, subject, case_id, cause, traceparent, body)
WHERE a.case_ids @> ARRAY[$1] AND f.case_id = $1 ORDER BY lane, number;

-- name: timeline_reasons
-- Why this service decided about a case.
SELECT subject, at, recorded_at, what, rule, policy_version, cause, facts FROM history WHERE subject = $1 ORDER BY recorded_at;

-- name: read_deployment
-- Which deployment this schema belongs to, and from when on its inputs are live.
SELECT id, lanes, live_from FROM deployment;

-- name: found_deployment
-- The first start: give the schema its deployment, the instant from which on it is live (none: now), and each lane its rows.
-- Whether it was the first.
WITH founded AS (
    INSERT INTO deployment (id, lanes, live_from) VALUES ($1, $2, COALESCE($3, clock_timestamp())) ON CONFLICT DO NOTHING
    RETURNING true AS first
), lanes AS (
    INSERT INTO lane (lane) SELECT generate_series(0, $2 - 1) ON CONFLICT DO NOTHING
), numbers AS (
    INSERT INTO published (lane) SELECT generate_series(0, $2 - 1) ON CONFLICT DO NOTHING
)
SELECT EXISTS (SELECT FROM founded) AS first;

-- name: start_inboxes
-- Begin at these numbers, at the first start: what was told before is not asked for.
INSERT INTO inbox (producer, lane, last) SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[]);

-- name: read_policy_versions
-- Versions this schema has decided by.
SELECT version, content_hash, effective_from FROM policy_version;

-- name: register_policy_version
-- A version this schema decides by from now on.
INSERT INTO policy_version (version, content_hash, effective_from) VALUES ($1, $2, $3) ON CONFLICT (version) DO NOTHING;

-- name: read_stepped
-- The stepped clock's instant.
SELECT instant FROM stepped_clock;

-- name: set_stepped
-- Move the stepped clock, never backwards.
INSERT INTO stepped_clock (instant) VALUES ($1)
ON CONFLICT (singleton) DO UPDATE SET instant = GREATEST(stepped_clock.instant, EXCLUDED.instant) RETURNING instant;

-- name: try_lock_of
-- Become the only one of this schema in a role (relaying, sending): the first number says which.
SELECT pg_try_advisory_lock($1::int, hashtext(current_schema()));

-- name: release_lock_of
-- Let another process have the role.
SELECT pg_advisory_unlock($1::int, hashtext(current_schema()));

-- name: read_now
-- The database's instant.
SELECT clock_timestamp();

-- name: park_raw
-- A record whose envelope cannot be read, kept under its topic, partition and offset; nothing where it is kept already.
INSERT INTO parked (source, producer, lane, number, type, subject, headers, body, error, stack, holds)
VALUES ('event', $1::text, $2::smallint, $3::bigint, 'unreadable', $1::text, $4::jsonb, $5::bytea, $6::text, '', false)
ON CONFLICT (source, producer, lane, number, subject, type) DO NOTHING RETURNING id;

-- name: ripen_known_types
-- Events parked because their type or version was unknown, and that this process knows.
UPDATE parked p SET status = 'ripe' FROM unnest($1::text[], $2::integer[]) AS k (type, version)
WHERE p.unknown AND p.status = 'parked' AND p.type = k.type
    AND COALESCE(p.headers->>'ce_dataversion', '1') = k.version::text;

-- name: move_tally
-- Figures that a batch changed.
INSERT INTO tally (lane, part, name, counted)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::bigint[])
ON CONFLICT (part, name, lane) DO UPDATE SET counted = tally.counted + EXCLUDED.counted;

-- name: append_intents
-- What is to be done outside; a cause that is there already is done with, however it went.
INSERT INTO intent (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, next_at, noted_at)
SELECT i.*, i.made_at FROM unnest($1::text[], $2::uuid[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::jsonb[],
    $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
    AS i (cause, id, lane, kind, subject, recipient, payload, emergency, made_at, give_up_at, next_at)
ON CONFLICT (cause) DO NOTHING;

-- name: due_intents
-- What may be sent now, emergencies first, but nothing for those who have enough under way, and nothing that this process has
-- no way to send; locked until it is moved. Nothing where the database was restored and no operator has said that this is meant.
SELECT * FROM intent WHERE status = 'waiting' AND cause = ANY(
    ARRAY(SELECT e.cause FROM intent e WHERE e.status = 'waiting' AND e.emergency AND e.next_at <= $1
        AND e.recipient <> ALL($2::text[]) AND e.kind = ANY($4::text[]) ORDER BY e.next_at LIMIT $3)
    || ARRAY(SELECT o.cause FROM intent o WHERE o.status = 'waiting' AND NOT o.emergency AND o.next_at <= $1
        AND o.recipient <> ALL($2::text[]) AND o.kind = ANY($4::text[]) ORDER BY o.next_at LIMIT $3))
AND NOT EXISTS (SELECT 1 FROM deployment WHERE suspended_at IS NOT NULL)
ORDER BY emergency DESC, next_at, cause LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: abandoned_intents
-- What was being sent by a run that is no more, or by this one ($1) and is not under way there ($2).
SELECT * FROM intent WHERE status = 'sending' AND (run <> $1 OR cause <> ALL($2::text[])) AND kind = ANY($4::text[])
ORDER BY cause LIMIT $3 FOR UPDATE SKIP LOCKED;

-- name: move_intents
-- Into the next status, by compare-and-set: whoever else had it meanwhile keeps it. Told at once where nobody wants to know.
UPDATE intent i SET status = m.status, tries = m.tries, next_at = m.next_at, noted_at = m.noted_at,
    doubtful = m.doubtful, reference = m.reference, error = m.error, run = m.run, stuck = NULL,
    told = m.status IN ('sent', 'failed', 'unknown') AND NOT i.kind = ANY($12::text[])
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::timestamptz[], $7::timestamptz[],
    $8::boolean[], $9::text[], $10::text[], $11::text[])
    AS m (cause, was, had, status, tries, next_at, noted_at, doubtful, reference, error, run)
WHERE i.cause = m.cause AND i.status = m.was AND i.run IS NOT DISTINCT FROM m.had RETURNING i.cause;

-- name: untold_intents
-- What became of intents, and is not told yet; those of one instant always in the same order.
SELECT * FROM intent WHERE status IN ('sent', 'failed', 'unknown') AND NOT told AND stuck IS NULL
ORDER BY noted_at, cause LIMIT $1;

-- name: still_untold
-- Which of these are still to be told (asked once their lanes are held).
SELECT i.cause, i.status FROM unnest($1::text[], $2::text[]) AS s (cause, status)
JOIN intent i ON i.cause = s.cause AND i.status = s.status AND NOT i.told;

-- name: settle_intents
-- What became of these is told in this transaction, or could not be and stays.
UPDATE intent i SET told = s.stuck IS NULL, stuck = s.stuck
FROM unnest($1::text[], $2::text[], $3::text[]) AS s (cause, status, stuck)
WHERE i.cause = s.cause AND i.status = s.status;

-- name: free_stuck_intents
-- A new program may be able to tell what its predecessor could not.
UPDATE intent SET stuck = NULL WHERE status IN ('sent', 'failed', 'unknown') AND NOT told AND stuck IS NOT NULL;

-- name: count_intents
-- How many effects wait, are due, are being sent, are not told yet, failed, or nobody knows of; lanes not looked through yet.
SELECT (SELECT count(*) FROM intent WHERE status = 'waiting') AS waiting,
    (SELECT count(*) FROM intent WHERE status = 'waiting' AND next_at <= $1) AS due,
    (SELECT min(w.next_at) FROM (VALUES (true), (false)) AS e (emergency) CROSS JOIN LATERAL (
        SELECT next_at FROM intent i WHERE i.status = 'waiting' AND i.emergency = e.emergency
        ORDER BY next_at LIMIT 1) AS w) AS next_at,
    (SELECT count(*) FROM intent WHERE status = 'sending') AS sending,
    (SELECT count(*) FROM intent WHERE status IN ('sent', 'failed', 'unknown') AND NOT told) AS untold,
    (SELECT count(*) FROM feed f JOIN lane l ON l.lane = f.lane WHERE l.head > f.number) AS unfed,
    (SELECT count(*) FROM intent WHERE status = 'failed') AS failed,
    (SELECT count(*) FROM intent WHERE status = 'unknown') AS unknown;

-- name: list_intents
-- Effects of a status that went wrong or are under way, the latest first.
SELECT cause, id::text AS id, kind, subject, recipient, status, tries, doubtful, emergency, error, reference, made_at,
    noted_at, next_at, give_up_at, stuck, again, decided_by, decided_why
FROM intent WHERE status = $1 AND status <> 'sent' ORDER BY noted_at DESC, cause LIMIT $2;

-- name: intent_by_id
-- One effect by the key that its receiver knows it by; locked until it is moved.
SELECT * FROM intent WHERE id = $1 FOR UPDATE;

-- name: move_intent_by_hand
-- What a person decided about an effect whose end was told; what comes of it is told anew, where somebody wants to know.
UPDATE intent SET status = $3, doubtful = $4, reference = $5, error = $6, next_at = $7, give_up_at = $8, noted_at = $9,
    again = $10, decided_by = $11, decided_why = $12, told = $3 <> 'waiting' AND NOT kind = ANY($13::text[])
WHERE cause = $1 AND status = $2 AND told RETURNING cause;

-- name: doubt_waiting_intents
-- After a restore nobody knows which of these were sent in the life that was lost.
UPDATE intent SET doubtful = true WHERE status = 'waiting';

-- name: begin_feed
-- A feed that is new looks at everything that was ever told.
INSERT INTO feed (name, lane, number) SELECT $1, lane, 0 FROM lane ON CONFLICT DO NOTHING;

-- name: lock_feed
-- Whoever looks through facts for a feed does so alone.
SELECT 1 FROM feed WHERE name = $1 ORDER BY lane LIMIT 1 FOR UPDATE;

-- name: read_feed_places
-- Lanes in which a feed has not looked at everything yet, how far it is, and how far it may look.
SELECT f.lane, f.number, l.head FROM feed f JOIN lane l ON l.lane = f.lane WHERE f.name = $1 AND l.head > f.number ORDER BY f.lane;

-- name: read_feed
-- Facts of these types beyond a number and up to another, each lane in order, wherever they are kept.
SELECT o.lane, o.number, o.id::text AS id, o.type, o.at, o.subject, o.body
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS p (lane, after, until)
CROSS JOIN LATERAL (
    SELECT lane, number, id, type, at, subject, body FROM outbox
    WHERE outbox.lane = p.lane AND outbox.number > p.after AND outbox.number <= p.until AND outbox.type = ANY($4::text[])
    UNION ALL
    SELECT a.lane, f.number, f.id, f.type, f.at, f.subject, f.body FROM archive a CROSS JOIN LATERAL unnest(
        a.numbers, a.ids, a.types, a.ats, a.subjects, a.bodies) AS f (number, id, type, at, subject, body)
    WHERE a.lane = p.lane AND a.last > p.after AND a.first <= p.until AND f.number > p.after AND f.number <= p.until AND f.type = ANY($4::text[])
) AS o ORDER BY o.lane, o.number;

-- name: move_feed
-- A feed, locked, has looked so far.
UPDATE feed f SET number = m.number FROM unnest($2::smallint[], $3::bigint[]) AS m (lane, number)
WHERE f.name = $1 AND f.lane = m.lane;

-- name: intents_again
-- What ended is done once more, with the same key, for whoever it goes to wants it again; what waits has all its time anew;
-- what is being sent is left alone.
UPDATE intent SET status = 'waiting', doubtful = doubtful AND status = 'waiting', error = NULL, next_at = $2,
    noted_at = $2, give_up_at = $3, again = again + 1, decided_by = $4, decided_why = $5, told = false, stuck = NULL
WHERE cause = ANY($1::text[]) AND status IN ('waiting', 'sent', 'failed', 'unknown');
