//! Renames inside a text: which tokens mean the renamed thing, and the text with those replaced.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use model::{Expr, Mention, Name, QualName, Span, literal};

use super::Names;
use super::scope::{self, Scopes};
use crate::mention::placed;
use crate::{Tok, TokenKind, expr_of, lex, server_expr};

/// Replaces what the expression names. `own` is the relation whose columns bare names mean.
pub(super) fn substitute(expr: &mut Expr, own: Option<&QualName>, names: &Names<'_>) {
    let Some(tokens) = tokens(&expr.text) else { return };
    let mut scan = Scan::new(expr, &tokens, own, names);
    for place in placed(&tokens) {
        scan.edit(&place.mention, place.tokens);
    }
    let edits = scan.edits;
    replace(expr, edits);
}

/// Replaces a label of an enum where it is written as a literal of that type.
pub(super) fn relabel(expr: &mut Expr, ty: &QualName, from: &str, to: &str) {
    let Some(tokens) = tokens(&expr.text) else { return };
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, it)| it.kind == TokenKind::Text) {
        let cast = |ahead: usize| tokens.get(at + ahead).and_then(Tok::name);
        let of_type = tokens.get(at + 1).is_some_and(|it| it.is_symbol("::"))
            && cast(2).as_ref() == Some(&ty.namespace)
            && cast(4).as_ref() == Some(&ty.name);
        if of_type && token.value == from {
            edits.push((token.span, literal(to)));
        }
    }
    replace(expr, edits);
}

/// Replaces a label where it stands in the bound of a partition: nothing there says of which type it is.
pub(super) fn relabel_bound(bound: &mut Expr, from: &str, to: &str) {
    let Some(tokens) = tokens(&bound.text) else { return };
    let labels = tokens.iter().filter(|it| it.kind == TokenKind::Text && it.value == from);
    let edits = labels.map(|it| (it.span, literal(to))).collect();
    replace(bound, edits);
}

/// A list of types as identities hold them, if anything in it is renamed.
pub(super) fn types(text: &str, names: &Names<'_>) -> Option<Arc<str>> {
    let tokens = tokens(text)?;
    let mut edits = Vec::new();
    for window in tokens.windows(3) {
        let [namespace, dot, name] = window else { continue };
        let (Some(space), Some(bare), true) = (namespace.name(), name.name(), dot.is_symbol(".")) else {
            continue;
        };
        let old = bare.within(space);
        let new = names.type_name(&old);
        if new != old {
            edits.push((namespace.span.to(name.span), new.to_string()));
        }
    }
    (!edits.is_empty()).then(|| edited(text, edits).into())
}

fn tokens(text: &str) -> Option<Vec<Tok>> {
    let end = u32::try_from(text.len()).ok()?;
    lex(text, Span { file: 0, start: 0, end }).ok()
}

fn replace(expr: &mut Expr, edits: Vec<(Span, String)>) {
    if edits.is_empty() {
        return;
    }
    let text = edited(&expr.text, edits);
    *expr = match (expr.mentions.is_empty(), tokens(&text)) {
        (false, Some(tokens)) => expr_of(&text, &tokens, &expr.path),
        _ => server_expr(&text, &expr.path),
    };
}

fn edited(text: &str, mut edits: Vec<(Span, String)>) -> String {
    edits.sort_by_key(|(span, _)| span.start);
    let (mut out, mut at) = (String::with_capacity(text.len() + 16), 0);
    for (span, new) in edits {
        out.push_str(text.get(at..span.start as usize).unwrap_or_default());
        out.push_str(&new);
        at = span.end as usize;
    }
    out + text.get(at..).unwrap_or_default()
}

/// What ends a list of results.
const CLAUSES: [&str; 13] = [
    "from",
    "where",
    "group",
    "order",
    "having",
    "limit",
    "union",
    "intersect",
    "except",
    "window",
    "offset",
    "fetch",
    "for",
];

