-- name: tickets
-- As many closed tickets as asked for, like one of the last that were played, under ids of their own.
INSERT INTO dispatch.ticket (id, lane, state)
SELECT old.id, old.lane, jsonb_set(known.state, '{id}', to_jsonb(old.id))
FROM (
    SELECT key || '.c0' || lpad(to_hex(nth), 12, '0') AS id, lane
    FROM unnest($1::text[], $2::smallint[]) AS estate (key, lane), generate_series(1, $3::int) AS nth
) AS old, (SELECT state FROM dispatch.ticket WHERE closed LIMIT 1) AS known;

-- name: lists
-- Shown in the lists of what is closed.
INSERT INTO dispatch.closed_ticket (id, lane, estate_id, title, received_at, level, performer_id)
SELECT old.id, old.lane, split_part(old.id, '.', 1), l.title, l.received_at, l.level, l.performer_id
FROM dispatch.ticket AS old, dispatch.listed(old.state) AS l WHERE old.id LIKE '%.c0____________';

-- name: timers
-- One for each of them, years ahead.
INSERT INTO dispatch.timer (state_table, id, lane, due_at)
SELECT 'ticket', id, lane, '2040-01-01'::timestamptz + interval '1 second' * (random() * 1e8)
FROM dispatch.ticket WHERE id LIKE '%.c0____________';

-- name: facts
-- One for each of them, told long ago: numbered on from the heads.
INSERT INTO dispatch.outbox (lane, number, id, type, version, at, key, subject, case_id, cause, traceparent, body)
SELECT old.lane, lane.head + row_number() OVER (PARTITION BY old.lane), gen_random_uuid(), known.type, known.version,
    known.at, split_part(old.id, '.', 1), old.id, old.id, known.cause, known.traceparent, known.body
FROM dispatch.ticket AS old JOIN dispatch.lane USING (lane),
    (SELECT * FROM dispatch.outbox WHERE type = 'TicketClosed' LIMIT 1) AS known
WHERE old.id LIKE '%.c0____________';

-- name: heads
-- The heads behind them, published.
UPDATE dispatch.lane SET head = told.head
FROM (SELECT lane, max(number) AS head FROM dispatch.outbox GROUP BY lane) AS told WHERE told.lane = lane.lane;

-- name: published
UPDATE dispatch.published SET number = lane.head FROM dispatch.lane WHERE lane.lane = published.lane;

-- name: figures
-- Counted with the others (`GET /figures`).
INSERT INTO dispatch.tally (part, name, lane, counted) SELECT part, name, lane, counted FROM dispatch.counted_anew
ON CONFLICT (part, name, lane) DO UPDATE SET counted = excluded.counted;
