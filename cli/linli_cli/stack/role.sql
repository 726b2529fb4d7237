-- One service's role and schema: it owns its schema and can reach no other. May be run again.
-- The service's name and new password are settings of this session, so that nothing is put together from pieces.
DO $$
DECLARE
    service CONSTANT text := current_setting('linli.service');
    owner CONSTANT text := 'linli_' || service;
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = owner) THEN
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', owner, current_setting('linli.password'));
    ELSE
        EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', owner, current_setting('linli.password'));
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), owner);
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, owner);
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', service);
    -- The auditor reads everything, what was made before it was let in too (audit.sql).
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO linli_audit', service);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO linli_audit', service);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO linli_audit', owner, service);
    -- Who reads group-wide figures may read every service but intake, which alone holds personal data (INT-13).
    IF service <> 'intake' THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO linli_reader', service);
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO linli_reader', owner, service);
    END IF;
END $$;
