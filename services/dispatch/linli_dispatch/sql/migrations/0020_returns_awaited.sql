-- Absences that were recorded before returns were awaited (0015) are awaited from now on: each at its end, and at once where that is
-- past, so that nobody's return is missed until the roster happens to change (DSP-08, DSP-19). An estate with a filling awaits all.
WITH now_is AS (
    SELECT coalesce((SELECT instant FROM stepped_clock), clock_timestamp()) AS instant
), comes AS (
    SELECT DISTINCT e.id || '.filling' AS id, e.lane, greatest((a ->> 'until_at')::timestamptz, n.instant) AS comes_at
    FROM now_is n, estate e, jsonb_array_elements(coalesce(e.state -> 'absences', '[]')) AS a
    WHERE NOT EXISTS (SELECT FROM filling f WHERE f.id = e.id || '.filling')
), awaited AS (
    INSERT INTO filling (id, lane, state)
    SELECT id, lane, jsonb_build_object('id', id, 'comes_at', jsonb_agg(comes_at ORDER BY comes_at)) FROM comes GROUP BY id, lane
), changed AS (
    UPDATE lane SET version = version + 1 WHERE lane IN (SELECT lane FROM comes)
)
INSERT INTO timer (state_table, id, lane, due_at) SELECT 'filling', id, lane, min(comes_at) FROM comes GROUP BY id, lane;
