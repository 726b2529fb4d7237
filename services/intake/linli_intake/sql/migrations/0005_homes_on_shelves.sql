-- Homes are kept some together (decision 17): a shelf by the first digit of its homes' digests, as `shelf_of` says.
CREATE TABLE homes (
    id text PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

INSERT INTO homes (id, lane, state)
SELECT shelf, min(lane), jsonb_build_object('id', shelf, 'ids', jsonb_agg(id ORDER BY id COLLATE "C"))
FROM (SELECT split_part(id, '.', 1) || '.' || substr(md5(id), 1, 1) AS shelf, lane, id FROM home) AS one
GROUP BY shelf;

DROP TABLE home;
