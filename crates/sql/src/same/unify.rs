//! Whether the server would print one tree for the other, as far as that follows from the columns' types.
//!
//! Knows which casts the server adds by itself in the few places where no catalog is needed to tell, and
//! refuses every other difference.

use std::sync::Arc;

use model::Name;

use super::Columns;
use super::tree::Node;

/// Functions of text whose argument the server brings from varchar to text, with what they yield.
const TEXT_FUNCTIONS: &[(&str, &str)] = &[
    ("lower", "text"),
    ("upper", "text"),
    ("btrim", "text"),
    ("initcap", "text"),
    ("md5", "text"),
    ("length", "integer"),
    ("char_length", "integer"),
    ("character_length", "integer"),
    ("octet_length", "integer"),
];
/// Functions of a text and more, of which pg_catalog has one for these arguments: what each takes, and what it yields.
const LONGER_TEXT_FUNCTIONS: &[(&str, &[&str], &str)] = &[
    ("split_part", &["text", "text", "integer"], "text"),
    ("replace", &["text", "text", "text"], "text"),
    ("translate", &["text", "text", "text"], "text"),
    ("regexp_replace", &["text", "text", "text"], "text"),
    ("regexp_replace", &["text", "text", "text", "text"], "text"),
    ("strpos", &["text", "text"], "integer"),
    ("starts_with", &["text", "text"], "boolean"),
    ("left", &["text", "integer"], "text"),
    ("right", &["text", "integer"], "text"),
    ("repeat", &["text", "integer"], "text"),
    ("substr", &["text", "integer"], "text"),
    ("substr", &["text", "integer", "integer"], "text"),
    ("btrim", &["text", "text"], "text"),
];
/// Types that a CASE takes from its results without bringing them to another.
const PLAIN: &[&str] =
    &["text", "integer", "bigint", "boolean", "uuid", "date", "jsonb", "timestamp with time zone"];
/// Operators of strings and of comparison, whose untyped literal takes the type of the other side.
const COMPARISONS: &[&str] = &["=", "<>", "<", ">", "<=", ">="];
const STRINGS: &[&str] = &["~~", "!~~", "~~*", "!~~*", "~", "!~", "~*", "!~*", "||"];
const SUMS: &[&str] = &["+", "-", "*", "/"];
const FIELDS: &[&str] = &["->", "->>"];

pub(super) struct Unifier<'a> {
    pub(super) columns: &'a Columns,
    /// The search path of the desired expression.
    pub(super) path: &'a [Name],
}

