//! Random schemas: one number per place decides what stands there, and nought is nothing. Knows no law.
//!
//! Two schemas of the same genes but a few differ in just those places, and a failure shrinks towards nothing.

use std::fmt::Write;

/// How many numbers a schema is made from.
pub(crate) const GENES: usize = place::OWN + 12;

const TABLES: usize = 4;
const COLUMNS: usize = 5;

/// Reads the genes in order of place; each place always reads the same ones.
struct Genes<'a>(&'a [u8]);

impl Genes<'_> {
    /// One of so many variants; the first stands for nothing.
    fn of(&self, place: usize, variants: usize) -> usize {
        usize::from(self.0.get(place).copied().unwrap_or_default()) % variants
    }
}

/// The places, by what they decide.
mod place {
    pub(super) const ENUM: usize = 0;
    pub(super) const DOMAIN: usize = 1;
    pub(super) const COMPOSITE: usize = 2;
    pub(super) const RANGE: usize = 3;
    pub(super) const SEQUENCE: usize = 4;
    pub(super) const FUNCTION: usize = 5;
    pub(super) const VIEWS: usize = 6;
    pub(super) const MATERIALIZED: usize = 9;
    pub(super) const PARTITIONED: usize = 11;
    pub(super) const NAMESPACE: usize = 15;
    pub(super) const PROCEDURE: usize = 16;
    pub(super) const COLLATION: usize = 17;
    pub(super) const PUBLICATION: usize = 18;
    pub(super) const CHILD: usize = 19;
    pub(super) const DEFAULT_PRIVILEGE: usize = 20;
    pub(super) const AGGREGATE: usize = 21;
    pub(super) const GRANDCHILD: usize = 22;
    pub(super) const TABLES: usize = 24;
    /// Genes of one table.
    pub(super) const TABLE: usize = 32;
    pub(super) const OWN: usize = TABLES + super::TABLES * TABLE;
}

/// What a column is, as far as others have to know.
struct Column {
    name: String,
    ty: &'static str,
}

struct Table {
    name: String,
    id: &'static str,
    keyed: bool,
    columns: Vec<Column>,
}

/// The schema the genes stand for, as a script that loads.
pub(crate) fn script(genes: &[u8]) -> String {
    let genes = Genes(genes);
    let mut sql = String::new();
    types(&genes, &mut sql);
    let mut tables = Vec::new();
    for at in 0..TABLES {
        let has_children = tables.is_empty() && genes.of(place::CHILD, CHILDREN) > 0;
        tables.extend(table(&genes, at, has_children, &mut sql));
    }
    for (at, table) in tables.iter().enumerate() {
        parts(&genes, table, tables.get(at.wrapping_sub(1)), &mut sql);
    }
    partitioned(&genes, &mut sql);
    views(&genes, &tables, &mut sql);
    others(&genes, &tables, &mut sql);
    sql
}

fn say(sql: &mut String, variants: &[&str], at: usize) {
    if let Some(text) = variants.get(at).filter(|it| !it.is_empty()) {
        let _ = writeln!(sql, "{text};");
    }
}

