-- Makes the project's role an owner without other privileges. For psql, as a superuser, in database :database. It may
-- run again. Variables: owner, database. In a cluster of an older version, the superuser that PostgreSQL itself needs
-- (its number is 10) has the project's name. It cannot be demoted, so it is renamed to postgres, and a new role gets
-- the old name.
\set ON_ERROR_STOP 1
\set password `cat "$POSTGRES_PASSWORD_FILE"`
BEGIN;
SET LOCAL lock_timeout = '20s';
SELECT EXISTS (SELECT FROM pg_roles WHERE oid = 10 AND rolname = :'owner') AS renames,
  NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') AS missing \gset
\if :renames
CREATE ROLE "new owner" LOGIN SUPERUSER PASSWORD :'password';
-- A session cannot rename its own role.
SET SESSION AUTHORIZATION "new owner";
ALTER ROLE :"owner" RENAME TO postgres;
RESET SESSION AUTHORIZATION;
-- Without a password, the superuser cannot log in over the network.
ALTER ROLE postgres PASSWORD NULL;
ALTER ROLE "new owner" RENAME TO :"owner";
\elif :missing
CREATE ROLE :"owner" LOGIN PASSWORD :'password';
\endif
ALTER ROLE :"owner" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
REVOKE pg_execute_server_program, pg_read_server_files, pg_write_server_files FROM :"owner";
ALTER DATABASE :"database" OWNER TO :"owner";

-- Everything in this database that the superuser owns, except what belongs to PostgreSQL itself (numbers below 16384)
-- or to an extension. Sequences of a column and types of a table follow their table.
SELECT format('ALTER %s %s OWNER TO %I',
  CASE type WHEN 'statistics object' THEN 'statistics' WHEN 'composite type' THEN 'type' ELSE type END, identity,
  :'owner')
FROM (
  SELECT 'pg_class'::regclass AS class, c.oid AS object FROM pg_class c
    WHERE relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT EXISTS (SELECT FROM pg_depend
      WHERE classid = 'pg_class'::regclass AND objid = c.oid AND refclassid = 'pg_class'::regclass
        AND deptype IN ('a', 'i') AND relkind = 'S')
  UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typowner = 10 AND typtype <> 'm' AND (typrelid = 0 OR relkind = 'c')
      AND NOT EXISTS (SELECT FROM pg_type WHERE typarray = t.oid)
  UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspowner = 10
  UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE proowner = 10
  UNION ALL SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata WHERE lomowner = 10
  UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oprowner = 10
  UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE opcowner = 10
  UNION ALL SELECT 'pg_opfamily'::regclass, oid FROM pg_opfamily WHERE opfowner = 10
  UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation WHERE collowner = 10
  UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion WHERE conowner = 10
  UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE cfgowner = 10
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict WHERE dictowner = 10
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxowner = 10
  UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication WHERE pubowner = 10
  UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server WHERE srvowner = 10
) AS owned, pg_identify_object(class, object, 0)
WHERE (object >= 16384 OR class = 'pg_largeobject'::regclass)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = class AND objid = object AND deptype = 'e')
\gexec
-- In clusters that were created before PostgreSQL 15.
SELECT 'ALTER SCHEMA public OWNER TO pg_database_owner' FROM pg_namespace
WHERE nspname = 'public' AND nspowner = 10 \gexec
COMMIT;