/// What ends an item of a FROM list.
const JOINS: [&str; 10] =
    ["join", "left", "right", "full", "inner", "cross", "natural", "on", "using", "tablesample"];

/// Whether a clause or another item begins here.
fn is_clause(token: &Tok) -> bool {
    CLAUSES.iter().chain(&JOINS).any(|it| token.is(it))
}

struct Scan<'a> {
    tokens: &'a [Tok],
    path: &'a [Name],
    own: Option<&'a QualName>,
    names: &'a Names<'a>,
    /// What names mean, where that could be read.
    scopes: Scopes,
    /// How many subqueries each token stands in.
    depths: Vec<usize>,
    /// Which tokens stand in a list of results.
    results: Vec<bool>,
    /// What a qualifier means, and whether it is the relation's own name; `None` where it means several.
    aliases: HashMap<Name, Option<(QualName, bool)>>,
    /// The only relation of the outermost query, if it has but one.
    only: Option<QualName>,
    edits: Vec<(Span, String)>,
}

impl<'a> Scan<'a> {
    fn new(expr: &'a Expr, tokens: &'a [Tok], own: Option<&'a QualName>, names: &'a Names<'a>) -> Scan<'a> {
        let (depths, results) = levels(tokens);
        let is_named = tokens.iter().any(|it| it.name().is_some_and(|it| names.bare.contains(&it)));
        let scopes = match is_named {
            true => scope::read(&expr.text, tokens, own, &expr.path, names.schema),
            false => Scopes::default(),
        };
        let mut scan = Scan {
            tokens,
            path: &expr.path,
            own,
            names,
            scopes,
            depths,
            results,
            aliases: HashMap::new(),
            only: None,
            edits: Vec::new(),
        };
        if let Some(own) = own {
            scan.alias(own.name.clone(), own.clone(), true);
            scan.alias("old".into(), own.clone(), false);
            scan.alias("new".into(), own.clone(), false);
        }
        scan.read_from();
        scan
    }

    fn alias(&mut self, alias: Name, relation: QualName, own_name: bool) {
        let entry = self.aliases.entry(alias).or_insert_with(|| Some((relation.clone(), own_name)));
        if entry.as_ref().is_some_and(|it| *it != (relation, own_name)) {
            *entry = None;
        }
    }

    /// Learns what the qualifiers mean, and whether the outermost query reads one relation alone.
    fn read_from(&mut self) {
        let mut outer = Vec::new();
        for place in placed(self.tokens) {
            let Mention::Relation(parts) = &place.mention else { continue };
            if self.tokens[place.tokens.start].kind == TokenKind::Text {
                continue;
            }
            let Some(relation) = self.old_relation(parts) else { continue };
            match self.alias_at(place.tokens.end) {
                Some(alias) => self.alias(alias, relation.clone(), false),
                None => self.alias(relation.name.clone(), relation.clone(), true),
            }
            if self.depths[place.tokens.start] == 0 {
                outer.push((relation, place.tokens.end));
            }
        }
        if let ([(relation, end)], None) = (outer.as_slice(), self.own)
            && self.is_alone(*end)
        {
            self.only = Some(relation.clone());
        }
    }

    fn alias_at(&self, at: usize) -> Option<Name> {
        let at = at + usize::from(self.tokens.get(at).is_some_and(|it| it.is("as")));
        let token = self.tokens.get(at)?;
        token.name().filter(|_| token.kind == TokenKind::Quoted || !is_clause(token))
    }

    /// Whether the relation that ends here is all its FROM list has.
    fn is_alone(&self, end: usize) -> bool {
        let outer = |it: &(usize, &Tok)| self.depths[it.0] == 0;
        let from = self.tokens.iter().enumerate().filter(outer).filter(|(_, it)| it.is("from"));
        let [(from, _)] = from.collect::<Vec<_>>()[..] else { return false };
        let mut rest = self.tokens[from..].iter().take_while(|it| !it.is("where") && !it.is("group"));
        end > from && !rest.any(|it| it.is_symbol(",") || it.is("join") || it.is_symbol("("))
    }

    /// The old name of a relation as written, if it is looked up by a path that leads to a renamed one.
    fn old_relation(&self, parts: &[Name]) -> Option<QualName> {
        self.lookup(parts, |it| {
            self.names.relation(it) != *it || self.names.columns.keys().any(|(table, _)| table == it)
        })
    }

    /// The name in the namespace it is written with, else in the first of the path where `known` says so,
    /// else in the first of the path.
    fn lookup(&self, parts: &[Name], known: impl Fn(&QualName) -> bool) -> Option<QualName> {
        match parts {
            [name] => {
                let mut found = self.path.iter().map(|it| name.clone().within(it.clone()));
                found.clone().find(known).or_else(|| found.next())
            }
            [.., namespace, name] => Some(name.clone().within(namespace.clone())),
            [] => None,
        }
    }

    fn edit(&mut self, mention: &Mention, at: Range<usize>) {
        let names = self.names;
        match mention {
            Mention::Relation(parts) => self.qualified(parts, at, |it| names.relation(it)),
            Mention::Type(parts) => self.qualified(parts, at, |it| names.type_name(it)),
            Mention::Function(parts) => self.qualified(parts, at, |it| names.routine(it)),
            Mention::Collation(parts) => self.qualified(parts, at, |it| names.collation_name(it)),
            Mention::Column(parts) => self.column(parts, &at),
            Mention::Operator(_) | Mention::Star => (),
        }
    }

    fn qualified(&mut self, parts: &[Name], at: Range<usize>, rename: impl Fn(&QualName) -> QualName) {
        let Some(old) = self.lookup(parts, |it| rename(it) != *it) else { return };
        let new = rename(&old);
        let (Some(first), Some(last)) = (self.tokens.get(at.start), self.tokens.get(at.end - 1)) else {
            return;
        };
        if new == old {
            return;
        }
        let bare = parts.len() == 1 && new.namespace == old.namespace;
        let written = if bare { new.name.to_string() } else { new.to_string() };
        let written = if first.kind == TokenKind::Text { literal(&written) } else { written };
        self.edits.push((first.span.to(last.span), written));
        if new.name != old.name {
            self.keep_label(at.end - 1, &old.name);
        }
    }

    /// A result or function that is named by what it holds keeps that name.
    fn keep_label(&mut self, at: usize, name: &Name) {
        let Some(level) = self.scopes.naming.get(&self.tokens[at].span.start) else { return };
        let end = item_end(self.tokens, at, *level);
        self.add_label(end, name);
    }

    /// A name for the result that ends before this token.
    fn add_label(&mut self, end: usize, name: &Name) {
        let Some(last) = end.checked_sub(1).and_then(|it| self.tokens.get(it)) else { return };
        let behind = Span { start: last.span.end, ..last.span };
        self.edits.push((behind, format!(" AS {name}")));
    }

    /// A relation's own name, before a column or for its row.
    fn row(&mut self, table: &QualName, at: usize) {
        let new = self.names.relation(table).name;
        if new != table.name {
            self.edits.push((self.tokens[at].span, new.to_string()));
            self.keep_label(at, &table.name);
        }
    }

    fn column(&mut self, parts: &[Name], at: &Range<usize>) {
        let Some([first, .., last] | [first @ last]) = self.tokens.get(at.clone()) else { return };
        if let Some(table) = self.scopes.rows.get(&first.span.start).cloned() {
            self.row(&table, at.start);
            if parts.len() == 1 {
                return;
            }
        }
        match (self.scopes.columns.get(&last.span.start).cloned(), parts) {
            (Some(Some(table)), [.., name]) => return self.part(&table, name, at.end - 1, at),
            (Some(None), _) => return,
            _ => (),
        }
        match parts {
            [name] if self.tokens.get(at.end).is_some_and(|it| it.is_symbol(".")) => {
                self.qualifier(name, at.start);
            }
            [name] if self.depths[at.start] == 0 => {
                let Some(table) = self.own.or(self.only.as_ref()).cloned() else { return };
                self.part(&table, name, at.start, at);
            }
            [qualifier, name] => {
                let Some(Some((table, _))) = self.aliases.get(qualifier).cloned() else { return };
                self.qualifier(qualifier, at.start);
                self.part(&table, name, at.end - 1, at);
            }
            [namespace, table, name] => {
                let old = table.clone().within(namespace.clone());
                let new = self.names.relation(&old);
                if new != old
                    && let (Some(first), Some(last)) =
                        (self.tokens.get(at.start), self.tokens.get(at.start + 2))
                {
                    self.edits.push((first.span.to(last.span), new.to_string()));
                }
                self.part(&old, name, at.end - 1, at);
            }
            _ => (),
        }
    }

    /// A qualifier that is a renamed relation's own name.
    fn qualifier(&mut self, name: &Name, at: usize) {
        let Some(Some((table, true))) = self.aliases.get(name) else { return };
        let new = self.names.relation(table).name;
        if new != *name {
            self.edits.push((self.tokens[at].span, new.to_string()));
        }
    }

    /// The column itself. In a list of results the old name stays the name of the result.
    fn part(&mut self, table: &QualName, name: &Name, token: usize, at: &Range<usize>) {
        let new = self.names.column(table, name);
        if new == *name {
            return;
        }
        let mut span = self.tokens[token].span;
        let next = self.tokens.get(at.end);
        let alias = self.tokens.get(at.end + 1).filter(|_| next.is_some_and(|it| it.is("as")));
        let named = alias.filter(|it| it.name().as_ref() == Some(&new) && self.is_result(at));
        if let Some(alias) = named {
            span = span.to(alias.span);
        }
        self.edits.push((span, new.to_string()));
        if self.scopes.columns.contains_key(&self.tokens[token].span.start) {
            return self.keep_label(token, name);
        }
        let ends = |it: &Tok| {
            it.is_symbol(",")
                || it.is_symbol(")")
                || ["from", "where", "union"].iter().any(|word| it.is(word))
        };
        if named.is_none() && self.is_result(at) && next.is_none_or(ends) {
            self.add_label(at.end, name);
        }
    }

    fn is_result(&self, at: &Range<usize>) -> bool {
        let Some(before) = at.start.checked_sub(1).map(|it| &self.tokens[it]) else { return false };
        let begins =
            before.is_symbol(",") || before.is("select") || before.is("distinct") || before.is("all");
        begins && self.results[at.start]
    }
}

/// Where the item of a list ends that has this token in it: `level` is a byte on the level of the list.
fn item_end(tokens: &[Tok], at: usize, level: u32) -> usize {
    let step = |it: &Tok| i32::from(it.is_symbol("(")) - i32::from(it.is_symbol(")"));
    let depth = |to: usize| tokens[..to].iter().map(step).sum::<i32>();
    let list = depth(tokens.partition_point(|it| it.span.start < level));
    let mut here = depth(at);
    for (place, token) in tokens.iter().enumerate().skip(at + 1) {
        here += step(token);
        let within = tokens[place - 1].is("within");
        let ends = token.is_symbol(",") || token.is_symbol(";") || (is_clause(token) && !within);
        if here < list || here == list && ends {
            return place;
        }
    }
    tokens.len()
}

/// For each token, how many subqueries it stands in, and whether directly in a list of results.
fn levels(tokens: &[Tok]) -> (Vec<usize>, Vec<bool>) {
    let (mut depths, mut results) = (Vec::with_capacity(tokens.len()), Vec::with_capacity(tokens.len()));
    // Of each open parenthesis: whether it holds a query, and whether we are in its list of results.
    let mut frames = vec![(false, false)];
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            let query =
                ["select", "with", "values"].iter().any(|it| tokens.get(at + 1).is_some_and(|t| t.is(it)));
            depth += usize::from(query);
            frames.push((query, false));
        } else if token.is_symbol(")") && frames.len() > 1 {
            depth -= usize::from(frames.pop().is_some_and(|it| it.0));
        }
        if let Some(frame) = frames.last_mut() {
            let steers = token.kind == TokenKind::Word;
            match steers && token.value == "select" {
                true => frame.1 = true,
                false if steers && CLAUSES.contains(&token.value.as_str()) => frame.1 = false,
                false => (),
            }
        }
        depths.push(depth);
        results.push(frames.last().is_some_and(|it| it.1));
    }
    (depths, results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renamed;
    use model::{Index, Kind, Object, ObjectId, Schema, View};

    fn after(text: &str, own: bool, renames: &[(ObjectId, ObjectId)]) -> String {
        let path: model::SearchPath = Arc::from([Name::from("public")]);
        let t = QualName::new("public", "t");
        let mut schema = Schema::default();
        let expr = server_expr(text, &path);
        let view = Kind::View.named(&QualName::new("public", "v"));
        let check = Kind::Policy.of(&t, &"p".into());
        match own {
            true => {
                let (command, roles) = (model::Command::All, Vec::new());
                let policy =
                    model::Policy { permissive: true, command, roles, using: Some(expr), check: None };
                schema.insert(check, policy);
            }
            false => {
                let (columns, options) = (Vec::new(), Default::default());
                schema.insert(view, View { query: expr, columns, options, shape: model::Shape(None) });
            }
        }
        let schema = renamed(&schema, renames);
        let (_, object) = schema.iter().next().unwrap();
        assert!(!matches!(object, Object::Index(Index { .. })));
        object.exprs()[0].text.to_string()
    }

    fn table(from: &str, to: &str) -> (ObjectId, ObjectId) {
        (Kind::Table.named(&QualName::new("public", from)), Kind::Table.named(&QualName::new("public", to)))
    }

    fn column(of: (&str, &str), to: (&str, &str)) -> (ObjectId, ObjectId) {
        let id = |(table, name): (&str, &str)| Kind::Column.of(&QualName::new("public", table), &name.into());
        (id(of), id(to))
    }

    #[test]
    fn columns_of_the_own_table() {
        let a = [column(("t", "a"), ("t", "b"))];
        assert_eq!(
            after("((a > 1) AND (t.a < c) AND (x.a = f(a)))", true, &a),
            "((b > 1) AND (t.b < c) AND (x.a = f(b)))"
        );
        assert_eq!(after("'a'::text = \"a\"", true, &a), "'a'::text = b");
        let both = [table("t", "u"), column(("t", "a"), ("u", "b c"))];
        assert_eq!(
            after("EXISTS (SELECT 1 FROM public.t t_1 WHERE (t_1.a = t.a))", true, &both),
            "EXISTS (SELECT 1 FROM public.u t_1 WHERE (t_1.\"b c\" = u.\"b c\"))"
        );
        assert_eq!(after("nextval('public.t'::regclass)", true, &both), "nextval('public.u'::regclass)");
    }

    #[test]
    fn columns_of_a_query() {
        let a = [column(("t", "a"), ("t", "b"))];
        assert_eq!(
            after("SELECT a, lower(a) AS l FROM public.t WHERE (a > 1)", false, &a),
            "SELECT b AS a, lower(b) AS l FROM public.t WHERE (b > 1)"
        );
        assert_eq!(
            after("SELECT t.a AS b, x.a FROM (public.t JOIN public.x ON ((t.a = x.a)))", false, &a),
            "SELECT t.b, x.a FROM (public.t JOIN public.x ON ((t.b = x.a)))"
        );
        assert_eq!(after("SELECT a FROM x", false, &a), "SELECT a FROM x");
        let t = [table("t", "u")];
        assert_eq!(after("SELECT t.*, y.a FROM t, x AS y", false, &t), "SELECT u.*, y.a FROM u, x AS y");
    }
}
