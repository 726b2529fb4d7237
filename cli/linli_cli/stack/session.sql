-- Hands a service's name and password to role.sql.
SELECT set_config('linli.service', $1, false), set_config('linli.password', $2, false);
