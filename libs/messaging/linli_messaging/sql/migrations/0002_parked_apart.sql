-- Events of a type not known to this program are parked apart: they count for no alarm and are tried again after an upgrade.
ALTER TABLE parked ADD COLUMN unknown boolean NOT NULL DEFAULT false;
CREATE INDEX parked_unknown ON parked (type) WHERE unknown AND status = 'parked';

-- Nobody empties what is append-only, and the outbox is: what was told was told.
CREATE TRIGGER history_not_emptied BEFORE TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER outbox_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outbox
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
