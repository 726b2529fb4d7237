-- name: load_bell
-- Bells by id, for the writer loop.
SELECT id, state FROM bell WHERE id = ANY($1::text[]);

-- name: save_bell
-- Bells as a batch decided them.
INSERT INTO bell (id, lane, state) SELECT * FROM unnest($1::text[], $2::smallint[], $3::jsonb[])
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state;
