//! What is put off, what is blocked, and what a plan says of itself: on schemas built by hand.

use std::collections::HashSet;
use std::sync::Arc;

use model::{
    Column, Comment, Constraint, Deferral, Expr, Facts, ForeignKey, Index, IndexKey, Kind, Match, Mention,
    Name, Namespace, NotNull, Object, ObjectId, QualName, Reaction, Rule, Schema, Shape, Table, Type, View,
};
use plan::{Because, Options, Plan, Request, Verb};

fn expr(text: &str, mentions: Vec<Mention>) -> Expr {
    Expr {
        text: text.into(),
        key: text.into(),
        path: Arc::from([Name::from("public")]),
        mentions: mentions.into(),
    }
}

fn named(name: &str) -> QualName {
    QualName::new("public", name)
}

fn table(name: &str) -> ObjectId {
    Kind::Table.named(&named(name))
}

fn column(table: &str, name: &str) -> ObjectId {
    Kind::Column.of(&named(table), &Name::from(name))
}

fn view(name: &str) -> ObjectId {
    Kind::View.named(&named(name))
}

fn plain(ty: &str) -> Column {
    Column {
        ty: Type::builtin(ty),
        collation: None,
        identity: None,
        generated: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Default::default(),
        foreign: Default::default(),
    }
}

fn reading(table: &str) -> View {
    let query = expr(&format!("SELECT * FROM {table}"), vec![Mention::Relation(vec![Name::from(table)])]);
    View { query, columns: Vec::new(), options: Default::default(), shape: Shape(None) }
}

fn key(columns: &[&str]) -> Constraint {
    let columns = columns.iter().map(|it| Name::from(*it)).collect();
    let rule = Rule::PrimaryKey { columns, include: Vec::new(), without_overlaps: false };
    let (deferral, options) = (Deferral::Never, Default::default());
    Constraint { rule, deferral, validated: true, enforced: true, options, tablespace: None }
}

fn pointing(from: &str, to: &str) -> ForeignKey {
    ForeignKey {
        columns: vec![Name::from(from)],
        target: named(to),
        target_columns: vec![Name::from("id")],
        on_delete: Reaction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: Reaction::NoAction,
        matching: Match::Simple,
        deferral: Deferral::Never,
        validated: true,
        enforced: true,
        period: false,
    }
}

fn index(table_name: &str, column: &str) -> Index {
    let key = IndexKey {
        expr: expr(column, Vec::new()),
        column: Some(Name::from(column)),
        collation: None,
        opclass: None,
        opclass_options: Default::default(),
        descending: false,
        nulls_first: false,
    };
    Index {
        relation: table(table_name),
        unique: false,
        method: Name::from("btree"),
        keys: vec![key],
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        options: Default::default(),
        tablespace: None,
        statistics: std::collections::BTreeMap::new(),
        valid: true,
        attached_to: None,
        only: false,
        concurrently: false,
    }
}

fn schema(objects: Vec<(ObjectId, Object)>) -> Schema {
    let mut schema = Schema::default();
    schema.insert(Kind::Namespace.root(&Name::from("public")), Namespace {});
    for (id, object) in objects {
        schema.insert(id, object);
    }
    schema
}

fn with_columns(name: &str, columns: &[(&str, &str)]) -> Vec<(ObjectId, Object)> {
    let own = columns.iter().map(|(it, ty)| (column(name, it), plain(ty).into()));
    std::iter::once((table(name), Table::default().into())).chain(own).collect()
}

fn make(actual: &Schema, desired: &Schema, options: &Options, unmanaged: &HashSet<ObjectId>) -> Plan {
    let facts = Facts { major: 17, role: Name::from("me"), ..Facts::default() };
    let request = Request::between(diff::Pair { actual, desired }, &facts, options);
    plan::plan(Request { unmanaged, ..request })
}

fn plan(actual: &Schema, desired: &Schema, options: &Options) -> Plan {
    make(actual, desired, options, &HashSet::new())
}

fn sql(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|it| it.sql.as_str()).collect()
}

fn allowing(text: &str) -> Options {
    Options { allow: text.parse().into_iter().collect(), ..Options::default() }
}

#[test]
fn a_drop_without_leave_keeps_what_it_stands_on() {
    let mut objects = with_columns("t", &[("a", "integer"), ("b", "text")]);
    objects.push((view("v"), reading("t").into()));
    objects.push((Kind::Comment.on(&view("v")), Comment { text: "x".into() }.into()));
    let actual = schema(objects);
    let desired = schema(Vec::new());
    let plan = plan(&actual, &desired, &allowing("drop-table"));
    assert!(plan.steps.is_empty(), "{:?}", sql(&plan));
    let first = plan.pending.iter().find(|it| it.id == view("v"));
    assert!(first.is_some_and(|it| it.allow == ["drop-view:public.v"] && it.because == Because::NeedsLeave));
    assert_eq!(plan.pending.len(), 5);
}

