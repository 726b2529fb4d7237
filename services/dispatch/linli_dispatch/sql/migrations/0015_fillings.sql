-- Whose coming is awaited at an estate, and how far the work is gone through that waits for it (DSP-08, DSP-19).
CREATE TABLE filling (
    id text COLLATE "C" PRIMARY KEY,
    lane smallint NOT NULL,
    state jsonb NOT NULL
) WITH (fillfactor = 75);

-- Tickets in which people have a place by office are looked through when somebody comes or goes.
DROP FUNCTION listed(jsonb);
CREATE FUNCTION listed(ticket jsonb) RETURNS TABLE (
    closed boolean, estate_id text, title text, received_at timestamptz, level smallint, status text, owner_id text,
    handler_id text, performer_id text, offices jsonb, overdue boolean, due_at timestamptz,
    by_office boolean
) LANGUAGE sql STABLE AS $$
    SELECT ticket ->> 'status' = 'closed', ticket ->> 'estate_id',
        -- What the title is made of, as codes (domain/title.py).
        concat_ws('/', ticket ->> 'kind', ticket ->> 'category', ticket ->> 'subcategory',
            coalesce(ticket ->> 'trade', ''), coalesce(ticket ->> 'place', '')),
        (ticket ->> 'received_at')::timestamptz, (ticket ->> 'level')::smallint, ticket ->> 'status', ticket ->> 'owner_id',
        ticket ->> 'handler_id',
        -- The contractor whose order it is now: all that a contractor may see.
        coalesce(ticket -> 'order' ->> 'replacement_id', ticket -> 'order' ->> 'contractor_id'),
        -- The offices whose turn it is to decide; NULL: none.
        CASE WHEN ticket -> 'applications' <> '[]' THEN
            nullif(jsonb_path_query_array(ticket, '$.applications[*] ? (@.status == "pending").office'), '[]') END,
        ticket -> 'overdue' <> '[]',
        -- The clock that is due first stands first; a ticket without one comes last.
        coalesce((ticket -> 'clocks' -> 0 ->> 'due_at')::timestamptz, '9999-12-31T00:00:00Z'),
        -- Somebody has a place in it by office, or for want of somebody: in a crisis, before an office, short, its owner missing.
        coalesce(ticket -> 'crisis' -> 'ended_at' = 'null', false) OR coalesce((ticket ->> 'short')::boolean, false)
            OR coalesce((ticket ->> 'owner_missing')::boolean, false)
            OR coalesce(ticket -> 'applications' <> '[]' AND ticket @? '$.applications[*] ? (@.status == "pending")', false)
$$;
ALTER TABLE open_ticket ADD COLUMN by_office boolean NOT NULL DEFAULT false;
UPDATE open_ticket o SET by_office = true FROM ticket t, listed(t.state) AS l WHERE t.id = o.id AND l.by_office;
ALTER TABLE open_ticket ALTER COLUMN by_office DROP DEFAULT;
CREATE INDEX open_ticket_by_office ON open_ticket (estate_id, id) WHERE by_office;
