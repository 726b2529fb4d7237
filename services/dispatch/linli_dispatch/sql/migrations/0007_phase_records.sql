-- What an estate remembers of its phases: how many homes each has, and in how many each defect has appeared (DSP-13).

CREATE TABLE phase_records (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

-- The homes that were registered before; defects are counted from now on.
INSERT INTO phase_records (id, lane, state)
SELECT estate_id, lane, jsonb_build_object('id', estate_id, 'homes', jsonb_object_agg(phase, homes), 'defects', '{}'::jsonb)
FROM (
    SELECT split_part(id, '.', 1) AS estate_id, lane, state ->> 'phase' AS phase, count(*) AS homes
    FROM home GROUP BY 1, 2, 3
) AS counted
GROUP BY estate_id, lane;
