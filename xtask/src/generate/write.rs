//! Writes a made-up schema as teams write theirs: to be run again and again.
//!
//! It does not know how the schema was made up.

use std::fmt::{self, Display, Formatter, Write};

use super::{Column, Enum, Index, Model, NAMESPACES, Parent, ROLES, Shape, Table};

/// The schema as one file.
pub(crate) fn script(model: &Model) -> String {
    let mut out = String::new();
    // A String takes everything that is written to it.
    let _ = write!(out, "{model}");
    out
}

impl Display for Model {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "-- A railway, to measure with. May be run any number of times.\n")?;
        ROLES.iter().try_for_each(|role| role_guard(out, role))?;
        for namespace in NAMESPACES {
            writeln!(out, "CREATE SCHEMA IF NOT EXISTS {namespace};")?;
        }
        for (at, it) in self.enums.iter().enumerate() {
            writeln!(out, "\n{}", Guarded(at, it))?;
        }
        for table in &self.tables {
            whole_table(out, self, table)?;
        }
        for table in self.tables.iter().filter(|it| it.late_key) {
            late_key(out, self, table)?;
        }
        for table in &self.tables {
            trigger(out, table)?;
            view(out, self, table)?;
        }
        writeln!(out, "\nGRANT USAGE ON SCHEMA {} TO {};", NAMESPACES.join(", "), ROLES.join(", "))?;
        self.tables.iter().try_for_each(|it| grants(out, it))
    }
}

fn role_guard(out: &mut Formatter<'_>, role: &str) -> fmt::Result {
    let test = format!("SELECT FROM pg_roles WHERE rolname = '{role}'");
    writeln!(
        out,
        "DO $$\nBEGIN\n  IF NOT EXISTS ({test}) THEN\n    CREATE ROLE {role};\n  END IF;\nEND\n$$;\n"
    )
}

/// An enum behind one of the two usual guards.
struct Guarded<'a>(usize, &'a Enum);

impl Display for Guarded<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Guarded(at, Enum { namespace, name, labels }) = self;
        let create = format!("CREATE TYPE {namespace}.{name} AS ENUM ({});", Texts(labels));
        if at % 2 == 0 {
            let handler = "EXCEPTION\n  WHEN duplicate_object THEN NULL;";
            return write!(out, "DO $$\nBEGIN\n  {create}\n{handler}\nEND\n$$;");
        }
        let from = "pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace";
        let test = format!("SELECT 1 FROM {from} WHERE n.nspname = '{namespace}' AND t.typname = '{name}'");
        write!(out, "DO $$\nBEGIN\n  IF NOT EXISTS ({test}) THEN\n    {create}\n  END IF;\nEND\n$$;")
    }
}

/// Literals with commas between them.
struct Texts<'a>(&'a [String]);

impl Display for Texts<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for (at, text) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(out, "{comma}{}", Text(text))?;
        }
        Ok(())
    }
}

/// A literal.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "'{}'", self.0.replace('\'', "''"))
    }
}

/// A table's name, qualified.
struct At<'a>(&'a Table);

impl Display for At<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.0.namespace, self.0.name)
    }
}

impl Display for Column {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.name, self.of_type)?;
        if self.not_null {
            write!(out, " NOT NULL")?;
        }
        match &self.default {
            Some(default) => write!(out, " DEFAULT {default}"),
            None => Ok(()),
        }
    }
}

fn whole_table(out: &mut Formatter<'_>, model: &Model, table: &Table) -> fmt::Result {
    writeln!(out, "\nCREATE TABLE IF NOT EXISTS {} (", At(table))?;
    writeln!(out, "  {}\n);", elements(model, table).join(",\n  "))?;
    if table.late_column {
        writeln!(out, "ALTER TABLE {} ADD COLUMN IF NOT EXISTS changed_at timestamptz;", At(table))?;
    }
    for Index { name, unique, on } in &table.indexes {
        let unique = if *unique { "UNIQUE " } else { "" };
        writeln!(out, "CREATE {unique}INDEX IF NOT EXISTS {name} ON {} {on};", At(table))?;
    }
    if let Some(comment) = &table.comment {
        writeln!(out, "COMMENT ON TABLE {} IS {};", At(table), Text(comment))?;
    }
    for Column { name, comment, .. } in &table.columns {
        if let Some(comment) = comment {
            writeln!(out, "COMMENT ON COLUMN {}.{name} IS {};", At(table), Text(comment))?;
        }
    }
    policy(out, table)
}

