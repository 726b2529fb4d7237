-- The ledger is not emptied either: TRUNCATE fires no trigger of rows gone (LOY-03).
CREATE TRIGGER points_entry_not_emptied BEFORE TRUNCATE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_entry_is_append_only();