fn types(genes: &Genes<'_>, sql: &mut String) {
    let namespace = ["", "CREATE SCHEMA app", "CREATE SCHEMA app; COMMENT ON SCHEMA app IS 'ours'"];
    say(sql, &namespace, genes.of(place::NAMESPACE, 3));
    let labels = ["'a', 'b'", "'a', 'b', 'c'", "'a', 'x', 'b'", "'b', 'a'", "'a'", "'a', 'b', 'it''s'"];
    let _ = writeln!(sql, "CREATE TYPE mood AS ENUM ({});", labels[genes.of(place::ENUM, labels.len())]);
    let domain = [
        "",
        "CHECK (VALUE > 0)",
        "CHECK (VALUE > 1)",
        "NOT NULL DEFAULT 3",
        "DEFAULT 2 CONSTRAINT small CHECK (VALUE < 99)",
    ];
    let _ =
        writeln!(sql, "CREATE DOMAIN positive AS integer {};", domain[genes.of(place::DOMAIN, domain.len())]);
    let composite = [
        "",
        "CREATE TYPE pair AS (a int, b text)",
        "CREATE TYPE pair AS (a bigint, b text, c date)",
        "CREATE TYPE pair AS (b text)",
    ];
    say(sql, &composite, genes.of(place::COMPOSITE, composite.len()));
    let range =
        ["", "CREATE TYPE span AS RANGE (subtype = integer)", "CREATE TYPE span AS RANGE (subtype = bigint)"];
    say(sql, &range, genes.of(place::RANGE, range.len()));
    let sequence = [
        "",
        "CREATE SEQUENCE counter",
        "CREATE SEQUENCE counter INCREMENT BY 5 CACHE 3",
        "CREATE SEQUENCE counter AS integer MAXVALUE 1000 CYCLE",
    ];
    say(sql, &sequence, genes.of(place::SEQUENCE, sequence.len()));
    let function = ["a + 1", "a + 2", "a * 2"][genes.of(place::FUNCTION, 3)];
    let _ = writeln!(
        sql,
        "CREATE FUNCTION next_of(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT {function}';"
    );
    let _ =
        writeln!(sql, "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';");
    let procedure = [
        "",
        "CREATE PROCEDURE tidy() LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE tidy(how text DEFAULT 'x') LANGUAGE sql AS 'SELECT 1'",
    ];
    say(sql, &procedure, genes.of(place::PROCEDURE, procedure.len()));
    let collation = [
        "",
        "CREATE COLLATION plain (provider = libc, locale = 'C')",
        "CREATE COLLATION plain (provider = libc, locale = 'POSIX')",
    ];
    say(sql, &collation, genes.of(place::COLLATION, collation.len()));
    let aggregate = [
        "",
        "CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer)",
        "CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer, initcond = '0')",
    ];
    say(sql, &aggregate, genes.of(place::AGGREGATE, aggregate.len()));
    let privilege = ["", "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC"];
    say(sql, &privilege, genes.of(place::DEFAULT_PRIVILEGE, 2));
}

const TYPES: [&str; 15] = [
    "",
    "integer",
    "bigint",
    "text",
    "varchar(20)",
    "numeric(10,2)",
    "date",
    "timestamptz",
    "boolean",
    "jsonb",
    "text[]",
    "mood",
    "positive",
    "text COLLATE \"C\"",
    "char(3)",
];

/// Defaults and the like that suit a type.
fn extras(ty: &str) -> [&'static str; 6] {
    match ty {
        "integer" => [
            "",
            "NOT NULL",
            "DEFAULT 7",
            "DEFAULT next_of(3)",
            "NOT NULL DEFAULT 1 + 1",
            "GENERATED ALWAYS AS (id * 2) STORED",
        ],
        "bigint" => [
            "",
            "NOT NULL",
            "DEFAULT 7",
            "NOT NULL DEFAULT 10",
            "DEFAULT '5'",
            "GENERATED BY DEFAULT AS IDENTITY",
        ],
        "text" | "varchar(20)" => {
            ["", "NOT NULL", "DEFAULT 'x'", "NOT NULL DEFAULT ''", "DEFAULT 'it''s'", "DEFAULT upper('a')"]
        }
        "date" => {
            ["", "NOT NULL", "DEFAULT '2020-01-01'", "DEFAULT CURRENT_DATE", "DEFAULT now()", "NOT NULL"]
        }
        "timestamptz" => {
            ["", "NOT NULL", "DEFAULT now()", "NOT NULL DEFAULT CURRENT_TIMESTAMP", "DEFAULT '-infinity'", ""]
        }
        "boolean" => [
            "",
            "NOT NULL",
            "DEFAULT true",
            "DEFAULT 'no'",
            "NOT NULL DEFAULT false",
            "GENERATED ALWAYS AS (id > 3) STORED",
        ],
        "mood" => ["", "NOT NULL", "DEFAULT 'a'", "NOT NULL DEFAULT 'a'", "DEFAULT 'a'::mood", ""],
        "jsonb" => ["", "NOT NULL", "DEFAULT '{}'", "DEFAULT '{\"a\": 1}'::jsonb", "", ""],
        _ => ["", "NOT NULL", "", "", "NOT NULL", ""],
    }
}

/// How many variants of a child there are.
const CHILDREN: usize = 3;