/// What stands between the parentheses of CREATE TABLE.
fn elements(model: &Model, table: &Table) -> Vec<String> {
    let mut elements = vec![match table.numbered {
        true => "id bigint GENERATED ALWAYS AS IDENTITY".to_owned(),
        false => "id uuid NOT NULL DEFAULT gen_random_uuid()".to_owned(),
    }];
    for Parent { table: parent, column, .. } in &table.parents {
        let of_type = if model.tables[*parent].numbered { "bigint" } else { "uuid" };
        elements.push(format!("{column} {of_type}"));
    }
    if table.policy.is_some() {
        elements.push("region uuid NOT NULL".into());
    }
    elements.push(format!("state text NOT NULL DEFAULT '{}'", table.states[0]));
    elements.extend(table.columns.iter().map(Column::to_string));
    elements.push("made_at timestamptz NOT NULL DEFAULT now()".into());
    if !table.late_column {
        elements.push("changed_at timestamptz".into());
    }
    elements.push(format!("CONSTRAINT {}_pkey PRIMARY KEY (id)", table.name));
    let states = Texts(&table.states);
    elements.push(format!("CONSTRAINT {}_state_check CHECK (state IN ({states}))", table.name));
    let written = table.parents.iter().skip(usize::from(table.late_key));
    elements.extend(written.map(|it| foreign_key(model, table, it)));
    elements
}

fn foreign_key(model: &Model, table: &Table, parent: &Parent) -> String {
    let Parent { table: at, column, reaction } = parent;
    let to = At(&model.tables[*at]);
    let name = key_name(table, parent);
    format!("CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {to} (id) ON DELETE {reaction}")
}

fn key_name(table: &Table, parent: &Parent) -> String {
    format!("{}_{}_fkey", table.name, parent.column)
}

fn policy(out: &mut Formatter<'_>, table: &Table) -> fmt::Result {
    let Some(setting) = &table.policy else { return Ok(()) };
    let name = format!("{}_by_region", table.name);
    writeln!(out, "ALTER TABLE {} ENABLE ROW LEVEL SECURITY;", At(table))?;
    writeln!(out, "DROP POLICY IF EXISTS {name} ON {};", At(table))?;
    writeln!(out, "CREATE POLICY {name} ON {} FOR ALL TO {}", At(table), ROLES[1])?;
    writeln!(out, "  USING (region = current_setting('{setting}')::uuid);")
}

fn late_key(out: &mut Formatter<'_>, model: &Model, table: &Table) -> fmt::Result {
    let Some(parent) = table.parents.first() else { return Ok(()) };
    let name = key_name(table, parent);
    let at = At(table);
    let test =
        format!("SELECT 1 FROM pg_constraint WHERE conname = '{name}' AND conrelid = '{at}'::regclass");
    let add = format!("ALTER TABLE {at} ADD {};", foreign_key(model, table, parent));
    writeln!(out, "\nDO $$\nBEGIN\n  IF NOT EXISTS ({test}) THEN\n    {add}\n  END IF;\nEND\n$$;")
}

fn trigger(out: &mut Formatter<'_>, table: &Table) -> fmt::Result {
    let Some(notice) = &table.notice else { return Ok(()) };
    let name = format!("{}_stamp", table.name);
    let function = format!("{}.{name}", table.namespace);
    writeln!(out, "\nCREATE OR REPLACE FUNCTION {function}() RETURNS trigger AS $body$\nBEGIN")?;
    writeln!(out, "  NEW.changed_at := clock_timestamp();")?;
    writeln!(out, "  IF NEW.state = 'scrapped' AND OLD.state IS DISTINCT FROM NEW.state THEN")?;
    writeln!(out, "    RAISE NOTICE '{notice} {} %', OLD.id;\n  END IF;", table.name)?;
    writeln!(out, "  RETURN NEW;\nEND;\n$body$ LANGUAGE plpgsql;")?;
    writeln!(out, "DROP TRIGGER IF EXISTS {name} ON {};", At(table))?;
    writeln!(out, "CREATE TRIGGER {name} BEFORE UPDATE ON {}", At(table))?;
    writeln!(out, "  FOR EACH ROW EXECUTE FUNCTION {function}();")
}

fn view(out: &mut Formatter<'_>, model: &Model, table: &Table) -> fmt::Result {
    let (Some(shape), Some(parent)) = (table.view, table.parents.first()) else { return Ok(()) };
    let joined = format!(
        "FROM {} own JOIN {} other ON other.id = own.{}",
        At(table),
        At(&model.tables[parent.table]),
        parent.column
    );
    let (suffix, columns, rest) = match shape {
        Shape::Joined => (
            "current",
            "own.id, own.state, own.made_at, other.id AS other_id, other.state AS other_state",
            "WHERE own.state <> 'scrapped'",
        ),
        Shape::Counted => {
            ("counts", "other.id, count(*) AS many, max(own.made_at) AS newest", "GROUP BY other.id")
        }
    };
    writeln!(out, "\nCREATE OR REPLACE VIEW {}_{suffix} AS", At(table))?;
    writeln!(out, "  SELECT {columns}\n  {joined}\n  {rest};")
}

fn grants(out: &mut Formatter<'_>, table: &Table) -> fmt::Result {
    writeln!(out, "GRANT SELECT ON {} TO {};", At(table), ROLES[0])?;
    match table.writable {
        true => writeln!(out, "GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {};", At(table), ROLES[1]),
        false => Ok(()),
    }
}
