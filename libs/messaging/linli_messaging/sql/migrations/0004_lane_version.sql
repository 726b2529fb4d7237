-- Another one with every transaction that changed states of the lane, so that a process knows whether the states that it
-- remembers are still those stored (linli_messaging/remembering.py). Whoever edits a state by hand raises it.
ALTER TABLE lane ADD COLUMN version bigint NOT NULL DEFAULT 0;
