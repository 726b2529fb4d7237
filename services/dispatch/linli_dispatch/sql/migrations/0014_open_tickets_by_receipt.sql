-- The newest open tickets of the whole group, without a look through all of them. A receipt never changes, so an update of a
-- row writes this index only where it writes the others anyway.
CREATE INDEX open_ticket_of_receipt ON open_ticket (received_at, id);