fn table(genes: &Genes<'_>, at: usize, has_children: bool, sql: &mut String) -> Option<Table> {
    let base = place::TABLES + at * place::TABLE;
    if genes.of(base, 8) == 0 {
        return None;
    }
    let id = ["integer", "bigint"][genes.of(base + 1, 2)];
    let (keyed, word) = [
        (false, ""),
        (true, "PRIMARY KEY"),
        (true, "GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
        (true, "GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY"),
        (false, "NOT NULL"),
    ][genes.of(base + 2, 5)];
    // The server adds no identity column to a table that has children.
    let suits = |text: &'static str| match text.split_once("IDENTITY") {
        Some((_, rest)) if has_children => rest,
        _ => text,
    };
    let mut lines = vec![format!("id {id} {}", suits(word))];
    let mut columns = Vec::new();
    for column in 0..COLUMNS {
        let ty = TYPES[genes.of(base + 3 + column, TYPES.len())];
        if ty.is_empty() {
            continue;
        }
        let name = ["c", "note", "Mixed Case", "order", "e"][column];
        let name = if column == 2 || column == 3 { format!("\"{name}\"") } else { name.to_owned() };
        lines.push(format!("{name} {ty} {}", suits(extras(ty)[genes.of(base + 8 + column, 6)])));
        columns.push(Column { name, ty });
    }
    let name = format!("t{at}");
    let persistence = if at == 3 && genes.of(base + 13, 3) == 1 { "UNLOGGED " } else { "" };
    let with = ["", " WITH (fillfactor = 70)", " WITH (fillfactor = 80, autovacuum_enabled = false)"]
        [genes.of(base + 14, 3)];
    let _ = writeln!(sql, "CREATE {persistence}TABLE {name} ({}){with};", lines.join(", "));
    Some(Table { name, id, keyed, columns })
}

fn is_text(ty: &str) -> bool {
    ty.starts_with("text") && ty != "text[]" || ty.starts_with("varchar")
}

