-- One service's roles and schema: linli_<service>_owner owns the schema and migrates it; linli_<service>, which the service
-- works as, may do in it what the owner grants when it has migrated (linli_runtime/sql/queries.sql: grant_to_worker).
-- Neither reaches another schema. May be run again.
-- The service's name and new passwords are settings of this session, so that nothing is put together from pieces.
DO $$
DECLARE
    service CONSTANT text := current_setting('linli.service');
    worker CONSTANT text := 'linli_' || service;
    owner CONSTANT text := worker || '_owner';
    each record;
BEGIN
    FOR each IN VALUES (worker, current_setting('linli.password')), (owner, current_setting('linli.owner_password')) LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = each.column1) THEN
            EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', each.column1, each.column2);
        ELSE
            EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', each.column1, each.column2);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), each.column1);
    END LOOP;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', service, owner);
    -- Where the working role owned everything: it gives it up, and works on until the next start says exactly what it may.
    IF EXISTS (SELECT FROM pg_namespace WHERE nspname = service AND nspowner = quote_ident(worker)::regrole) THEN
        EXECUTE format('REASSIGN OWNED BY %I TO %I', worker, owner);
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', service, worker);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO %I', service, worker);
        EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I REVOKE ALL ON TABLES FROM linli_audit, linli_reader', worker, service);
    END IF;
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