impl Unifier<'_> {
    /// Whether `actual`, printed by the server, is what it would print for `desired`. `want` is the type a
    /// bare literal takes here.
    pub(super) fn meets(&self, desired: &Node, actual: &Node, want: Option<&str>) -> bool {
        match (desired, actual) {
            (Node::Text(d), Node::Cast(a, ty)) if &**ty == "regclass" => {
                want == Some("regclass") && matches!(&**a, Node::Text(a) if self.is_relation(d, a))
            }
            (Node::Text(_) | Node::Null, Node::Cast(a, ty)) => **a == *desired && want == Some(&**ty),
            (Node::Text(d), Node::Number(a)) => d == a && is_whole(d, want),
            (Node::Number(d), Node::Cast(a, ty)) => {
                **a == Node::Number(d.clone()) && want == Some(&**ty) && is_promoted(ty)
            }
            (Node::Column(d), Node::Column(a)) => {
                d == a || self.own(d).is_some_and(|it| self.own(a) == Some(it))
            }
            (Node::Call(d, desired), Node::Call(a, actual)) => d == a && self.call(d, desired, actual),
            (Node::Unary(d, desired), Node::Unary(a, actual)) => d == a && self.meets(desired, actual, None),
            (Node::Binary(d, desired), Node::Binary(a, actual)) => d == a && self.binary(d, desired, actual),
            (Node::And(d), Node::And(a)) | (Node::Or(d), Node::Or(a)) | (Node::Row(d), Node::Row(a)) => {
                self.all(d, a, None)
            }
            (Node::Not(d), Node::Not(a)) => self.meets(d, a, None),
            (Node::Is(d, one), Node::Is(a, other)) => one == other && self.meets(d, a, None),
            (Node::Distinct(d), Node::Distinct(a)) => self.binary("=", d, a),
            (Node::In(left, items, not), Node::Any(actual, operator, all)) => {
                let expected = if *not { ("<>", true) } else { ("=", false) };
                expected == (operator.as_str(), *all) && self.list(left, items, actual)
            }
            (Node::In(d, items, not), Node::In(a, others, no)) => {
                not == no && self.meets(d, a, None) && self.all(items, others, None)
            }
            (Node::Any(d, one, every), Node::Any(a, other, all)) => {
                let ([left, array], [actual, printed]) = (&**d, &**a);
                let plain = self.type_of(left).is_some_and(|it| is_text(&it));
                let array = self.meets(array, printed, plain.then_some("text"));
                (one, every) == (other, all) && array && self.operand(left, actual, None)
            }
            (Node::Array(d), Node::Array(a)) => self.all(d, a, want),
            // As restored from a dump: the cast of all goes to each.
            (Node::Cast(d, to), Node::Array(a)) if &**to == "text[]" => match &**d {
                Node::Array(d) if d.iter().all(is_cast_to_varchar) => {
                    let inner: Option<Vec<Node>> = a.iter().map(uncast_text).collect();
                    inner.is_some_and(|it| self.all(d, &it, None))
                }
                _ => false,
            },
            (Node::Cast(d, one), Node::Cast(a, other)) => {
                let relation =
                    || matches!((&**d, &**a), (Node::Text(d), Node::Text(a)) if self.is_relation(d, a));
                one == other && (self.meets(d, a, None) || (&**one == "regclass" && relation()))
            }
            (Node::Case(operand, arms, other), Node::Case(actual, printed, default)) => {
                self.case((operand, arms, other), (actual, printed, default))
            }
            (Node::Collate(d, one), Node::Collate(a, other)) => {
                bare(one) == bare(other) && self.operand(d, a, None)
            }
            (Node::Subscript(d), Node::Subscript(a)) => {
                self.meets(&d[0], &a[0], None) && self.meets(&d[1], &a[1], None)
            }
            (Node::Field(d, one), Node::Field(a, other)) => one == other && self.meets(d, a, None),
            (Node::Extract(one, d), Node::Extract(other, a)) => one == other && self.meets(d, a, None),
            (Node::Zone(d), Node::Zone(a)) => {
                self.meets(&d[0], &a[0], None) && self.meets(&d[1], &a[1], Some("text"))
            }
            (
                Node::Null | Node::Bool(_) | Node::Number(_) | Node::Text(_) | Node::Bits(_) | Node::Word(_),
                _,
            ) => desired == actual,
            _ => false,
        }
    }

    /// Whether a relation's name in a string is the one the server prints: a bare one is looked up in
    /// pg_catalog, where all begin with `pg_`, and then in the path.
    fn is_relation(&self, desired: &str, actual: &str) -> bool {
        let parts = |text: &str| -> Option<Vec<Name>> {
            let tokens = super::tokens(text)?;
            tokens.iter().filter(|it| !it.is_symbol(".")).map(crate::Tok::name).collect()
        };
        match (parts(desired).as_deref(), parts(actual).as_deref()) {
            (Some([name]), Some([space, printed])) => {
                name == printed && self.path.first() == Some(space) && !name.as_str().starts_with("pg_")
            }
            (Some(desired), Some(actual)) => desired == actual,
            _ => false,
        }
    }

    fn all(&self, desired: &[Node], actual: &[Node], want: Option<&str>) -> bool {
        desired.len() == actual.len() && desired.iter().zip(actual).all(|(d, a)| self.meets(d, a, want))
    }

    /// A column by its bare name: the own table's name before it says nothing.
    fn own<'n>(&self, parts: &'n [Name]) -> Option<&'n Name> {
        match parts {
            [name] => Some(name),
            [table, name] => self.columns.table.as_ref().filter(|it| *it == table).map(|_| name),
            _ => None,
        }
    }

    fn call(&self, name: &[Name], desired: &[Node], actual: &[Node]) -> bool {
        let [name] = name else { return self.all(desired, actual, None) };
        if TEXT_FUNCTIONS.iter().any(|(it, _)| *it == name.as_str())
            && let ([d], [a]) = (desired, actual)
        {
            return self.operand(d, a, None);
        }
        if let Some((types, _)) = self.longer(name, desired) {
            return desired.len() == actual.len()
                && types.iter().zip(desired.iter().zip(actual)).all(|(ty, (d, a))| match *ty {
                    "text" => self.operand(d, a, Some("text")),
                    _ => self.meets(d, a, None),
                });
        }
        match name.as_str() {
            "coalesce" | "nullif" | "greatest" | "least" => {
                let ty = desired.first().and_then(|it| self.type_of(it)).map(|it| base(&it));
                self.all(desired, actual, ty.as_deref())
            }
            "current_setting" => self.all(desired, actual, Some("text")),
            "nextval" | "currval" => self.all(desired, actual, Some("regclass")),
            _ => self.all(desired, actual, None),
        }
    }

    /// What the arguments of a call are brought to, and what it yields, where its first is a text or varchar.
    fn longer(&self, name: &Name, arguments: &[Node]) -> Option<(&'static [&'static str], &'static str)> {
        let first = self.type_of(arguments.first()?)?;
        let is_meant = |it: &&(&str, &[&str], &str)| {
            it.0 == name.as_str() && it.1.len() == arguments.len() && is_text(&first)
        };
        LONGER_TEXT_FUNCTIONS.iter().find(is_meant).map(|(_, types, yields)| (*types, *yields))
    }

    /// The type of a CASE with these results: that of all that have one, else text.
    fn common<'n>(&self, results: impl Iterator<Item = &'n Node>) -> Option<Arc<str>> {
        let typed = results.filter(|it| !matches!(it, Node::Text(_) | Node::Null));
        let types: Option<Vec<Arc<str>>> = typed.map(|it| self.type_of(it)).collect();
        match types?.as_slice() {
            [] => Some("text".into()),
            [first, rest @ ..] => {
                (rest.iter().all(|it| it == first) && PLAIN.contains(&&**first)).then(|| Arc::clone(first))
            }
        }
    }

    fn binary(&self, operator: &str, desired: &[Node; 2], actual: &[Node; 2]) -> bool {
        let [left, right] = desired;
        if FIELDS.contains(&operator) {
            return self.meets(left, &actual[0], None) && self.meets(right, &actual[1], Some("text"));
        }
        let known = COMPARISONS.contains(&operator) || STRINGS.contains(&operator);
        let sum = SUMS.contains(&operator);
        let side = |it: &Node| {
            let ty = self.type_of(it).filter(|_| known || sum)?;
            let ty = if is_text(&ty) { Arc::from("text") } else { base(&ty) };
            (known || is_promoted(&ty)).then_some(ty)
        };
        let (of_left, of_right) = (side(left), side(right));
        let number = |node: &Node, ty: &Option<Arc<str>>| {
            // What the server promotes is never printed bare.
            !(matches!(node, Node::Number(_))
                && ty.as_ref().is_some_and(|it| !is_integer(it) && !is_promoted(it)))
        };
        number(left, &of_right)
            && number(right, &of_left)
            && self.operand(left, &actual[0], of_right.as_deref())
            && self.operand(right, &actual[1], of_left.as_deref())
    }

    /// A side of an operator, or the argument of a text function: varchar and name become text here.
    fn operand(&self, desired: &Node, actual: &Node, want: Option<&str>) -> bool {
        if let Node::Cast(inner, ty) = actual
            && &**ty == "text"
            && !matches!(desired, Node::Cast(..))
            && self.type_of(desired).is_some_and(|it| is_varchar(&it))
        {
            return self.meets(desired, inner, None);
        }
        // A string that is not brought to text where it has to be is another expression.
        self.meets(desired, actual, want)
    }

    /// `x IN ('a', 'b')`: the server makes an array of the common type of all.
    fn list(&self, left: &Node, items: &[Node], actual: &[Node; 2]) -> bool {
        let Some(ty) = self.type_of(left) else { return false };
        let [column, array] = actual;
        if !self.operand(left, column, None) {
            return false;
        }
        let item = if is_varchar(&ty) { Arc::from("character varying") } else { base(&ty) };
        let items_meet = |printed: &[Node]| {
            printed.len() == items.len()
                && items.iter().zip(printed).all(|(d, a)| match d {
                    Node::Number(_) if is_integer(&ty) && &*item != "bigint" => d == a,
                    Node::Number(_) => *a == Node::Cast(Box::new(d.clone()), Arc::clone(&item)),
                    Node::Text(_) => self.meets(d, a, Some(&*item)),
                    _ => !is_varchar(&ty) && self.meets(d, a, None),
                })
        };
        match array {
            Node::Array(printed) if is_varchar(&ty) => {
                // As restored from a dump: each element is brought to text by itself.
                let inner: Option<Vec<Node>> = printed.iter().map(uncast_text).collect();
                inner.is_some_and(|it| items_meet(&it))
            }
            Node::Array(printed) => items_meet(printed),
            Node::Cast(array, to) if is_varchar(&ty) && &**to == "text[]" => match &**array {
                Node::Array(printed) => items_meet(printed),
                _ => false,
            },
            _ => false,
        }
    }

    fn case(&self, desired: CaseParts<'_>, actual: CaseParts<'_>) -> bool {
        let ((operand, arms, other), (printed, actual_arms, default)) = (desired, actual);
        if operand.is_some() || printed.is_some() || arms.len() != actual_arms.len() {
            return false;
        }
        let results = arms.iter().map(|it| &it[1]).chain(other.as_deref());
        let common = self.common(results);
        let want = common.as_deref();
        let met = |(d, a): (&[Node; 2], &[Node; 2])| {
            self.meets(&d[0], &a[0], None) && self.meets(&d[1], &a[1], want)
        };
        let ends = match (other, default) {
            (Some(d), Some(a)) => self.meets(d, a, want),
            (None, Some(a)) => self.meets(&Node::Null, a, want),
            (None, None) => true,
            (Some(_), None) => false,
        };
        ends && arms.iter().zip(actual_arms).all(met)
    }

    /// The type of a desired node, where it is plain.
    fn type_of(&self, node: &Node) -> Option<Arc<str>> {
        match node {
            Node::Column(parts) => self.columns.types.get(self.own(parts).or_else(|| row(parts))?).cloned(),
            Node::Cast(_, ty) => Some(Arc::clone(ty)),
            Node::Extract(..) => Some("numeric".into()),
            Node::Call(name, arguments) => {
                let [name] = &name[..] else { return None };
                if let ("coalesce", [first, rest @ ..]) = (name.as_str(), &arguments[..]) {
                    let literals = rest.iter().all(|it| matches!(it, Node::Text(_) | Node::Number(_)));
                    return self.type_of(first).filter(|_| literals).map(|it| base(&it));
                }
                if name.as_str() == "current_setting" {
                    return Some("text".into());
                }
                if let Some((_, yields)) = self.longer(name, arguments) {
                    return Some(yields.into());
                }
                let found = TEXT_FUNCTIONS.iter().find(|(it, _)| *it == name.as_str());
                found.map(|(_, ty)| Arc::from(*ty))
            }
            Node::Binary(operator, _) if operator == "->>" => Some("text".into()),
            Node::Collate(inner, _) => self.type_of(inner),
            _ => None,
        }
    }
}

