-- Who was told of something urgent that nobody has read yet: a work list of its own (DSP-20).
DROP FUNCTION listed(jsonb);
CREATE FUNCTION listed(ticket jsonb) RETURNS TABLE (
    closed boolean, estate_id text, title text, received_at timestamptz, level smallint, status text, owner_id text,
    handler_id text, performer_id text, offices jsonb, overdue boolean, due_at timestamptz,
    by_office boolean, notified jsonb
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
        -- Somebody has a place in it by office, or for want of somebody: in a crisis, before an office, short, its owner missing,
        -- something urgent that nobody was left to tell.
        coalesce(ticket -> 'crisis' -> 'ended_at' = 'null', false) OR coalesce((ticket ->> 'short')::boolean, false)
            OR coalesce((ticket ->> 'owner_missing')::boolean, false)
            OR coalesce(ticket -> 'applications' <> '[]' AND ticket @? '$.applications[*] ? (@.status == "pending")', false)
            OR coalesce(ticket -> 'notices' <> '[]' AND ticket @? '$.notices[*] ? (@.exhausted == true)', false),
        -- Who was told of something urgent that nobody has read; NULL: nobody.
        CASE WHEN ticket -> 'notices' <> '[]' THEN jsonb_path_query_array(ticket, '$.notices[*].told[*].person_id') END
$$;
ALTER TABLE open_ticket ADD COLUMN notified jsonb;
CREATE INDEX open_ticket_of_notified ON open_ticket USING gin (notified) WHERE notified IS NOT NULL;