/// What hangs on a table.
fn parts(genes: &Genes<'_>, table: &Table, above: Option<&Table>, sql: &mut String) {
    let Table { name, .. } = table;
    let at: usize = name.trim_start_matches('t').parse().unwrap_or_default();
    let base = place::TABLES + at * place::TABLE + 15;
    let alter = |text: &str| format!("ALTER TABLE {name} ADD CONSTRAINT {text}");
    let checks = [
        "",
        "big CHECK (id > 0)",
        "big CHECK (id > 1) NOT VALID",
        "large CHECK (id > 0 AND id < 1000)",
        "big CHECK (id IN (1, 2, 3)) NO INHERIT",
    ];
    if let Some(check) = Some(checks[genes.of(base, checks.len())]).filter(|it| !it.is_empty()) {
        let _ = writeln!(sql, "{};", alter(check));
    }
    if let Some(column) = table.columns.first().filter(|it| it.ty != "jsonb") {
        let column = &column.name;
        let keys = ["", "UNIQUE (COLUMN)", "UNIQUE (COLUMN, id) DEFERRABLE", "UNIQUE (id) INCLUDE (COLUMN)"];
        let key = keys[genes.of(base + 1, keys.len())];
        if !key.is_empty() {
            let _ = writeln!(sql, "{};", alter(&format!("one_{name} {}", key.replace("COLUMN", column))));
        }
        let indexes = [
            "",
            "INDEX i_NAME ON NAME (COLUMN)",
            "INDEX i_NAME ON NAME (COLUMN DESC NULLS LAST)",
            "UNIQUE INDEX i_NAME ON NAME (COLUMN) WHERE id > 5",
            "INDEX i_NAME ON NAME (id) INCLUDE (COLUMN)",
            "INDEX i_NAME ON NAME USING hash (COLUMN)",
        ];
        let index = indexes[genes.of(base + 2, indexes.len())];
        if !index.is_empty() {
            let _ = writeln!(sql, "CREATE {};", index.replace("NAME", name).replace("COLUMN", column));
        }
        let _ = match genes.of(base + 3, 4) {
            1 => writeln!(sql, "COMMENT ON COLUMN {name}.{column} IS 'first';"),
            2 => writeln!(sql, "COMMENT ON COLUMN {name}.{column} IS 'it''s';"),
            3 => writeln!(sql, "GRANT SELECT ({column}) ON {name} TO PUBLIC;"),
            _ => Ok(()),
        };
    }
    if let Some(text) = table.columns.iter().find(|it| is_text(it.ty)) {
        let expressions =
            ["", "(lower(COLUMN))", "(lower(COLUMN)) WHERE COLUMN IS NOT NULL", "(upper(COLUMN), id)"];
        let index = expressions[genes.of(base + 4, 4)];
        if !index.is_empty() {
            let _ = writeln!(sql, "CREATE INDEX e_{name} ON {name} {};", index.replace("COLUMN", &text.name));
        }
    }
    if let Some(above) = above.filter(|it| it.keyed && it.id == table.id) {
        let keys =
            ["", "", " ON DELETE CASCADE", " ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED", " NOT VALID"];
        let key = genes.of(base + 5, keys.len());
        if key > 0 {
            let _ = writeln!(
                sql,
                "{};",
                alter(&format!("up_{name} FOREIGN KEY (id) REFERENCES {}{}", above.name, keys[key]))
            );
        }
    }
    let security = [
        "",
        "ENABLE ROW LEVEL SECURITY",
        "ENABLE ROW LEVEL SECURITY; ALTER TABLE NAME FORCE ROW LEVEL SECURITY",
    ][genes.of(base + 6, 3)];
    if !security.is_empty() {
        let _ = writeln!(sql, "ALTER TABLE {name} {};", security.replace("NAME", name));
    }
    let policies = [
        "",
        "CREATE POLICY own ON NAME USING (id > 0)",
        "CREATE POLICY own ON NAME AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (id > 1) WITH CHECK (id < 9)",
        "CREATE POLICY own ON NAME FOR INSERT WITH CHECK (id = 1)",
    ];
    let triggers = [
        "",
        "CREATE TRIGGER g BEFORE UPDATE ON NAME FOR EACH ROW EXECUTE FUNCTION touch()",
        "CREATE TRIGGER g BEFORE INSERT OR UPDATE ON NAME FOR EACH ROW WHEN (NEW.id > 3) EXECUTE FUNCTION touch('x')",
        "CREATE TRIGGER g AFTER DELETE ON NAME EXECUTE FUNCTION touch(); ALTER TABLE NAME DISABLE TRIGGER g",
    ];
    let grants = [
        "",
        "GRANT SELECT ON NAME TO PUBLIC",
        "GRANT INSERT, UPDATE ON NAME TO PUBLIC",
        "COMMENT ON TABLE NAME IS 'all of them'",
    ];
    for (offset, variants) in [(7, policies), (8, triggers), (9, grants)] {
        let text = variants[genes.of(base + offset, 4)].replace("NAME", name);
        say(sql, &["", &text], usize::from(!text.is_empty()));
    }
    if table.columns.len() > 1
        && table.columns.iter().take(2).all(|it| it.ty != "jsonb")
        && genes.of(base + 10, 3) > 0
    {
        let kinds = ["", "", " (ndistinct)"][genes.of(base + 10, 3)];
        let (one, two) = (&table.columns[0].name, &table.columns[1].name);
        let _ = writeln!(sql, "CREATE STATISTICS s_{name}{kinds} ON {one}, {two} FROM {name};");
    }
}

fn partitioned(genes: &Genes<'_>, sql: &mut String) {
    let by = [
        "",
        "id int, at date NOT NULL",
        "id int, at date NOT NULL, more text DEFAULT 'm'",
        "id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (id, at)",
    ];
    let whole = by[genes.of(place::PARTITIONED, 4)];
    if whole.is_empty() {
        return;
    }
    let _ = writeln!(sql, "CREATE TABLE part ({whole}) PARTITION BY RANGE (at);");
    let first = [
        "",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2020-07-01')",
        "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2019-01-01') TO ('2021-01-01')",
        &format!("CREATE TABLE part_1 ({whole})"),
    ];
    let at = genes.of(place::PARTITIONED + 1, first.len());
    say(sql, &first, at);
    if at > 0 {
        owned(genes, place::OWN, "part_1", ["at", "id"], "'2020-02-02'", sql);
    }
    let rest = [
        "",
        "CREATE TABLE part_rest PARTITION OF part DEFAULT",
        "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2021-01-01') TO (MAXVALUE)",
    ];
    say(sql, &rest, genes.of(place::PARTITIONED + 2, 3));
    say(
        sql,
        &["", "CREATE INDEX part_at ON part (at)", "CREATE INDEX part_at ON part (id, at)"],
        genes.of(place::PARTITIONED + 3, 3),
    );
}

