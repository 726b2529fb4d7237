-- Named queries of intake: the writer loop loads and saves states, people read pages.
-- A reader sees the estates below their own organisation path; 'group' sees all, also what names no known estate.

-- name: load_request
-- Load requests by id.
SELECT id, state FROM request WHERE id = ANY($1::text[]);

-- name: save_request
-- Save requests: new ones and changed ones.
INSERT INTO request (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_request_text
-- Load the words of requests by id.
SELECT id, state FROM request_text WHERE id = ANY($1::text[]);

-- name: save_request_text
-- Save the words of requests: new ones and changed ones.
INSERT INTO request_text (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_channel_choice
-- How customers want to be told.
SELECT id, state FROM channel_choice WHERE id = ANY($1::text[]);

-- name: save_channel_choice
-- The same as a batch decided it.
INSERT INTO channel_choice (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = excluded.state;

-- name: planned_contacts
-- How many planned messages a customer got after an instant, or is being sent before this one.
SELECT count(*) AS contacts FROM intent WHERE recipient = $1 AND payload ? 'at_most' AND cause <> $2 AND noted_at > $3
    AND (status IN ('sent', 'unknown') OR (status = 'sending' AND (made_at, cause) < ($4::timestamptz, $2)));

-- name: load_customer
-- Load customers by id.
SELECT id, state FROM customer WHERE id = ANY($1::text[]);

-- name: save_customer
-- Save customers: new ones and changed ones.
INSERT INTO customer (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_contact
-- Load whose these contacts are by id.
SELECT id, state FROM contact WHERE id = ANY($1::text[]);

-- name: save_contact
-- Save whose these contacts are: new ones and changed ones.
INSERT INTO contact (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_complaint_group
-- Load groups of linked requests by id.
SELECT id, state FROM complaint_group WHERE id = ANY($1::text[]);

-- name: save_complaint_group
-- Save groups of linked requests: new ones and changed ones.
INSERT INTO complaint_group (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_quarantined
-- Load refused forms by id.
SELECT id, state FROM quarantined WHERE id = ANY($1::text[]);

-- name: save_quarantined
-- Save refused forms: new ones and changed ones.
INSERT INTO quarantined (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_estate
-- Load estates by id.
SELECT id, state FROM estate WHERE id = ANY($1::text[]);

-- name: save_estate
-- Save estates: new ones and changed ones.
INSERT INTO estate (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_homes
-- Load shelves of homes by id.
SELECT id, state FROM homes WHERE id = ANY($1::text[]);

-- name: save_homes
-- Save shelves of homes: new ones and changed ones.
INSERT INTO homes (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;

-- name: show_request
-- One request with its group, if the reader may see it.
SELECT r.id, r.state::text AS state, g.state::text AS linked
FROM request r LEFT JOIN complaint_group g ON g.id = r.state ->> 'group_id'
WHERE r.id = $1
    AND ($2 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(r.id, '.', 1) AND starts_with(e.org, $2 || '/')));

-- name: show_words
-- What was said and by whom, for those who may know it.
SELECT t.state::text AS words, c.state::text AS customer
FROM request r JOIN request_text t ON t.id = r.id LEFT JOIN customer c ON c.id = r.state ->> 'customer_ref'
WHERE r.id = $1;

-- name: page_requests
-- A page of requests after a cursor; an estate's ids are one range of the primary key ('/' follows '.').
SELECT r.id, r.state::text AS state FROM request r
WHERE r.id > greatest($1::text, coalesce($4::text || '.', ''))
    AND ($4::text IS NULL OR r.id < $4 || '/')
    AND ($5::text IS NULL OR r.kind = $5)
    AND ($6::text IS NULL OR r.status = $6)
    AND ($3 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(r.id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY r.id LIMIT $2;

-- name: page_requests_of_level
-- The same for one level, by its own index.
SELECT r.id, r.state::text AS state FROM request r
WHERE r.level = $7::smallint
    AND r.id > greatest($1::text, coalesce($4::text || '.', ''))
    AND ($4::text IS NULL OR r.id < $4 || '/')
    AND ($5::text IS NULL OR r.kind = $5)
    AND ($6::text IS NULL OR r.status = $6)
    AND ($3 = 'group' OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(r.id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY r.id LIMIT $2;

-- name: page_quarantine
-- A page of refused forms after a cursor, those still open or those done with.
SELECT q.id, q.state::text AS state FROM quarantined q
WHERE q.id > $1 AND q.status = $4
    AND ($3 = 'group' OR starts_with(q.sent_from, $3 || '/') OR EXISTS (
        SELECT 1 FROM estate e WHERE e.id = split_part(q.id, '.', 1) AND starts_with(e.org, $3 || '/')))
ORDER BY q.id LIMIT $2;

-- name: figures
-- The counts of one estate, or of all that the reader may see, by name: as many rows as there are estates and names.
-- What names no known estate counts in the part of the organisation it came from.
SELECT t.name, sum(t.counted)::bigint AS counted FROM tally t
WHERE ($1::text IS NULL OR t.part = $1)
    AND ($2 = 'group' OR starts_with(t.part, $2 || '/')
        OR EXISTS (SELECT 1 FROM estate e WHERE e.id = t.part AND starts_with(e.org, $2 || '/')))
GROUP BY t.name HAVING sum(t.counted) <> 0;

-- name: show_standing
-- What the customer's own status page needs (INT-15).
SELECT status, state ->> 'kind' AS kind, state ->> 'received_at' AS received_at, state ->> 'standing_since' AS standing_since
FROM request WHERE id = $1;

-- name: place_of_case
-- A case's estate, and its region: the one in which it began, wherever the estate is now.
SELECT coalesce(nullif(r.state ->> 'region_id', ''), e.state ->> 'region_id') AS region_id, e.id AS estate_id
FROM estate e LEFT JOIN request r ON r.id = $1 WHERE e.id = split_part($1, '.', 1);
