-- Work lists, search and counts: what people look for in tickets, in narrow rows of their own, so that a ticket is written
-- whole without touching an index, and no list reads whole tickets (decision 18).

-- What lists show and filter of a ticket; all that fills or checks them asks here.
CREATE FUNCTION listed(ticket jsonb) RETURNS TABLE (
    closed boolean, estate_id text, title text, received_at timestamptz, level smallint, status text, owner_id text,
    handler_id text, performer_id text, offices jsonb, overdue boolean, due_at timestamptz
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
        coalesce((ticket -> 'clocks' -> 0 ->> 'due_at')::timestamptz, '9999-12-31T00:00:00Z')
$$;

-- Every title there is, once: some thousands, in which words are looked for.
CREATE TABLE title (key text COLLATE "C" PRIMARY KEY);

-- What is not closed: the work lists. As large as what is in hand, not as what is stored.
CREATE TABLE open_ticket (
    id text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    estate_id text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    level smallint NOT NULL,
    status text COLLATE "C" NOT NULL,
    owner_id text COLLATE "C" NOT NULL,
    handler_id text COLLATE "C",
    performer_id text COLLATE "C",
    offices jsonb,
    overdue boolean NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (estate_id, id)
) WITH (fillfactor = 70);
CREATE INDEX open_ticket_of_handler ON open_ticket (handler_id, id);
CREATE INDEX open_ticket_of_owner ON open_ticket (owner_id, id);
CREATE INDEX open_ticket_of_office ON open_ticket USING gin (offices) WHERE offices IS NOT NULL;

-- What is closed: written once, newest last; lists walk these indexes and read nothing else.
CREATE TABLE closed_ticket (
    id text COLLATE "C" NOT NULL,
    lane smallint NOT NULL,
    estate_id text COLLATE "C" NOT NULL,
    title text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    level smallint NOT NULL,
    performer_id text COLLATE "C",
    PRIMARY KEY (estate_id, received_at, id) INCLUDE (title, level)
);
CREATE INDEX closed_ticket_of_title ON closed_ticket (title, level, received_at, id);
CREATE INDEX closed_ticket_of_level ON closed_ticket (level, received_at, id);
CREATE INDEX closed_ticket_of_performer ON closed_ticket (performer_id, received_at, id) WHERE performer_id IS NOT NULL;

-- The estates below an organisation path are one range.
CREATE INDEX estate_of_org ON estate (org);

INSERT INTO open_ticket
SELECT t.id, t.lane, l.estate_id, l.title, l.received_at, l.level, l.status, l.owner_id, l.handler_id, l.performer_id, l.offices,
    l.overdue, l.due_at
FROM ticket t, listed(t.state) AS l WHERE NOT l.closed;
INSERT INTO closed_ticket
SELECT t.id, t.lane, l.estate_id, l.title, l.received_at, l.level, l.performer_id FROM ticket t, listed(t.state) AS l WHERE l.closed;
INSERT INTO title SELECT title FROM open_ticket UNION SELECT title FROM closed_ticket;

-- Only what the database itself must guard, or figures count, is still taken out of the ticket for itself.
DROP INDEX ticket_of_handler, ticket_of_owner, ticket_of_office;
ALTER TABLE ticket DROP COLUMN handler_id, DROP COLUMN performer_id, DROP COLUMN offices_asked;
