use std::sync::Arc;

use model::{Name, SearchPath};

use super::{Columns, Sameness, same};
use crate::server_expr;

fn columns(result: Option<&str>) -> Columns {
    let types = [
        ("v", "character varying(20)"),
        ("t", "text"),
        ("i", "integer"),
        ("n", "numeric(10,2)"),
        ("b", "bigint"),
        ("m", "public.mood"),
        ("c", "character(3)"),
        ("j", "jsonb"),
        ("d", "timestamp with time zone"),
        ("f", "boolean"),
    ];
    let types = types.iter().map(|(name, ty)| (Name::from(*name), Arc::from(*ty))).collect();
    Columns { table: Some("own".into()), types, result: result.map(Arc::from) }
}

fn is_same(desired: &str, actual: &str, result: Option<&str>) -> bool {
    let path: SearchPath = Arc::from([Name::from("public")]);
    let catalog: SearchPath = Arc::from([Name::from("pg_catalog")]);
    let (desired, actual) = (server_expr(desired, &path), server_expr(actual, &catalog));
    same(&desired, &actual, &columns(result)) == Sameness::Same
}

#[test]
fn what_the_server_prints_for_it() {
    for (desired, actual) in [
        (
            "v in ('a', 'b')",
            "((v)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
        ),
        (
            "v in ('a', 'b')",
            "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
        ),
        ("t NOT in ('a', 'b')", "(t <> ALL (ARRAY['a'::text, 'b'::text]))"),
        ("m in ('a', 'b')", "(m = ANY (ARRAY['a'::public.mood, 'b'::public.mood]))"),
        ("i in (1, -2)", "(i = ANY (ARRAY[1, '-2'::integer]))"),
        ("b in (1, 2)", "(b = ANY (ARRAY[(1)::bigint, (2)::bigint]))"),
        ("v in ('a')", "((v)::text = 'a'::text)"),
        ("i between 1 and 9 and own.t like 'x%'", "(((i >= 1) AND (i <= 9)) AND (t ~~ 'x%'::text))"),
        (
            "t is not null and not f or i is distinct from 3",
            "(((t IS NOT NULL) AND (NOT f)) OR (i IS DISTINCT FROM 3))",
        ),
        ("n >= 0", "(n >= (0)::numeric)"),
        ("n > -1.5", "(n > '-1.5'::numeric)"),
        ("lower(v) = 'x'", "(lower((v)::text) = 'x'::text)"),
        ("j ->> 'a' = 'b'", "((j ->> 'a'::text) = 'b'::text)"),
        ("char_length(t) <= 10", "(char_length(t) <= 10)"),
        ("m = 'sad'::mood", "(m = 'sad'::public.mood)"),
        ("d < now() - interval '1 day'", "(d < (now() - '1 day'::interval))"),
        ("v || 'x' <> t", "(((v)::text || 'x'::text) <> t)"),
        ("cast(i as text) !~ '^a'", "((i)::text !~ '^a'::text)"),
        ("case when f then 'a' else 'b' end = t", "(CASE WHEN f THEN 'a'::text ELSE 'b'::text END = t)"),
        ("coalesce(v, 'x') = 'y'", "((COALESCE(v, 'x'::character varying))::text = 'y'::text)"),
        ("v in ('a', 'b') and (i > 1)", "(v) in ('a', 'b') and i > 1"),
        (
            "v = any ((array['a'::varchar, 'b'::varchar])::text[])",
            "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b'::character varying)::text]))",
        ),
        ("i = '5' and b > '-9999999999'", "((i = 5) AND (b > '-9999999999'::bigint))"),
        (
            "split_part(v, '/', 2) in ('a', 'b')",
            "(split_part((v)::text, '/'::text, 2) = ANY (ARRAY['a'::text, 'b'::text]))",
        ),
        (
            "case when f then cast(split_part(v, '/', 2) as integer) else null end = i",
            "(CASE WHEN f THEN (split_part((v)::text, '/'::text, 2))::integer ELSE NULL::integer END = i)",
        ),
        (
            "case when f then d end is null",
            "(CASE WHEN f THEN d ELSE NULL::timestamp with time zone END IS NULL)",
        ),
        ("left(t, 1) = 'a'", "(\"left\"(t, 1) = 'a'::text)"),
        ("extract(year from d) > 2000", "(EXTRACT(year FROM d) > (2000)::numeric)"),
    ] {
        assert!(is_same(desired, actual, None), "{desired} / {actual}");
    }
    for (desired, actual, ty) in [
        ("'x'", "'x'::character varying", "character varying(20)"),
        ("'{}'", "'{}'::jsonb", "jsonb"),
        ("'0'", "0", "integer"),
        ("'-1'", "'-1'::integer", "integer"),
        ("NULL", "NULL::character varying", "character varying(20)"),
        ("'sad'", "'sad'::public.mood", "public.mood"),
        ("nextval('s'::regclass)", "nextval('public.s'::regclass)", "integer"),
        ("NEXTVAL('\"S\"')", "nextval('public.\"S\"'::regclass)", "integer"),
        (
            "NULLIF(current_setting('a.b', true), '')::uuid",
            "(NULLIF(current_setting('a.b'::text, true), ''::text))::uuid",
            "uuid",
        ),
        ("nextval('public.s')", "nextval('public.s'::regclass)", "integer"),
        ("now() at time zone 'utc'", "(now() AT TIME ZONE 'utc'::text)", "timestamp without time zone"),
        ("ARRAY[]::text[]", "ARRAY[]::text[]", "text[]"),
    ] {
        assert!(is_same(desired, actual, Some(ty)), "{desired} / {actual}");
    }
}

