-- What a person decides about an effect that ended: sent again (how often; each life of it is told), or how it really ended.
ALTER TABLE intent
    ADD COLUMN again integer NOT NULL DEFAULT 0,
    ADD COLUMN decided_by text,
    ADD COLUMN decided_why text;