type CaseParts<'a> = (&'a Option<Box<Node>>, &'a Vec<[Node; 2]>, &'a Option<Box<Node>>);

/// A column of the old or the new row of a trigger.
fn row(parts: &[Name]) -> Option<&Name> {
    match parts {
        [row, name] if ["old", "new"].contains(&row.as_str()) => Some(name),
        _ => None,
    }
}

/// Collations of pg_catalog go by their bare name.
fn bare(name: &[Name]) -> &[Name] {
    match name {
        [space, rest @ ..] if space.as_str() == "pg_catalog" => rest,
        all => all,
    }
}

fn is_cast_to_varchar(node: &Node) -> bool {
    matches!(node, Node::Cast(_, ty) if &**ty == "character varying")
}

/// Whether a string is an integer's canonical form, and where it stands it becomes a number that is printed bare.
fn is_whole(text: &str, want: Option<&str>) -> bool {
    let Ok(value) = text.parse::<i64>() else { return false };
    let small = i32::try_from(value).is_ok();
    value.to_string() == text && (want == Some("integer") && small || want == Some("bigint") && !small)
}

fn uncast_text(node: &Node) -> Option<Node> {
    match node {
        Node::Cast(inner, ty) if &**ty == "text" && matches!(**inner, Node::Cast(..)) => {
            Some((**inner).clone())
        }
        _ => None,
    }
}

/// The type without its modifier, as a literal of it is printed.
pub(super) fn base(ty: &str) -> Arc<str> {
    let Some((before, rest)) = ty.split_once('(') else { return ty.into() };
    let after = rest.split_once(')').map_or("", |it| it.1);
    match before {
        "character" => format!("bpchar{after}").into(),
        _ => format!("{before}{after}").into(),
    }
}

fn is_varchar(ty: &str) -> bool {
    &*base(ty) == "character varying"
}

fn is_text(ty: &str) -> bool {
    ty == "text" || is_varchar(ty)
}

fn is_integer(ty: &str) -> bool {
    matches!(ty, "integer" | "bigint" | "smallint")
}

/// What an integer literal is brought to where it meets it.
fn is_promoted(ty: &str) -> bool {
    matches!(ty, "numeric" | "double precision")
}
