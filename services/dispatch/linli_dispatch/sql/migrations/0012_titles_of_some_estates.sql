-- A search below an organisation path looks for estates among a title's tickets: without reading a row for each.
DROP INDEX closed_ticket_of_title;
CREATE INDEX closed_ticket_of_title ON closed_ticket (title, level, received_at, id) INCLUDE (estate_id);