#[test]
fn what_it_does_not_tell() {
    for (desired, actual) in [
        ("b in (1, 2)", "(b = ANY (ARRAY[1, 2]))"),
        ("b = 5", "(b = (5)::bigint)"),
        ("b = '5'", "(b = 5)"),
        ("i = '05'", "(i = 5)"),
        ("i = '5'", "(i = 6)"),
        ("t = '5'", "(t = 5)"),
        ("split_part(c, '/', 2) = t", "(split_part((c)::text, '/'::text, 2) = t)"),
        ("split_part(v, '/', 2) = t", "(split_part((v)::text, '/'::text, 3) = t)"),
        ("case when f then i else null end = 1", "(CASE WHEN f THEN i ELSE NULL::bigint END = 1)"),
        ("case when f then v else null end = t", "(CASE WHEN f THEN v ELSE NULL::text END = t)"),
        ("nextval('s')", "nextval('other.s'::regclass)"),
        ("nextval('pg_s')", "nextval('public.pg_s'::regclass)"),
        ("i in (1, 2)", "(i = ANY (ARRAY[2, 1]))"),
        ("t = 'a'", "(t = 'b'::text)"),
        ("t = 'a'", "(t = ('a'::character varying)::text)"),
        ("c = 'a'", "((c)::text = 'a'::text)"),
        ("f and (f and i > 1)", "(f AND f AND (i > 1))"),
        ("t = any (array['a'::varchar])", "(t = ANY (ARRAY['a'::text]))"),
        ("a.x = 1", "(b.y = 1)"),
        ("not i = 1", "(i <> 1)"),
        ("t collate \"C\" = 'a'", "(t = 'a'::text)"),
        ("i + 1 > 2", "((i + (1 + 1)) > 2)"),
        ("gen_random_uuid() is null", "(public.gen_random_uuid() IS NULL)"),
        ("t <+> 'a'", "(t < (+ 'a'::text))"),
        ("t ~ 'a' || 'b'", "(t ~ ('a'::text || 'b'::text))"),
        ("exists (select 1 where own.f)", "(EXISTS ( SELECT 1 WHERE f))"),
        ("t = 'a' -- ", "(t = 'a'::text) AND"),
        ("- i ^ 2 > 1", "((- (i ^ 2)) > 1)"),
    ] {
        assert!(!is_same(desired, actual, None), "{desired} / {actual}");
    }
}

#[test]
fn deep_nesting_is_not_told_and_does_no_harm() {
    for levels in [10_000, 200_000] {
        let deep = format!("{}i{} > 1", "(".repeat(levels), ")".repeat(levels));
        assert!(!is_same(&deep, "(i > 1)", None));
    }
    let long = vec!["i"; 100_000].join(" + ");
    assert!(!is_same(&long, "(i > 1)", None));
    assert!(!is_same(&"not ".repeat(10_000), "i", None));
    assert!(!is_same(&format!("i{}", "::text".repeat(1_000)), "i", None));
}

#[test]
fn two_files_without_a_server() {
    use model::{Default, Kind, Object, QualName, Schema, Type};
    let column = |ty: &str| model::Column {
        ty: Type::builtin(ty),
        collation: None,
        identity: None,
        generated: None,
        storage: None,
        compression: None,
        statistics: None,
        foreign: model::Settings::new(),
        options: std::default::Default::default(),
    };
    let path: SearchPath = Arc::from([Name::from("nobody"), Name::from("public")]);
    let table = QualName::new("public", "t");
    let schema = |texts: [&str; 2]| {
        let mut schema = Schema::default();
        schema.insert(Kind::Table.named(&table), model::Table::default());
        for (name, text) in ["a", "b"].iter().zip(texts) {
            schema.insert(Kind::Column.of(&table, &(*name).into()), column("text"));
            schema.insert(
                Kind::Default.of(&table, &(*name).into()),
                Default { expr: server_expr(text, &path) },
            );
        }
        schema
    };
    let old = schema(["'x'", "'y'::text"]);
    let mut new = schema(["'x'::text", "'z'"]);
    super::settle_offline(&old, &mut new);
    let differs = |it: &&str| {
        let id = Kind::Default.of(&table, &(**it).into());
        old.get(&id) != new.get(&id)
    };
    assert_eq!(["a", "b"].iter().filter(|it| differs(it)).collect::<Vec<_>>(), [&"b"]);
    assert!(matches!(new.iter().next(), Some((_, Object::Table(_)))));
}