#[test]
fn leave_for_one_object_is_not_leave_for_another() {
    let actual = schema(with_columns("t", &[("a", "integer"), ("b", "text"), ("c", "text")]));
    let desired = schema(with_columns("t", &[("a", "integer")]));
    let plan = plan(&actual, &desired, &allowing("drop-column:public.t.b"));
    assert_eq!(sql(&plan), ["ALTER TABLE public.t DROP COLUMN b"]);
    let pending: Vec<_> = plan.pending.iter().map(|it| (it.id.clone(), it.verb)).collect();
    assert_eq!(pending, [(column("t", "c"), Verb::Drop)]);
}

#[test]
fn a_column_takes_its_constraint_with_it() {
    let mut objects = with_columns("t", &[("a", "integer"), ("b", "integer")]);
    objects.push((Kind::Constraint.of(&named("t"), &Name::from("t_pkey")), key(&["b"]).into()));
    let plan =
        plan(&schema(objects), &schema(with_columns("t", &[("a", "integer")])), &allowing("drop-column"));
    assert_eq!(
        sql(&plan),
        ["ALTER TABLE public.t DROP CONSTRAINT t_pkey", "ALTER TABLE public.t DROP COLUMN b"]
    );
    assert!(plan.pending.is_empty());
}

#[test]
fn a_name_that_is_kept_is_not_given_away() {
    let actual = schema(with_columns("x", &[("a", "integer")]));
    let mut objects = with_columns("t", &[("a", "integer")]);
    objects.push((view("x"), reading("t").into()));
    objects.push((view("y"), reading("x").into()));
    objects.push((Kind::Comment.on(&view("x")), Comment { text: "x".into() }.into()));
    let desired = schema(objects);
    let plan = plan(&actual, &desired, &Options::default());
    assert_eq!(sql(&plan), ["CREATE TABLE public.t (\n    a integer\n)"]);
    let because = |id: &ObjectId| plan.pending.iter().find(|it| it.id == *id).map(|it| it.because.clone());
    assert_eq!(because(&view("x")), Some(Because::NameTaken { by: table("x") }));
    assert_eq!(because(&view("y")), Some(Because::DependsOn { id: view("x") }));
    assert_eq!(because(&table("x")), Some(Because::NeedsLeave));
    assert_eq!(plan.pending.len(), 5);
}

#[test]
fn a_retype_without_leave_suppresses_what_uses_the_column() {
    let actual = schema(with_columns("t", &[("a", "text"), ("b", "text")]));
    let mut objects = with_columns("t", &[("a", "integer"), ("b", "text"), ("c", "text")]);
    objects.push((Kind::Index.named(&named("i")), index("t", "a").into()));
    objects.push((Kind::Index.named(&named("j")), index("t", "b").into()));
    objects.push((Kind::NotNull.of(&named("t"), &Name::from("a")), NotNull::default().into()));
    let plan = plan(&actual, &schema(objects), &Options::default());
    assert_eq!(
        sql(&plan),
        [
            "ALTER TABLE public.t ADD COLUMN c text",
            "ALTER TABLE public.t ALTER COLUMN a SET NOT NULL",
            "CREATE INDEX j ON public.t USING btree (b)"
        ]
    );
    let pending: Vec<_> = plan.pending.iter().map(|it| it.id.clone()).collect();
    assert_eq!(pending, [column("t", "a"), Kind::Index.named(&named("i"))]);
}

#[test]
fn additive_adds_and_nothing_else() {
    let actual = schema(with_columns("t", &[("a", "integer"), ("old", "text")]));
    let locked = Table { row_security: true, ..Table::default() };
    let mut objects = with_columns("t", &[("a", "bigint"), ("new", "text")]);
    objects[0].1 = locked.into();
    objects.extend(with_columns("u", &[("a", "integer")]));
    let plan = plan(&actual, &schema(objects), &Options { additive: true, ..Options::default() });
    assert_eq!(
        sql(&plan),
        ["CREATE TABLE public.u (\n    a integer\n)", "ALTER TABLE public.t ADD COLUMN new text"]
    );
    let pending: Vec<_> = plan.pending.iter().map(|it| it.id.clone()).collect();
    assert_eq!(pending, [column("t", "old"), table("t"), column("t", "a")]);
    assert!(plan.pending.iter().all(|it| it.because == Because::OnlyAdditions));
}

