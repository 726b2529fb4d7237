-- What was published long ago leaves the outbox for the archive, and facts from before a mark are not live (promise 7).

-- Facts of one lane that follow each other, a segment a row: the n-th elements of its arrays are one fact. An array is
-- compressed as a whole, which makes a fact several times smaller than in the outbox, and a segment has two index entries.
CREATE TABLE archive (
    lane smallint NOT NULL,
    first bigint NOT NULL,
    last bigint NOT NULL,
    newest_at timestamptz NOT NULL,
    numbers bigint[] NOT NULL,
    ids uuid[] NOT NULL,
    types text[] NOT NULL,
    versions smallint[] NOT NULL,
    ats timestamptz[] NOT NULL,
    keys text[] NOT NULL,
    subjects text[] NOT NULL,
    case_ids text[] NOT NULL,
    causes text[] NOT NULL,
    traceparents text[] NOT NULL,
    bodies bytea[] NOT NULL,
    abandoned_froms bigint[] NOT NULL,
    -- Over all of the above (segment_digest): whoever changes a fact in the archive is found out.
    digest bytea NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (lane, last),
    CHECK (first = numbers[1] AND last = numbers[cardinality(numbers)] AND first <= last),
    CHECK (cardinality(numbers) = ALL (ARRAY[
        cardinality(ids), cardinality(types), cardinality(versions), cardinality(ats), cardinality(keys), cardinality(subjects),
        cardinality(case_ids), cardinality(causes), cardinality(traceparents), cardinality(bodies), cardinality(abandoned_froms)]))
);
-- The timeline of a case reads its old facts from here.
CREATE INDEX archive_case ON archive USING gin (case_ids);

-- What a segment says, as one digest; the same in every session, whatever its time zone.
CREATE FUNCTION segment_digest(
    lane smallint, numbers bigint[], ids uuid[], types text[], versions smallint[], ats timestamptz[], keys text[],
    subjects text[], case_ids text[], causes text[], traceparents text[], bodies bytea[], abandoned_froms bigint[]
) RETURNS bytea LANGUAGE sql STABLE SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
    SELECT sha256(
        convert_to(ROW(lane, numbers, ids, types, versions, ats, keys, subjects, case_ids, causes, traceparents,
            abandoned_froms)::text, 'UTF8')
        || (SELECT string_agg(sha256(body), ''::bytea ORDER BY place) FROM unnest(bodies) WITH ORDINALITY AS b (body, place)))
$$;

-- Every fact the service has ever told, wherever it is kept.
CREATE VIEW fact AS
SELECT lane, number, id, type, version, at, key, subject, case_id, cause, traceparent, body, abandoned_from FROM outbox
UNION ALL
SELECT a.lane, f.* FROM archive a CROSS JOIN LATERAL unnest(
    a.numbers, a.ids, a.types, a.versions, a.ats, a.keys, a.subjects, a.case_ids, a.causes, a.traceparents, a.bodies,
    a.abandoned_froms) AS f (
    number, id, type, version, at, key, subject, case_id, cause, traceparent, body, abandoned_from);

-- The archive is append-only; and a fact leaves the outbox only once the archive has it.
CREATE TRIGGER archive_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON archive
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT lane, number, id FROM gone
        EXCEPT
        SELECT a.lane, f.number, f.id
        FROM (SELECT lane, min(number) AS first, max(number) AS last FROM gone GROUP BY lane) AS g
        JOIN archive a ON a.lane = g.lane AND a.last >= g.first AND a.first <= g.last
        CROSS JOIN LATERAL unnest(a.numbers, a.ids) AS f (number, id))
    THEN
        RAISE EXCEPTION '% is append-only, but for what the archive has', TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER outbox_append_only ON outbox;
CREATE TRIGGER outbox_append_only BEFORE UPDATE OR TRUNCATE ON outbox FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outbox_kept AFTER DELETE ON outbox REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION refuse_loss();

-- Facts and clocks from before it ask for nothing outside; recorded at the first start. Who was there before it was
-- recorded has always been live.
ALTER TABLE deployment ADD COLUMN live_from timestamptz NOT NULL DEFAULT '-infinity';
