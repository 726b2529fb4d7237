-- name: load_estate
-- Estates by id, for the writer loop.
SELECT id, state FROM estate WHERE id = ANY($1::text[]);

-- name: save_estate
-- Estates as a batch decided them.
INSERT INTO estate (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_callback
-- Callbacks by id, for the writer loop.
SELECT id, state FROM callback WHERE id = ANY($1::text[]);

-- name: save_callback
-- Callbacks as a batch decided them.
INSERT INTO callback (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: load_closing_count
-- Closing counts by contract, for the writer loop.
SELECT id, state FROM closing_count WHERE id = ANY($1::text[]);

-- name: save_closing_count
-- Closing counts as a batch decided them.
INSERT INTO closing_count (id, lane, state)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: list_callbacks
-- A page of the callbacks that an organisation path may see: by status, estate (a stretch of ids), and to be made before.
SELECT id, state::text AS state
FROM callback
WHERE id > $1::text
  AND id < $2::text
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR (open AND call_by < $4))
  AND ($5::text = 'group' OR split_part(id, '.', 1) IN (SELECT id FROM estate WHERE starts_with(org || '/', $5 || '/')))
ORDER BY id
LIMIT $6;

-- name: list_open_callbacks
-- The same page of open callbacks only, from their own small index; also by when they may be made from: a caller's list.
SELECT id, state::text AS state
FROM callback
WHERE open
  AND id > $1::text
  AND id < $2::text
  AND ($3::text IS NULL OR status = $3)
  AND ($4::text IS NULL OR call_by < $4)
  AND ($7::text IS NULL OR state ->> 'call_from' <= $7)
  AND ($5::text = 'group' OR split_part(id, '.', 1) IN (SELECT id FROM estate WHERE starts_with(org || '/', $5 || '/')))
ORDER BY id
LIMIT $6;

-- name: find_callback
-- One callback, with its estate's organisation path.
SELECT callback.state::text AS state, estate.org
FROM callback
LEFT JOIN estate ON estate.id = split_part(callback.id, '.', 1)
WHERE callback.id = $1;

-- name: figures
-- The counts of all that an organisation path may see, by name: as many rows as there are estates and names.
SELECT t.name, sum(t.counted)::bigint AS counted FROM tally t
WHERE $1::text = 'group' OR t.part IN (SELECT id FROM estate WHERE starts_with(org || '/', $1 || '/'))
GROUP BY t.name;

-- name: place_of_case
-- A case's estate, and its region: the one in which its first callback began, wherever the estate is now.
SELECT coalesce(nullif(c.state ->> 'region_id', ''), e.state ->> 'region_id') AS region_id, e.id AS estate_id
FROM estate e LEFT JOIN callback c ON c.id = e.id || '.b1-' || split_part($1, '.', 2) WHERE e.id = split_part($1, '.', 1);
