//! Every variant of sqlparser's `Statement`, each with an example that it reads as that variant. The match is
//! without `_`: a variant that comes with a new version does not compile until it stands here.

use sqlparser::ast::Statement;
use sqlparser::dialect::{
    BigQueryDialect, DatabricksDialect, Dialect, DuckDbDialect, GenericDialect, HiveDialect, MsSqlDialect,
    MySqlDialect, PostgreSqlDialect, RedshiftSqlDialect, SQLiteDialect, SnowflakeDialect,
};
use sqlparser::parser::Parser;

use crate::Becomes::{self, Data, Declared, Elsewhere, OfRoles, Passed, Refused};
use crate::{none_wrong, wrong};

macro_rules! variants {
    ($($name:ident $becomes:ident $example:literal)*) => {
        const VARIANTS: &[(&str, Becomes, &str)] = &[$((stringify!($name), $becomes, $example),)*];

        fn variant(statement: &Statement) -> &'static str {
            match statement {
                $(Statement::$name { .. } => stringify!($name),)*
            }
        }
    };
}

variants! {
    Analyze Passed "ANALYZE t"
    Set Passed "SET work_mem = '1MB'"
    Truncate Data "TRUNCATE t"
    Msck Elsewhere "MSCK REPAIR TABLE t ADD PARTITIONS"
    Query Passed "SELECT 1"
    Insert Data "INSERT INTO t (id) VALUES (1)"
    Install Elsewhere "INSTALL tpch"
    Load Elsewhere "LOAD tpch"
    Directory Elsewhere "INSERT OVERWRITE DIRECTORY '/tmp' SELECT 1"
    Case Elsewhere "CASE 1 WHEN 1 THEN SELECT 1; END CASE"
    If Elsewhere "IF 1 = 1 THEN SELECT 1; END IF"
    While Elsewhere "WHILE 1 = 1 SELECT 1;"
    Raise Elsewhere "RAISE USING MESSAGE = 'x'"
    Call Refused "CALL p(1)"
    Copy Data "COPY t (id) TO STDOUT"
    CopyIntoSnowflake Elsewhere "COPY INTO t FROM '@stage'"
    Open Elsewhere "OPEN c"
    Close Refused "CLOSE c"
    Update Data "UPDATE t SET id = 1"
    Delete Data "DELETE FROM t"
    CreateView Declared "CREATE VIEW w AS SELECT 1 AS one"
    CreateTable Declared "CREATE TABLE n (id int)"
    CreateVirtualTable Elsewhere "CREATE VIRTUAL TABLE n USING fts5 (a)"
    CreateIndex Declared "CREATE INDEX n ON t (id)"
    CreateRole Declared "CREATE ROLE n"
    CreateSecret Elsewhere "CREATE SECRET n (TYPE S3)"
    CreateServer Declared "CREATE SERVER n FOREIGN DATA WRAPPER fdw"
    CreatePolicy Declared "CREATE POLICY n ON t"
    CreateConnector Elsewhere "CREATE CONNECTOR n TYPE 'mysql'"
    CreateOperator Declared "CREATE OPERATOR @@@ (FUNCTION = int4pl, LEFTARG = int, RIGHTARG = int)"
    CreateOperatorFamily Declared "CREATE OPERATOR FAMILY n USING btree"
    CreateOperatorClass Declared "CREATE OPERATOR CLASS n FOR TYPE e USING hash AS FUNCTION 1 h(e)"
    CreateTextSearch Declared "CREATE TEXT SEARCH DICTIONARY n (TEMPLATE = simple)"
    AlterTable Declared "ALTER TABLE t ADD COLUMN n int"
    AlterSchema Declared "ALTER SCHEMA s OWNER TO live_role"
    AlterIndex Declared "ALTER INDEX t_id RENAME TO n"
    AlterView Elsewhere "ALTER VIEW v AS SELECT 2 AS one"
    AlterFunction Declared "ALTER FUNCTION f(int) IMMUTABLE"
    AlterType Declared "ALTER TYPE e ADD VALUE 'n'"
    AlterCollation Declared "ALTER COLLATION c RENAME TO n"
    AlterOperator Declared "ALTER OPERATOR ~~~ (int, int) OWNER TO live_role"
    AlterOperatorFamily Declared "ALTER OPERATOR FAMILY fam USING btree RENAME TO n"
    AlterOperatorClass Declared "ALTER OPERATOR CLASS cls USING hash RENAME TO n"
    AlterTextSearch Declared "ALTER TEXT SEARCH DICTIONARY d RENAME TO n"
    AlterRole OfRoles "ALTER ROLE made SET work_mem = '1MB'"
    AlterPolicy Declared "ALTER POLICY pol ON t USING (id > 1)"
    AlterConnector Elsewhere "ALTER CONNECTOR n SET URL 'x'"
    AlterSession Elsewhere "ALTER SESSION SET AUTOCOMMIT = TRUE"
    AttachDatabase Elsewhere "ATTACH DATABASE 'f' AS n"
    AttachDuckDBDatabase Elsewhere "ATTACH 'f' AS n (READ_ONLY)"
    DetachDuckDBDatabase Elsewhere "DETACH n"
    Drop Declared "DROP TABLE IF EXISTS gone"
    DropFunction Declared "DROP FUNCTION IF EXISTS gone(int)"
    DropDomain Declared "DROP DOMAIN IF EXISTS gone"
    DropProcedure Declared "DROP PROCEDURE IF EXISTS gone(int)"
    DropSecret Elsewhere "DROP SECRET n"
    DropPolicy Declared "DROP POLICY IF EXISTS gone ON t"
    DropConnector Elsewhere "DROP CONNECTOR n"
    Declare Refused "DECLARE c CURSOR FOR SELECT 1"
    CreateExtension Declared "CREATE EXTENSION pgcrypto"
    CreateCollation Declared "CREATE COLLATION n (LOCALE = 'C')"
    DropExtension Declared "DROP EXTENSION IF EXISTS gone"
    DropOperator Declared "DROP OPERATOR IF EXISTS @#@ (int, int)"
    DropOperatorFamily Declared "DROP OPERATOR FAMILY IF EXISTS gone USING btree"
    DropOperatorClass Declared "DROP OPERATOR CLASS IF EXISTS gone USING btree"
    Fetch Refused "FETCH NEXT FROM c"
    Flush Elsewhere "FLUSH LOGS"
    Discard Passed "DISCARD ALL"
    ShowFunctions Passed "SHOW FUNCTIONS"
    ShowVariable Passed "SHOW work_mem"
    ShowStatus Elsewhere "SHOW SESSION STATUS LIKE 'a'"
    ShowVariables Elsewhere "SHOW VARIABLES LIKE 'a'"
    ShowCreate Elsewhere "SHOW CREATE TABLE t"
    ShowColumns Elsewhere "SHOW COLUMNS FROM t"
    ShowCatalogs Elsewhere "SHOW CATALOGS LIKE 'a'"
    ShowDatabases Elsewhere "SHOW DATABASES LIKE 'a'"
    ShowProcessList Elsewhere "SHOW FULL PROCESSLIST"
    ShowSchemas Elsewhere "SHOW SCHEMAS LIKE 'a'"
    ShowCharset Elsewhere "SHOW CHARACTER SET"
    ShowObjects Elsewhere "SHOW OBJECTS IN s"
    ShowTables Elsewhere "SHOW TABLES FROM s"
    ShowViews Elsewhere "SHOW VIEWS LIKE 'a'"
    ShowCollation Elsewhere "SHOW COLLATION LIKE 'a'"
    Use Elsewhere "USE s"
    StartTransaction Passed "START TRANSACTION"
    Comment Declared "COMMENT ON TABLE t IS 'x'"
    Commit Passed "COMMIT"
    Rollback Refused "ROLLBACK"
    CreateSchema Declared "CREATE SCHEMA n"
    CreateDatabase Refused "CREATE DATABASE n"
    CreateFunction Declared "CREATE FUNCTION n() RETURNS int LANGUAGE sql AS 'SELECT 1'"
    CreateTrigger Declared "CREATE TRIGGER n BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()"
    DropTrigger Declared "DROP TRIGGER IF EXISTS gone ON t"
    CreateProcedure Elsewhere "CREATE PROCEDURE n AS BEGIN SELECT 1; END"
    CreateMacro Elsewhere "CREATE MACRO n(a) AS a"
    CreateStage Elsewhere "CREATE STAGE n"
    CreateFileFormat Elsewhere "CREATE FILE FORMAT n TYPE = CSV"
    CreateWarehouse Elsewhere "CREATE WAREHOUSE n"
    Assert Elsewhere "ASSERT 1 = 1"
    Grant Declared "GRANT SELECT ON t TO live_role"
    Deny Elsewhere "DENY SELECT ON t TO live_role"
    Revoke Declared "REVOKE SELECT ON t FROM live_role"
    Deallocate Passed "DEALLOCATE ALL"
    Execute Refused "EXECUTE q(1)"
    Prepare Passed "PREPARE q AS SELECT 1"
    Kill Elsewhere "KILL QUERY 5"
    ExplainTable Elsewhere "DESCRIBE t"
    Explain Passed "EXPLAIN SELECT 1"
    Savepoint Passed "SAVEPOINT a"
    ReleaseSavepoint Passed "RELEASE SAVEPOINT a"
    Merge Data "MERGE INTO t USING t2 ON t.id = t2.id WHEN MATCHED THEN DELETE"
    Cache Elsewhere "CACHE TABLE t"
    UNCache Elsewhere "UNCACHE TABLE t"
    CreateSequence Declared "CREATE SEQUENCE n"
    CreateDomain Declared "CREATE DOMAIN n AS int"
    CreateType Declared "CREATE TYPE n AS (a int)"
    Pragma Elsewhere "PRAGMA a = 1"
    Lock Passed "LOCK TABLE t IN SHARE MODE"
    LockTables Elsewhere "LOCK TABLES t READ"
    UnlockTables Elsewhere "UNLOCK TABLES"
    Unload Elsewhere "UNLOAD('SELECT 1') TO 's3://x'"
    OptimizeTable Elsewhere "OPTIMIZE TABLE t"
    LISTEN Passed "LISTEN c"
    UNLISTEN Passed "UNLISTEN c"
    NOTIFY Passed "NOTIFY c"
    LoadData Elsewhere "LOAD DATA INPATH 'x' INTO TABLE t"
    RenameTable Elsewhere "RENAME TABLE t TO n"
    List Elsewhere "LIST @stage"
    Put Elsewhere "PUT 'file:///x' @stage"
    Remove Elsewhere "REMOVE @stage"
    RaisError Elsewhere "RAISERROR('x', 16, 1)"
    Throw Elsewhere "THROW 51000, 'x', 1"
    Print Elsewhere "PRINT 'x'"
    WaitFor Elsewhere "WAITFOR DELAY '0:1'"
    Return Elsewhere "RETURN"
    ExportData Elsewhere "EXPORT DATA OPTIONS(uri = 'x') AS SELECT 1"
    CreateUser Declared "CREATE USER n"
    AlterUser Elsewhere "ALTER USER n SET DEFAULT_MFA_METHOD TOTP"
    Vacuum Passed "VACUUM t"
    Reset Passed "RESET ALL"
}

