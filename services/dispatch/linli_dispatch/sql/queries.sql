-- Named queries of dispatch: the writer loop loads and saves states, people read pages.
-- A reader sees the estates below their own organisation path, a contractor only its own orders.

-- name: load_estate
-- Estates with their rosters and contractors, for the writer loop.
SELECT id, state FROM estate WHERE id = ANY($1::text[]);

-- name: save_estate
-- Estates as a batch decided them.
INSERT INTO estate (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_home
-- Homes, for the writer loop.
SELECT id, state FROM home WHERE id = ANY($1::text[]);

-- name: save_home
-- Homes as a batch decided them.
INSERT INTO home (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_workload
-- Who has how much in hand, for the writer loop.
SELECT id, state FROM workload WHERE id = ANY($1::text[]);

-- name: save_workload
-- Who has how much in hand, as a batch decided it.
INSERT INTO workload (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_phase_records
-- What estates remember of their phases, for the writer loop.
SELECT id, state FROM phase_records WHERE id = ANY($1::text[]);

-- name: save_phase_records
-- What estates remember of their phases, as a batch decided it.
INSERT INTO phase_records (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_ticket
-- Tickets, for the writer loop.
SELECT id, state FROM ticket WHERE id = ANY($1::text[]);

-- name: save_ticket
-- Tickets as a batch decided them, and their rows in the lists of what is open or closed; a closed one never opens again.
WITH given AS (
    SELECT t.id, t.lane, t.state, l.*
    FROM unnest($1::text[], $2::smallint[], $3::jsonb[]) AS t (id, lane, state), listed(t.state) AS l
), kept AS (
    INSERT INTO ticket (id, lane, state) SELECT id, lane, state FROM given ON CONFLICT (id) DO UPDATE SET state = excluded.state
), named AS (
    INSERT INTO title (key)
    SELECT DISTINCT g.title FROM given g WHERE NOT EXISTS (SELECT 1 FROM title t WHERE t.key = g.title) ORDER BY 1
    ON CONFLICT DO NOTHING
), no_longer_open AS (
    DELETE FROM open_ticket o USING given g WHERE g.closed AND o.estate_id = g.estate_id AND o.id = g.id
), closed AS (
    INSERT INTO closed_ticket (id, lane, estate_id, title, received_at, level, performer_id)
    SELECT id, lane, estate_id, title, received_at, level, performer_id FROM given WHERE closed
    ON CONFLICT (estate_id, received_at, id) DO UPDATE SET level = excluded.level, performer_id = excluded.performer_id
    WHERE (closed_ticket.level, closed_ticket.performer_id) IS DISTINCT FROM (excluded.level, excluded.performer_id)
)
INSERT INTO open_ticket AS o (id, lane, estate_id, title, received_at, level, status, owner_id, handler_id, performer_id, offices,
    overdue, due_at, by_office, notified)
SELECT id, lane, estate_id, title, received_at, level, status, owner_id, handler_id, performer_id, offices, overdue, due_at,
    by_office, notified
FROM given WHERE NOT closed
ON CONFLICT (estate_id, id) DO UPDATE SET title = excluded.title, level = excluded.level, status = excluded.status,
    owner_id = excluded.owner_id, handler_id = excluded.handler_id, performer_id = excluded.performer_id,
    offices = excluded.offices, overdue = excluded.overdue, due_at = excluded.due_at, by_office = excluded.by_office,
    notified = excluded.notified
WHERE (o.title, o.level, o.status, o.owner_id, o.handler_id, o.performer_id, o.offices, o.overdue, o.due_at, o.by_office, o.notified)
    IS DISTINCT FROM (
    excluded.title, excluded.level, excluded.status, excluded.owner_id, excluded.handler_id, excluded.performer_id, excluded.offices,
    excluded.overdue, excluded.due_at, excluded.by_office, excluded.notified);

-- name: load_handover
-- Handings over of people's work, for the writer loop.
SELECT id, state FROM handover WHERE id = ANY($1::text[]);

-- name: save_handover
-- Handings over of people's work, as a batch decided it.
INSERT INTO handover (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_filling
-- Whose coming is awaited at estates, for the writer loop.
SELECT id, state FROM filling WHERE id = ANY($1::text[]);

-- name: save_filling
-- The same as a batch decided it.
INSERT INTO filling (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_planned_change
-- Planned changes of the registry, for the writer loop.
SELECT id, state FROM planned_change WHERE id = ANY($1::text[]);

-- name: save_planned_change
-- Planned changes of the registry, as a batch decided them.
INSERT INTO planned_change (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_registry_import
-- Imports of the organisation, for the writer loop.
SELECT id, state FROM registry_import WHERE id = ANY($1::text[]);

-- name: save_registry_import
-- Imports of the organisation, as a batch decided them.
INSERT INTO registry_import (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_coming_estate
-- Estates that are to come, for the writer loop.
SELECT id, state FROM coming_estate WHERE id = ANY($1::text[]);

-- name: save_coming_estate
-- Estates that are to come, as a batch decided them.
INSERT INTO coming_estate (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_work_of
-- What people handle or own of an estate and is not closed, and what is held there by office or for want of somebody, behind a
-- ticket: `<estate>.<person>|<ticket>|…` is asked for. It lies in the estate's lane, which is held, so nothing that is
-- committed is missing.
SELECT asked.id, jsonb_build_object('id', asked.id, 'case_ids', coalesce((
    SELECT jsonb_agg(found.id ORDER BY found.id) FROM (
        (SELECT t.id FROM open_ticket t
        WHERE t.handler_id = asked.person
            AND t.id > asked.behind COLLATE "C" AND t.id < (asked.estate || '/') COLLATE "C"
        ORDER BY t.id LIMIT 100)
        UNION
        (SELECT t.id FROM open_ticket t
        WHERE t.owner_id = asked.person
            AND t.id > asked.behind COLLATE "C" AND t.id < (asked.estate || '/') COLLATE "C"
        ORDER BY t.id LIMIT 100)
        UNION
        (SELECT t.id FROM open_ticket t
        WHERE t.by_office AND t.estate_id = asked.estate AND t.id > asked.behind COLLATE "C"
        ORDER BY t.id LIMIT 100)
        ORDER BY 1 LIMIT 100
    ) AS found), '[]'::jsonb)) AS state
FROM (
    SELECT one.id, split_part(one.id, '.', 1) AS estate,
        split_part(split_part(one.id, '|', 1), '.', 2) AS person,
        greatest(split_part(one.id, '|', 2), split_part(one.id, '.', 1) || '.') AS behind
    FROM unnest($1::text[]) AS one (id)
) AS asked;

-- name: load_price_library
-- Price libraries of regions, for the writer loop.
SELECT id, state FROM price_library WHERE id = ANY($1::text[]);

-- name: save_price_library
-- Price libraries as a batch decided them.
INSERT INTO price_library (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_service_catalogue
-- Catalogues of estates, for the writer loop.
SELECT id, state FROM service_catalogue WHERE id = ANY($1::text[]);

-- name: save_service_catalogue
-- Catalogues as a batch decided them.
INSERT INTO service_catalogue (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_step_record
-- How often steps fail, for the writer loop.
SELECT id, state FROM step_record WHERE id = ANY($1::text[]);

-- name: save_step_record
-- How often steps fail, as a batch counted it.
INSERT INTO step_record (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_usual
-- What is usual at places, for the writer loop.
SELECT id, state FROM usual WHERE id = ANY($1::text[]);

-- name: save_usual
-- What is usual at places, as a batch decided them.
INSERT INTO usual (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_region
-- Regions with their stirring estates, for the writer loop.
SELECT id, state FROM region WHERE id = ANY($1::text[]);

-- name: save_region
-- Regions with their stirring estates, as a batch decided them.
INSERT INTO region (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_region_storm
-- What was said of a cause for a region, for the writer loop.
SELECT id, state FROM region_storm WHERE id = ANY($1::text[]);

-- name: save_region_storm
-- What was said of a cause for a region, as a batch decided it.
INSERT INTO region_storm (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_estates_of
-- The next estates of a region behind one of them: `<region>.<cause>|<estate>|…` is asked for. They lie in other lanes: one
-- that is being registered just then may be missing.
SELECT asked.id, jsonb_build_object('id', asked.id, 'estate_ids', coalesce((
    SELECT jsonb_agg(found.id ORDER BY found.id) FROM (
        SELECT e.id FROM estate e
        WHERE e.id > asked.behind COLLATE "C" AND starts_with(e.org, 'group/' || asked.region || '/')
        ORDER BY e.id LIMIT 10
    ) AS found), '[]'::jsonb)) AS state
FROM (
    SELECT one.id, split_part(one.id, '.', 1) AS region, split_part(one.id, '|', 2) AS behind
    FROM unnest($1::text[]) AS one (id)
) AS asked;

-- name: load_storm
-- Storms, for the writer loop.
SELECT id, state FROM storm WHERE id = ANY($1::text[]);

-- name: save_storm
-- Storms, as a batch decided them.
INSERT INTO storm (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_storm_order
-- Work orders of storms, for the writer loop.
SELECT id, state FROM storm_order WHERE id = ANY($1::text[]);

-- name: save_storm_order
-- Work orders of storms, as a batch decided them.
INSERT INTO storm_order (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: show_storm
-- One storm, if the reader may see its estate.
SELECT s.state::text AS state FROM storm s WHERE s.id = $1 AND ($2 = 'group' OR EXISTS (
    SELECT 1 FROM estate e WHERE e.id = split_part(s.id, '.', 1) AND starts_with(e.org, $2 || '/')));

-- name: show_storm_order
-- One work order of a storm, if the reader may see its estate.
SELECT o.state::text AS state FROM storm_order o WHERE o.id = $1 AND ($2 = 'group' OR EXISTS (
    SELECT 1 FROM estate e WHERE e.id = split_part(o.id, '.', 1) AND starts_with(e.org, $2 || '/')));

-- name: page_storms
-- A page of storms after a cursor, of one estate or all, that are on or all.
SELECT s.id, s.state::text AS state FROM storm s
WHERE s.id > greatest($1::text, coalesce($4::text || '.', '')) COLLATE "C"
    AND ($4::text IS NULL OR s.id < $4 || '/')
    AND (NOT $5::boolean OR NOT s.ended)
    AND ($3 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(s.id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY s.id LIMIT $2;

-- name: page_storm_orders
-- A page of the work orders of one storm after a cursor.
SELECT o.id, o.state::text AS state FROM storm_order o
WHERE o.storm_id = $4 AND o.id > $1::text COLLATE "C"
    AND ($3 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(o.id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY o.id LIMIT $2;

-- name: append_missed_deadline
-- The deadlines that a batch found missed.
INSERT INTO missed_deadline (id, lane, case_id, round, clock, due_at, missed_at)
SELECT id, lane, case_id, round, clock, due_at, missed_at
FROM jsonb_to_recordset($1::jsonb) AS missed (
    id text, lane smallint, case_id text, round integer, clock text, due_at timestamptz, missed_at timestamptz
);

-- name: show_ticket
-- One ticket, if the reader may see it.
SELECT t.state::text AS state FROM ticket t
WHERE t.id = $1
    AND ($3::text IS NULL
        OR coalesce(t.state -> 'order' ->> 'replacement_id', t.state -> 'order' ->> 'contractor_id') = $3)
    AND ($2 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(t.id, '.', 1) AND starts_with(e.org, $2 || '/')));

-- name: read_tickets
-- The tickets that a list found; of a contractor, those whose order it still has.
SELECT t.id, t.state::text AS state FROM ticket t
WHERE t.id = ANY($1::text[])
    AND ($2::text IS NULL
        OR coalesce(t.state -> 'order' ->> 'replacement_id', t.state -> 'order' ->> 'contractor_id') = $2);

-- name: estates_below
-- The estates below an organisation path: a range of the index ('0' follows '/').
SELECT e.id FROM estate e WHERE e.org >= $1::text || '/' COLLATE "C" AND e.org < $1 || '0' ORDER BY e.id;

-- name: titles
-- Every title there is, in one row.
SELECT coalesce(array_agg(t.key ORDER BY t.key), '{}') AS keys FROM title t;

-- name: open_by_receipt
-- The newest open tickets that fit, received before a place in the list.
SELECT o.id, o.received_at FROM open_ticket o
WHERE
    ($2::text[] IS NULL OR o.estate_id = ANY($2)) AND ($3::text[] IS NULL OR o.title = ANY($3))
    AND ($4::smallint IS NULL OR o.level = $4)
    AND ($5::timestamptz IS NULL OR o.received_at >= $5) AND ($6::timestamptz IS NULL OR o.received_at < $6)
    AND ($7::text IS NULL OR o.performer_id = $7) AND ($8::text IS NULL OR o.owner_id = $8)
    AND ($9::text IS NULL OR o.handler_id = $9) AND ($10::text IS NULL OR o.status = $10)
    AND ($11::boolean IS NULL OR o.overdue = $11) AND ($12::timestamptz IS NULL OR o.due_at < $12)
    AND (o.received_at, o.id) < ($13::timestamptz, $14::text)
ORDER BY o.received_at DESC, o.id DESC LIMIT $1;

-- name: open_by_due
-- The open tickets that fit, behind a place in the list: what is overdue, then what is due first.
SELECT o.id, o.overdue, o.due_at FROM open_ticket o
WHERE
    ($2::text[] IS NULL OR o.estate_id = ANY($2)) AND ($3::text[] IS NULL OR o.title = ANY($3))
    AND ($4::smallint IS NULL OR o.level = $4)
    AND ($5::timestamptz IS NULL OR o.received_at >= $5) AND ($6::timestamptz IS NULL OR o.received_at < $6)
    AND ($7::text IS NULL OR o.performer_id = $7) AND ($8::text IS NULL OR o.owner_id = $8)
    AND ($9::text IS NULL OR o.handler_id = $9) AND ($10::text IS NULL OR o.status = $10)
    AND ($11::boolean IS NULL OR o.overdue = $11) AND ($12::timestamptz IS NULL OR o.due_at < $12)
    AND (NOT o.overdue, o.due_at, o.id) > (NOT $13::boolean, $14::timestamptz, $15::text)
ORDER BY NOT o.overdue, o.due_at, o.id LIMIT $1;

-- name: count_open
-- How many open tickets fit, up to a bound.
SELECT count(*) AS counted FROM (
    SELECT 1 FROM open_ticket o
    WHERE
        ($2::text[] IS NULL OR o.estate_id = ANY($2)) AND ($3::text[] IS NULL OR o.title = ANY($3))
        AND ($4::smallint IS NULL OR o.level = $4)
        AND ($5::timestamptz IS NULL OR o.received_at >= $5) AND ($6::timestamptz IS NULL OR o.received_at < $6)
        AND ($7::text IS NULL OR o.performer_id = $7) AND ($8::text IS NULL OR o.owner_id = $8)
        AND ($9::text IS NULL OR o.handler_id = $9) AND ($10::text IS NULL OR o.status = $10)
        AND ($11::boolean IS NULL OR o.overdue = $11) AND ($12::timestamptz IS NULL OR o.due_at < $12)
    LIMIT $1
) AS found;

-- name: closed_of_estates
-- The newest closed tickets of some estates, received before a place in the list. A few of each estate first ($8): the list
-- reaches back at most as far as what they fill it with, and only an estate that has more of that time is read further.
WITH first AS MATERIALIZED (
    SELECT p.estate_id, c.id, c.received_at FROM unnest($2::text[]) AS p (estate_id) CROSS JOIN LATERAL (
        SELECT c.id, c.received_at FROM closed_ticket c
        WHERE c.estate_id = p.estate_id AND ($3::text[] IS NULL OR c.title = ANY($3)) AND c.level = ANY($4::smallint[])
            AND c.received_at >= $5::timestamptz AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
        ORDER BY c.received_at DESC, c.id DESC LIMIT $8
    ) AS c
), reach AS (
    SELECT coalesce((SELECT f.received_at FROM first f ORDER BY f.received_at DESC OFFSET $1 - 1 LIMIT 1), $5) AS back_to
), unread AS (
    SELECT estate_id, min(f.received_at) AS last FROM first f GROUP BY estate_id HAVING count(*) = $8
)
SELECT f.id, f.received_at FROM first f
UNION
SELECT c.id, c.received_at FROM reach r JOIN unread p ON p.last >= r.back_to CROSS JOIN LATERAL (
    SELECT c.id, c.received_at FROM closed_ticket c
    WHERE c.estate_id = p.estate_id AND ($3::text[] IS NULL OR c.title = ANY($3)) AND c.level = ANY($4::smallint[])
        AND c.received_at BETWEEN r.back_to AND p.last AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
    ORDER BY c.received_at DESC, c.id DESC LIMIT $1
) AS c
ORDER BY received_at DESC, id DESC LIMIT $1;

-- name: closed_of_titles
-- The newest closed tickets of some titles and levels, of all estates or some: read as those of estates are.
WITH first AS MATERIALIZED (
    SELECT t.title, l.level, c.id, c.received_at
    FROM unnest($3::text[]) AS t (title) CROSS JOIN unnest($4::smallint[]) AS l (level) CROSS JOIN LATERAL (
        SELECT c.id, c.received_at FROM closed_ticket c
        WHERE c.title = t.title AND c.level = l.level AND ($2::text[] IS NULL OR c.estate_id = ANY($2))
            AND c.received_at >= $5::timestamptz AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
        ORDER BY c.received_at DESC, c.id DESC LIMIT $8
    ) AS c
), reach AS (
    SELECT coalesce((SELECT f.received_at FROM first f ORDER BY f.received_at DESC OFFSET $1 - 1 LIMIT 1), $5) AS back_to
), unread AS (
    SELECT title, level, min(f.received_at) AS last FROM first f GROUP BY title, level HAVING count(*) = $8
)
SELECT f.id, f.received_at FROM first f
UNION
SELECT c.id, c.received_at FROM reach r JOIN unread p ON p.last >= r.back_to CROSS JOIN LATERAL (
    SELECT c.id, c.received_at FROM closed_ticket c
    WHERE c.title = p.title AND c.level = p.level AND ($2::text[] IS NULL OR c.estate_id = ANY($2))
        AND c.received_at BETWEEN r.back_to AND p.last AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
    ORDER BY c.received_at DESC, c.id DESC LIMIT $1
) AS c
ORDER BY received_at DESC, id DESC LIMIT $1;

-- name: closed_of_levels
-- The newest closed tickets of some levels, of all estates and titles or some: so many of each, then of all.
SELECT c.id, c.received_at FROM unnest($4::smallint[]) AS l (level) CROSS JOIN LATERAL (
    SELECT c.id, c.received_at FROM closed_ticket c
    WHERE c.level = l.level AND ($2::text[] IS NULL OR c.estate_id = ANY($2)) AND ($3::text[] IS NULL OR c.title = ANY($3))
        AND c.received_at >= $5::timestamptz AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
    ORDER BY c.received_at DESC, c.id DESC LIMIT $1
) AS c
ORDER BY c.received_at DESC, c.id DESC LIMIT $1;

-- name: closed_of_performer
-- The newest closed tickets whose order a contractor had last.
SELECT c.id, c.received_at FROM closed_ticket c
WHERE c.performer_id = $8 AND ($2::text[] IS NULL OR c.estate_id = ANY($2)) AND ($3::text[] IS NULL OR c.title = ANY($3))
    AND c.level = ANY($4::smallint[]) AND c.received_at >= $5::timestamptz
    AND (c.received_at, c.id) < ($6::timestamptz, $7::text)
ORDER BY c.received_at DESC, c.id DESC LIMIT $1;

-- name: count_closed_of_estates
-- How many closed tickets of some estates fit, up to a bound.
SELECT count(*) AS counted FROM (
    SELECT 1 FROM unnest($2::text[]) AS e (id) JOIN closed_ticket c ON c.estate_id = e.id
    WHERE ($3::text[] IS NULL OR c.title = ANY($3)) AND c.level = ANY($4::smallint[])
        AND c.received_at >= $5::timestamptz AND c.received_at < $6::timestamptz
    LIMIT $1
) AS found;

-- name: count_closed_of_titles
-- How many closed tickets of some titles and levels fit, up to a bound.
SELECT count(*) AS counted FROM (
    SELECT 1 FROM unnest($3::text[]) AS t (key) CROSS JOIN unnest($4::smallint[]) AS l (level)
    JOIN closed_ticket c ON c.title = t.key AND c.level = l.level
    WHERE ($2::text[] IS NULL OR c.estate_id = ANY($2)) AND c.received_at >= $5::timestamptz AND c.received_at < $6::timestamptz
    LIMIT $1
) AS found;

-- name: count_closed_of_levels
-- How many closed tickets of some levels fit, up to a bound.
SELECT count(*) AS counted FROM (
    SELECT 1 FROM unnest($4::smallint[]) AS l (level) JOIN closed_ticket c ON c.level = l.level
    WHERE ($2::text[] IS NULL OR c.estate_id = ANY($2)) AND ($3::text[] IS NULL OR c.title = ANY($3))
        AND c.received_at >= $5::timestamptz AND c.received_at < $6::timestamptz
    LIMIT $1
) AS found;

-- name: count_closed_of_performer
-- How many closed tickets whose order a contractor had last fit, up to a bound.
SELECT count(*) AS counted FROM (
    SELECT 1 FROM closed_ticket c
    WHERE c.performer_id = $7 AND ($2::text[] IS NULL OR c.estate_id = ANY($2)) AND ($3::text[] IS NULL OR c.title = ANY($3))
        AND c.level = ANY($4::smallint[]) AND c.received_at >= $5::timestamptz AND c.received_at < $6::timestamptz
    LIMIT $1
) AS found;

-- name: open_of_office
-- The work list of an office: open tickets with an application that it has to decide about, by id after a cursor.
SELECT o.id FROM open_ticket o
WHERE o.offices IS NOT NULL AND o.offices ? $3 AND ($2::text[] IS NULL OR o.estate_id = ANY($2)) AND o.id > $4::text
ORDER BY o.id LIMIT $1;

-- name: open_of_notified
-- What a person was told of and nobody has read yet: open tickets, by id after a cursor.
SELECT o.id FROM open_ticket o
WHERE o.notified IS NOT NULL AND o.notified ? $3 AND ($2::text[] IS NULL OR o.estate_id = ANY($2)) AND o.id > $4::text
ORDER BY o.id LIMIT $1;

-- name: show_price_library
-- The price library of one region.
SELECT p.state::text AS state FROM price_library p WHERE p.id = $1;

-- name: show_service_catalogue
-- The catalogue of an estate, if the reader may see it.
SELECT c.state::text AS state FROM service_catalogue c JOIN estate e ON e.id = c.id
WHERE c.id = $1 AND ($2 = 'group' OR starts_with(e.org, $2 || '/'));

-- name: show_step_record
-- The counters of an estate's steps, if the reader may see it.
SELECT r.state::text AS state FROM step_record r JOIN estate e ON e.id = r.id
WHERE r.id = $1 AND ($2 = 'group' OR starts_with(e.org, $2 || '/'));

-- name: show_estate
-- One estate with its roster, contractors and counters, if the reader may see it.
SELECT e.state::text AS state, w.state::text AS workload,
    (SELECT count(*) FROM home h WHERE h.id > e.id || '.' AND h.id < e.id || '/') AS homes
FROM estate e LEFT JOIN workload w ON w.id = e.id
WHERE e.id = $1 AND ($2 = 'group' OR starts_with(e.org, $2 || '/'));

-- name: page_homes
-- A page of an estate's homes after a cursor, if the reader may see it ('/' follows '.').
SELECT h.id, h.state::text AS state FROM home h
WHERE h.id > greatest($1::text, $3::text || '.') COLLATE "C" AND h.id < $3 || '/'
    AND EXISTS (SELECT 1 FROM estate e WHERE e.id = $3 AND ($4 = 'group' OR starts_with(e.org, $4 || '/')))
ORDER BY h.id LIMIT $2;

-- name: page_planned_changes
-- The changes that were planned for some places, of one status or all, after a cursor, as far as the reader may see ('/'
-- follows '.').
SELECT c.id, c.state, c.import_status FROM (SELECT DISTINCT unnest($3::text[]) AS id) AS asked CROSS JOIN LATERAL (
    SELECT p.id, p.state::text AS state, i.status AS import_status
    FROM planned_change p LEFT JOIN registry_import i ON i.id = p.import_id
    WHERE p.id > greatest($1::text, asked.id || '.') COLLATE "C" AND p.id < asked.id || '/'
        AND ($5::text IS NULL OR p.status = $5) AND concerns(p.id, p.state ->> 'command', $4)
    ORDER BY p.id LIMIT $2) AS c
ORDER BY c.id LIMIT $2;

-- name: show_planned_change
-- One change, if the reader may see it.
SELECT c.state::text AS state, i.status AS import_status FROM planned_change c LEFT JOIN registry_import i ON i.id = c.import_id
WHERE c.id = $1 AND concerns(c.id, c.state ->> 'command', $2);

-- name: page_set_aside
-- A page of the changes that are set aside, after a cursor, as far as the reader may see.
SELECT c.id, c.state::text AS state, i.status AS import_status
FROM planned_change c LEFT JOIN registry_import i ON i.id = c.import_id
WHERE c.state ->> 'status' = 'set_aside' AND c.id > $1 COLLATE "C" AND concerns(c.id, c.state ->> 'command', $3)
ORDER BY c.id LIMIT $2;

-- name: page_imports
-- A page of the imports, after a cursor, of one status and one instant or all, as far as the reader may see.
SELECT i.id, i.state::text AS state FROM registry_import i
WHERE i.id > $1 COLLATE "C" AND ($3 = 'group' OR starts_with(i.org || '/', $3 || '/'))
    AND ($4::text IS NULL OR i.status = $4) AND ($5::timestamptz IS NULL OR (i.state ->> 'from_at')::timestamptz = $5)
ORDER BY i.id LIMIT $2;

-- name: show_import
-- One import with how many of its changes stand how, if the reader may see it.
SELECT i.state::text AS state, (
    SELECT coalesce(jsonb_object_agg(c.status, c.many), '{}')::text FROM (
        SELECT status, count(*) AS many FROM planned_change WHERE import_id = i.id GROUP BY status) AS c) AS changes
FROM registry_import i WHERE i.id = $1 AND ($2 = 'group' OR starts_with(i.org || '/', $2 || '/'));

-- name: registered_estates
-- Estates with their catalogues of services, those that the reader may see.
SELECT e.id, e.state::text AS state, c.state::text AS catalogue
FROM (SELECT DISTINCT unnest($1::text[]) AS id) AS asked JOIN estate e ON e.id = asked.id LEFT JOIN service_catalogue c ON c.id = e.id
WHERE $2 = 'group' OR starts_with(e.org, $2 || '/')
ORDER BY e.id;

-- name: registered_homes
-- The homes of several estates by id, those that the reader may see, after a cursor ('/' follows '.').
SELECT h.id, h.state::text AS state
FROM (SELECT DISTINCT unnest($3::text[]) AS id) AS asked JOIN estate e ON e.id = asked.id CROSS JOIN LATERAL (
    SELECT home.id, home.state FROM home
    WHERE home.id > greatest($1::text, e.id || '.') COLLATE "C" AND home.id < (e.id || '/') COLLATE "C"
    ORDER BY home.id LIMIT $2
) h
WHERE $4 = 'group' OR starts_with(e.org, $4 || '/')
ORDER BY h.id LIMIT $2;

-- name: page_estates
-- A page of estates after a cursor.
SELECT e.state::text AS state FROM estate e
WHERE e.id > $1 AND ($3 = 'group' OR starts_with(e.org, $3 || '/'))
ORDER BY e.id LIMIT $2;

-- name: page_missed_deadlines
-- A page of the deadlines of one clock that were missed.
SELECT m.id, m.case_id, m.round, m.clock, m.due_at, m.missed_at FROM missed_deadline m
WHERE m.clock = $4 AND m.id > greatest($1::text, coalesce($5::text || '.', '')) COLLATE "C"
    AND ($5::text IS NULL OR m.id < $5 || '/')
    AND ($3 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(m.case_id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY m.id LIMIT $2;

-- name: figures
-- The counts of one estate, or of all that the reader may see, by name: as many rows as there are estates and names.
SELECT t.name, sum(t.counted)::bigint AS counted FROM tally t
WHERE ($1::text IS NULL OR t.part = $1)
    AND ($2 = 'group' OR EXISTS (SELECT 1 FROM estate e WHERE e.id = t.part AND starts_with(e.org, $2 || '/')))
GROUP BY t.name HAVING sum(t.counted) <> 0;

-- name: load_webhook
-- Webhooks of partners, for the writer loop and for whoever delivers.
SELECT id, state FROM webhook WHERE id = ANY($1::text[]);

-- name: save_webhook
-- Webhooks as a batch decided them.
INSERT INTO webhook (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: active_webhooks_of
-- All webhooks of these contractors and people that want to be told; which of them a fact is for, the webhook says.
SELECT contractor_id AS owner, id, state FROM webhook WHERE active AND contractor_id = ANY($1::text[]) ORDER BY id;

-- name: load_subscriptions
-- Which webhooks contractors have.
SELECT id, state FROM subscriptions WHERE id = ANY($1::text[]);

-- name: save_subscriptions
-- The same as a batch decided them.
INSERT INTO subscriptions (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: keep_partner_facts
-- Facts about contractors' orders, for them to ask for; and what people of the staff are told, for a replay.
INSERT INTO partner_fact (contractor_id, fact_id, type, at, body, estate_id)
SELECT t.*, t.body ->> 'estate_id' FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[])
    AS t (contractor_id, fact_id, type, at, body)
ON CONFLICT (fact_id) DO NOTHING;

-- name: page_partner_facts
-- What a contractor has been told of its orders behind a place, of these types, in these estates (none: all).
SELECT place, fact_id::text AS id, type, at, body FROM partner_fact
WHERE contractor_id = $1 AND place > $2 AND type = ANY($3::text[])
    AND (cardinality($4::text[]) = 0 OR estate_id = ANY($4::text[])) ORDER BY place LIMIT $5;

-- name: place_since
-- The place before the first fact of a contractor that happened at an instant or after it.
SELECT COALESCE((SELECT min(place) - 1 FROM partner_fact WHERE contractor_id = $1 AND at >= $2),
    (SELECT max(place) FROM partner_fact WHERE contractor_id = $1), 0) AS place;

-- name: replays_under_way
-- Webhooks whose partner wants to be told again, and how far that is.
SELECT w.id, w.state, w.replays, r.place FROM webhook w
LEFT JOIN webhook_replay r ON r.webhook_id = w.id AND r.replay = w.replays
WHERE w.active AND w.replays > 0 AND r.done IS DISTINCT FROM true ORDER BY w.id LIMIT $1;

-- name: note_replay
-- A replay has come so far.
INSERT INTO webhook_replay (webhook_id, replay, place, done) VALUES ($1, $2, $3, $4)
ON CONFLICT (webhook_id) DO UPDATE SET replay = excluded.replay, place = excluded.place, done = excluded.done;

-- name: show_webhook
-- One webhook.
SELECT w.state::text AS state FROM webhook w WHERE w.id = $1;

-- name: webhooks_of
-- What one partner, or one person of the staff, has registered.
SELECT id, state FROM webhook WHERE starts_with(id, $1 || '.') AND COALESCE(state ->> 'whose', 'contractor') = $2
ORDER BY id LIMIT 100;

-- name: place_of_case
-- A case's estate, and its region: the one in which it began, wherever the estate is now.
SELECT coalesce(nullif(t.state ->> 'region_id', ''), e.state ->> 'region_id') AS region_id, e.id AS estate_id
FROM estate e LEFT JOIN ticket t ON t.id = $1 WHERE e.id = split_part($1, '.', 1);
