-- A form that names no known estate is kept for the part of the organisation that sent it.
-- The path is closed by a stroke, so that a reader's path can be its beginning.

ALTER TABLE quarantined ADD COLUMN sent_from text GENERATED ALWAYS AS ((state ->> 'sent_from') || '/') STORED;