/// The variant as which an example is read by the first dialect that reads it so.
fn reads_as(example: &str, wanted: &str) -> Result<(), String> {
    let dialects: [&dyn Dialect; 12] = [
        &PostgreSqlDialect {},
        &GenericDialect {},
        &SnowflakeDialect {},
        &DuckDbDialect {},
        &MySqlDialect {},
        &MsSqlDialect {},
        &HiveDialect {},
        &BigQueryDialect {},
        &DatabricksDialect {},
        &RedshiftSqlDialect {},
        &SQLiteDialect {},
        &HiveDialect {},
    ];
    let read = |it: &&dyn Dialect| match Parser::parse_sql(*it, example) {
        Ok(found) => found.first().map_or_else(|| "nothing".to_owned(), |it| variant(it).to_owned()),
        Err(error) => error.to_string(),
    };
    let found: Vec<String> = dialects.iter().map(read).collect();
    match found.iter().any(|it| it == wanted) {
        true => Ok(()),
        false => Err(format!("{example}: not read as {wanted}: {found:?}")),
    }
}

#[test]
fn every_variant_ends_in_the_account() {
    let mut all = Vec::new();
    for (name, becomes, example) in VARIANTS {
        all.extend(reads_as(example, name).err());
        all.extend(wrong(example, *becomes).map(|it| format!("{name}: {it}")));
    }
    none_wrong(all);
}
