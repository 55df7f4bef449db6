-- The role :"role" acts as the role :"owner": it has the owner's rights and settings, and what it creates belongs to
-- the owner. For psql, as a superuser. It may run again.
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS missing \gset
\if :missing
CREATE ROLE :"role";
\endif
GRANT :"owner" TO :"role";

-- Copies the owner's settings (search_path, statement_timeout), for all databases and for single ones. Lists are stored
-- quoted.
SELECT format('ALTER ROLE %I %s SET %I TO %s', :'role', 'IN DATABASE ' || quote_ident(datname), name,
  CASE WHEN name IN ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
    THEN value ELSE quote_literal(value) END)
FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase, unnest(setconfig) AS setting,
  split_part(setting, '=', 1) AS name, substr(setting, length(name) + 2) AS value
WHERE setrole = :'owner'::regrole
\gexec
ALTER ROLE :"role" SET role TO :"owner";
