-- Hands a service's name and its roles' passwords to role.sql (or the auditor's password to audit.sql).
SELECT set_config('linli.service', $1, false), set_config('linli.password', $2, false),
    set_config('linli.owner_password', $3, false);
