-- Lets the auditor in (`linli audit`): it reads every schema, intake's personal data too, and can change nothing. May be run
-- again. Its new password is a setting of this session, as a service's is (session.sql).
DO $$
BEGIN
    EXECUTE format('ALTER ROLE linli_audit LOGIN PASSWORD %L', current_setting('linli.password'));
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO linli_audit', current_database());
END $$;
ALTER ROLE linli_audit SET default_transaction_read_only = on;
