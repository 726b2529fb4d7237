-- name: estates
-- $1 estates like one that is registered, a hundred to a region.
INSERT INTO dispatch.estate (id, lane, state)
SELECT e.id, e.lane, known.state || jsonb_build_object('id', e.id, 'region_id', 'region' || (e.nth - 1) / 100, 'name', e.id)
FROM unnest($1::text[], $2::smallint[]) WITH ORDINALITY AS e (id, lane, nth), (SELECT state FROM dispatch.estate LIMIT 1) AS known;

-- name: tickets
-- Tickets $3 to $4 of $5, the oldest first, over three years; of those of the last 33 days nine in ten are not closed yet: three
-- in a hundred of all. Like one that was played, with other ids, people, levels and codes; few sub-categories are common.
INSERT INTO dispatch.ticket (id, lane, state)
SELECT t.id, t.lane, CASE WHEN t.open THEN opened.state ELSE closed.state END || jsonb_build_object(
    'id', t.id, 'estate_id', t.estate_id, 'received_at', t.received_at, 'level', t.level, 'graded_level', t.level,
    'kind', t.kind, 'category', t.code[2], 'subcategory', t.code[1], 'trade', CASE WHEN t.kind = 'repair' THEN nullif(t.code[3], '') END,
    'place', t.place, 'owner_id', t.estate_id || '-s' || t.person, 'handler_id', t.estate_id || '-s' || t.other_person,
    'overdue', CASE WHEN t.open AND t.late THEN '["completion"]'::jsonb ELSE '[]' END,
    'clocks', CASE WHEN t.open THEN jsonb_build_array(
        (opened.state -> 'clocks' -> 0) || jsonb_build_object('due_at', t.received_at + interval '1 hour' * (t.chance * 400)))
        ELSE '[]' END)
FROM (
    SELECT e.id AS estate_id, e.lane, e.id || '.c' || lpad(to_hex(n), 12, '0') AS id, r.chance,
        '2026-03-01T02:00:00Z'::timestamptz - interval '1096 days' * (1 - n::float / $5) AS received_at,
        n > $5 * 0.97 AND r.chance < 0.999 AS open, r.late < 0.1 AS late,
        (ARRAY[4, 4, 4, 4, 4, 4, 4, 4, 3, 3])[1 + trunc(r.level * 10)::int] - CASE WHEN r.level > 0.985 THEN 2 WHEN r.level > 0.96
            THEN 1 ELSE 0 END AS level,
        (ARRAY['repair', 'repair', 'repair', 'repair', 'repair', 'complaint', 'complaint', 'consultation', 'suggestion',
            'praise'])[1 + trunc(r.kind * 10)::int] AS kind,
        CASE WHEN r.place < 0.4 THEN (ARRAY['kitchen', 'bathroom', 'living_room', 'bedroom', 'balcony', 'roof', 'facade', 'corridor',
            'lobby', 'garage', 'garden'])[1 + trunc(r.place * 27.4)::int] END AS place,
        string_to_array(($6::text[])[1 + trunc(r.code * r.code * array_length($6::text[], 1))::int], '/') AS code,
        trunc(r.person * 50)::int AS person, trunc(r.other * 50)::int AS other_person
    FROM generate_series($3::bigint, $4::bigint) AS n
    CROSS JOIN LATERAL (
        SELECT random() AS chance, random() AS late, random() AS level, random() AS kind, random() AS place, random() AS code,
            random() AS person, random() AS other, random() AS estate, n AS number
    ) AS r
    CROSS JOIN LATERAL (
        SELECT ($1::text[])[1 + trunc(r.estate * array_length($1::text[], 1))::int] AS id,
            ($2::smallint[])[1 + trunc(r.estate * array_length($2::smallint[], 1))::int] AS lane
    ) AS e
) AS t,
    (SELECT state FROM dispatch.ticket WHERE closed ORDER BY id LIMIT 1) AS closed,
    (SELECT state FROM dispatch.ticket WHERE status = 'open' ORDER BY id LIMIT 1) AS opened;

-- name: open
-- The lists of what is open, and
INSERT INTO dispatch.open_ticket
SELECT t.id, t.lane, l.estate_id, l.title, l.received_at, l.level, l.status, l.owner_id, l.handler_id, l.performer_id, l.offices,
    l.overdue, l.due_at, l.by_office, l.notified
FROM dispatch.ticket t, dispatch.listed(t.state) AS l WHERE NOT t.closed ON CONFLICT DO NOTHING;

-- name: closed
-- of what is closed, in the order in which it was.
INSERT INTO dispatch.closed_ticket
SELECT t.id, t.lane, l.estate_id, l.title, l.received_at, l.level, l.performer_id
FROM dispatch.ticket t, dispatch.listed(t.state) AS l WHERE t.closed ORDER BY l.received_at ON CONFLICT DO NOTHING;

-- name: titles
INSERT INTO dispatch.title SELECT title FROM dispatch.open_ticket UNION SELECT title FROM dispatch.closed_ticket ON CONFLICT DO NOTHING;

-- name: figures
-- What `GET /figures` tells of them.
INSERT INTO dispatch.tally (part, name, lane, counted)
SELECT estate_id, what, lane, count(*) FROM (
    SELECT estate_id, lane, unnest(ARRAY['status.' || status, 'level.' || level, CASE WHEN overdue THEN 'overdue' END]) AS what
    FROM dispatch.open_ticket
    UNION ALL SELECT estate_id, lane, unnest(ARRAY['status.closed', 'level.' || level, 'closed_how.satisfied'])
    FROM dispatch.closed_ticket
) AS one WHERE what IS NOT NULL GROUP BY estate_id, what, lane
ON CONFLICT (part, name, lane) DO UPDATE SET counted = excluded.counted;