#[test]
fn what_is_not_ours_blocks_and_can_be_allowed() {
    let both = |ty| {
        let mut objects = with_columns("t", &[("a", ty)]);
        objects.push((view("theirs"), reading("t").into()));
        schema(objects)
    };
    let (actual, desired) = (both("integer"), both("bigint"));
    let unmanaged = HashSet::from([view("theirs")]);
    let blocked = make(&actual, &desired, &Options::default(), &unmanaged);
    assert!(blocked.steps.is_empty());
    assert_eq!(blocked.blocked[0].allow.as_deref(), Some("rebuild-unmanaged:public.theirs"));
    let allowed = make(&actual, &desired, &allowing("rebuild-unmanaged:public.theirs"), &unmanaged);
    assert_eq!(
        sql(&allowed),
        [
            "DROP VIEW public.theirs",
            "ALTER TABLE public.t ALTER COLUMN a TYPE bigint",
            "CREATE VIEW public.theirs AS\nSELECT * FROM t"
        ]
    );
}

#[test]
fn what_is_not_ours_is_kept_though_nobody_declares_it() {
    let actual = schema(with_columns("theirs", &[("a", "integer")]));
    let unmanaged = actual.iter().map(|(id, _)| id.clone()).collect();
    let plan = make(&actual, &schema(Vec::new()), &Options::default(), &unmanaged);
    assert!(plan.is_empty());
}

#[test]
fn an_index_is_built_apart_only_where_it_is_asked_for_and_the_table_is_there() {
    let apart = Index { concurrently: true, ..index("t", "a") };
    let id = Kind::Index.named(&named("i"));
    let actual = schema(with_columns("t", &[("a", "integer")]));
    let mut objects = with_columns("t", &[("a", "integer")]);
    objects.push((id.clone(), apart.into()));
    objects.push((Kind::Comment.on(&id), Comment { text: "x".into() }.into()));
    objects.extend(with_columns("u", &[("a", "integer")]));
    let desired = schema(objects);
    let there = plan(&actual, &desired, &Options::default());
    assert_eq!(
        sql(&there),
        [
            "CREATE TABLE public.u (\n    a integer\n)",
            "CREATE INDEX CONCURRENTLY i ON public.t USING btree (a)",
            "COMMENT ON INDEX public.i IS 'x'"
        ]
    );
    assert_eq!(there.steps[1].transaction, plan::Transaction::Outside);
    let fresh = plan(&schema(Vec::new()), &desired, &Options::default());
    assert!(sql(&fresh).contains(&"CREATE INDEX i ON public.t USING btree (a)"));
}

/// A schema of many tables, each with a key, an index and a foreign key to the one before.
fn many(count: usize) -> Schema {
    let mut objects = Vec::new();
    for at in 0..count {
        let name = format!("t{at}");
        let columns: Vec<String> = (0..8).map(|it| format!("c{it}")).collect();
        let typed: Vec<(&str, &str)> = std::iter::once(("id", "bigint"))
            .chain(columns.iter().map(|it| (it.as_str(), "bigint")))
            .collect();
        objects.extend(with_columns(&name, &typed));
        let constraint = |it: &str| Kind::Constraint.of(&named(&name), &Name::new(format!("{name}_{it}")));
        objects.push((constraint("pkey"), key(&["id"]).into()));
        objects.push((Kind::Index.named(&named(&format!("{name}_i"))), index(&name, "c0").into()));
        if at > 0 {
            let fk = Kind::ForeignKey.of(&named(&name), &Name::new(format!("{name}_fk")));
            objects.push((fk, pointing("c1", &format!("t{}", at - 1)).into()));
        }
        let comment = Kind::Comment.on(&table(&name));
        objects.push((comment, Comment { text: name.clone() }.into()));
    }
    schema(objects)
}

/// Time grows with size and no faster: a quadratic step anywhere would show as a factor of sixteen.
#[test]
fn time_is_linear() {
    let time = |count: usize| {
        let (full, empty) = (many(count), schema(Vec::new()));
        let began = std::time::Instant::now();
        let there = plan(&empty, &full, &Options::default());
        let back = plan(&full, &empty, &Options { allow_destructive: true, ..Options::default() });
        assert_eq!(there.steps.len(), 4 * count - 1);
        assert_eq!(back.steps.len(), 2 * count - 1);
        began.elapsed()
    };
    let (few, more) =
        (time(500), time(std::env::var("N").ok().and_then(|it| it.parse().ok()).unwrap_or(2000)));
    println!("500 tables: {few:?}; 2000 tables: {more:?}");
    assert!(more < few * 10, "500 tables: {few:?}; 2000 tables: {more:?}");
}