/// What a partition or child has of its own on a column that it has from above.
fn owned(
    genes: &Genes<'_>,
    from: usize,
    table: &str,
    [column, other]: [&str; 2],
    value: &str,
    sql: &mut String,
) {
    let _ = match genes.of(from, 2) {
        0 => Ok(()),
        _ => writeln!(sql, "ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {value};"),
    };
    let rules = [String::new(), format!("{column} > {value}"), format!("{column} < {value}")];
    let says = |rule: &str, text: String| if rule.is_empty() { String::new() } else { text };
    let rule = |at: usize| rules[genes.of(from + at, rules.len())].as_str();
    let check = says(rule(1), format!("ALTER TABLE {table} ADD CONSTRAINT own CHECK ({})", rule(1)));
    let index = says(rule(2), format!("CREATE INDEX own_{table} ON {table} ({column}) WHERE {}", rule(2)));
    let policy = says(rule(3), format!("CREATE POLICY own ON {table} USING ({})", rule(3)));
    let view =
        says(rule(4), format!("CREATE VIEW of_{table} AS SELECT {column} FROM {table} WHERE {}", rule(4)));
    for text in [check, index, policy, view] {
        say(sql, &["", &text], 1);
    }
    let said = [
        "",
        &format!("COMMENT ON COLUMN {table}.{column} IS 'own'"),
        &format!("GRANT SELECT ({column}) ON {table} TO PUBLIC"),
        &format!("CREATE STATISTICS own_{table} (ndistinct) ON {column}, {other} FROM {table}"),
    ];
    say(sql, &said, genes.of(from + 5, said.len()));
}

fn views(genes: &Genes<'_>, tables: &[Table], sql: &mut String) {
    let mut over = String::new();
    for view in 0..3 {
        let shape = genes.of(place::VIEWS + view, 5);
        let Some(table) = tables.get(view % tables.len().max(1)).filter(|_| shape > 0) else { continue };
        let columns: Vec<&str> = table.columns.iter().take(shape - 1).map(|it| it.name.as_str()).collect();
        let list = [&["id"], columns.as_slice()].concat().join(", ");
        let from = if over.is_empty() || shape == 2 { table.name.clone() } else { over.clone() };
        let list = if from == table.name { list } else { "id".to_owned() };
        let with = if shape == 4 { " WITH (security_barrier = true)" } else { "" };
        let _ = writeln!(sql, "CREATE VIEW v{view}{with} AS SELECT {list} FROM {from} WHERE id > {shape};");
        over = format!("v{view}");
    }
    let shape = genes.of(place::MATERIALIZED, 4);
    if let Some(table) = tables.last().filter(|_| shape > 0) {
        let _ = writeln!(sql, "CREATE MATERIALIZED VIEW m AS SELECT id, {shape} AS n FROM {};", table.name);
        say(
            sql,
            &["", "CREATE UNIQUE INDEX m_id ON m (id)", "CREATE INDEX m_id ON m (id, n)"],
            genes.of(place::MATERIALIZED + 1, 3),
        );
    }
}

fn others(genes: &Genes<'_>, tables: &[Table], sql: &mut String) {
    // A table without a write-ahead log cannot be published.
    if let Some(table) = tables.first().filter(|it| it.name != "t3") {
        let publications = [
            "",
            "CREATE PUBLICATION pub FOR TABLE NAME",
            "CREATE PUBLICATION pub FOR TABLE NAME WITH (publish = 'insert')",
            "CREATE PUBLICATION pub",
        ];
        let text = publications[genes.of(place::PUBLICATION, 4)].replace("NAME", &table.name);
        say(sql, &["", &text], usize::from(!text.is_empty()));
        let children: [&str; CHILDREN] = [
            "",
            "CREATE TABLE child (own int) INHERITS (NAME)",
            "CREATE TABLE child (own text DEFAULT 'o') INHERITS (NAME)",
        ];
        let text = children[genes.of(place::CHILD, CHILDREN)].replace("NAME", &table.name);
        say(sql, &["", &text], usize::from(!text.is_empty()));
        if !text.is_empty() {
            owned(genes, place::OWN + 6, "child", ["id", "own"], "7", sql);
            // The server cannot let go of a computed column on three levels.
            let levels = if sql.contains("GENERATED ALWAYS AS (") { 1 } else { 2 };
            say(
                sql,
                &["", "CREATE TABLE grandchild () INHERITS (child)"],
                genes.of(place::GRANDCHILD, levels),
            );
        }
    }
}
