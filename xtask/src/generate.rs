//! A made-up schema of any size, always the same for the same size: what `bench` measures with.
//!
//! It decides what there is and does not know how it is written down.

mod write;

pub(crate) use write::script;

/// The roles that are granted rights.
const ROLES: [&str; 2] = ["rail_viewer", "rail_clerk"];
/// The namespaces; tables go round them.
const NAMESPACES: [&str; 6] = ["crew", "depot", "fleet", "survey", "tariff", "yard"];

const NOUNS: [&str; 40] = [
    "axle",
    "ballast",
    "berth",
    "bogie",
    "brake",
    "bridge",
    "cable",
    "cargo",
    "coach",
    "coupling",
    "crossing",
    "culvert",
    "cutting",
    "driver",
    "engine",
    "fare",
    "freight",
    "gauge",
    "gradient",
    "halt",
    "headway",
    "junction",
    "lamp",
    "locomotive",
    "loop",
    "mast",
    "pass",
    "platform",
    "point",
    "railcar",
    "season",
    "shift",
    "shunt",
    "siding",
    "signal",
    "sleeper",
    "tanker",
    "trolley",
    "tunnel",
    "wagon",
];
const MANNERS: [&str; 42] = [
    "branch", "broad", "central", "coastal", "covered", "double", "eastern", "electric", "express", "flat",
    "goods", "heavy", "inner", "joint", "leased", "light", "lower", "main", "narrow", "night", "northern",
    "open", "outer", "relief", "remote", "rented", "retired", "rural", "scenic", "short", "single", "slow",
    "southern", "spare", "steep", "stopping", "suburban", "upper", "urban", "western", "winter", "worn",
];
const GRADES: [&str; 7] = ["minor", "routine", "notable", "serious", "severe", "vital", "unrated"];
const STATES: [&str; 8] =
    ["drafted", "ordered", "running", "halted", "stabled", "inspected", "scrapped", "returned"];

/// What fills a table up: name, type, default.
const STOCK: [(&str, &str, Option<&str>); 26] = [
    ("label", "text", None),
    ("caption", "varchar(60)", None),
    ("mailbox", "text", None),
    ("mark", "varchar(24)", None),
    ("remark", "text", Some("''")),
    ("wheels", "integer", Some("4")),
    ("place", "smallint", Some("1")),
    ("price", "numeric(10,2)", Some("0")),
    ("slope", "numeric(5,3)", None),
    ("mass", "double precision", None),
    ("in_service", "boolean", Some("true")),
    ("is_hired", "boolean", Some("false")),
    ("traits", "jsonb", Some("'{}'::jsonb")),
    ("telemetry", "jsonb", None),
    ("stops", "text[]", Some("'{}'::text[]")),
    ("foreign_ref", "uuid", None),
    ("valid_from", "date", Some("CURRENT_DATE")),
    ("valid_until", "date", None),
    ("inspected_at", "timestamptz", None),
    ("dwell", "interval", Some("'90 seconds'::interval")),
    ("beacon", "inet", None),
    ("drawing", "bytea", None),
    ("odometer", "bigint", Some("0")),
    ("language", "varchar(8)", Some("'de'")),
    ("money", "char(3)", Some("'CHF'")),
    ("minutes", "text", None),
];

/// A schema: what there is, by where it stands in the lists.
pub(crate) struct Model {
    enums: Vec<Enum>,
    tables: Vec<Table>,
}

struct Enum {
    namespace: &'static str,
    name: String,
    labels: Vec<String>,
}

struct Table {
    namespace: &'static str,
    name: String,
    /// The key is a number the server hands out; otherwise a uuid.
    numbered: bool,
    columns: Vec<Column>,
    /// Earlier tables it refers to, each through its own column.
    parents: Vec<Parent>,
    /// What `state` may be.
    states: Vec<String>,
    indexes: Vec<Index>,
    comment: Option<String>,
    /// The setting its policy compares `region` with.
    policy: Option<String>,
    /// What its trigger's function says.
    notice: Option<String>,
    view: Option<Shape>,
    /// The second role may write.
    writable: bool,
    /// `changed_at` came later, by ALTER TABLE.
    late_column: bool,
    /// The first foreign key came later, behind a guard.
    late_key: bool,
}

struct Column {
    name: String,
    of_type: String,
    default: Option<String>,
    not_null: bool,
    comment: Option<String>,
}

struct Parent {
    table: usize,
    column: String,
    reaction: &'static str,
}

struct Index {
    name: String,
    unique: bool,
    /// What follows the table's name.
    on: String,
}

#[derive(Clone, Copy)]
enum Shape {
    Joined,
    Counted,
}

/// A sequence of numbers that looks random and is always the same (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut it = self.0;
        it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        it ^ (it >> 31)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or_default()
    }

    fn from(&mut self, first: usize, last: usize) -> usize {
        first + self.below(last - first + 1)
    }

    /// Some of the items, in the order in which they stand.
    fn some<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut places: Vec<usize> = (0..items.len()).collect();
        while places.len() > count {
            places.remove(self.below(places.len()));
        }
        places.into_iter().map(|it| items[it].clone()).collect()
    }
}

/// A schema of so many tables. A smaller one is the beginning of a larger one, but for its enums.
pub(crate) fn model(tables: usize) -> Model {
    let enums = (0..(tables / 15).max(2)).map(an_enum).collect();
    let mut model = Model { enums, tables: Vec::with_capacity(tables) };
    for at in 0..tables {
        let table = table(&model, at);
        model.tables.push(table);
    }
    model
}

fn words(from: &[&str]) -> Vec<String> {
    from.iter().map(|it| (*it).to_owned()).collect()
}

fn an_enum(at: usize) -> Enum {
    let mut dice = Dice(at as u64 ^ 0xe000_0000);
    let count = dice.from(3, 5);
    let namespace = NAMESPACES[at % NAMESPACES.len()];
    Enum {
        namespace,
        name: format!("{}_grade_{at}", NOUNS[at % NOUNS.len()]),
        labels: dice.some(&words(&GRADES), count),
    }
}

/// Names are one noun each at first; then they take a manner, and a number where those are used up.
fn name(at: usize) -> String {
    let place = at / NAMESPACES.len();
    let noun = NOUNS[(place * 7) % NOUNS.len()];
    match place / NOUNS.len() {
        0 => noun.to_owned(),
        round if round <= MANNERS.len() => format!("{}_{noun}", MANNERS[round - 1]),
        round => format!("{}_{noun}_{round}", MANNERS[round % MANNERS.len()]),
    }
}

fn table(model: &Model, at: usize) -> Table {
    let mut dice = Dice(at as u64);
    let name = name(at);
    let parents = parents(model, &mut dice, at);
    let states_count = dice.from(3, 5);
    let states = dice.some(&words(&STATES), states_count);
    let policy = at.is_multiple_of(5).then(|| "rail.region".to_owned());
    let has_comments = at.is_multiple_of(2);
    let columns = columns(model, &mut dice, at, parents.len() + usize::from(policy.is_some()), has_comments);
    let indexes = vec![first_index(&name, &parents), second_index(&mut dice, &name, &columns, &states)];
    Table {
        namespace: NAMESPACES[at % NAMESPACES.len()],
        numbered: at % 3 != 1,
        columns,
        parents,
        states,
        indexes,
        comment: has_comments.then(|| format!("Every {}; it's kept for {} years", spoken(&name), 2 + at % 9)),
        policy,
        notice: (at % 10 == 3).then(|| "scrapping".to_owned()),
        view: match at % 20 {
            6 => Some(Shape::Joined),
            16 => Some(Shape::Counted),
            _ => None,
        },
        writable: at % 2 == 1,
        late_column: at % 12 == 7,
        late_key: at % 8 == 5,
        name,
    }
}

fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// One to three of the tables before this one; the first table has none.
fn parents(model: &Model, dice: &mut Dice, at: usize) -> Vec<Parent> {
    let mut parents: Vec<Parent> = Vec::new();
    for _ in 0..dice.from(1, 3).min(at) {
        let table = dice.below(at);
        let column = format!("{}_id", model.tables[table].name);
        if parents.iter().all(|it| it.column != column) {
            let reaction = ["CASCADE", "RESTRICT", "NO ACTION"][dice.below(3)];
            parents.push(Parent { table, column, reaction });
        }
    }
    parents
}

/// The columns besides the key and the references. With those a table has eight to fourteen.
fn columns(model: &Model, dice: &mut Dice, at: usize, others: usize, comments: bool) -> Vec<Column> {
    const STANDING: usize = 5;
    let grade = &model.enums[at % model.enums.len()];
    let want = dice.from(8, 14).saturating_sub(STANDING + others).max(2);
    let mut columns = vec![Column {
        name: "grade".into(),
        of_type: format!("{}.{}", grade.namespace, grade.name),
        default: Some(format!("'{}'", grade.labels[0])),
        not_null: true,
        comment: None,
    }];
    for (name, of_type, default) in dice.some(&STOCK, want) {
        columns.push(Column {
            name: name.into(),
            of_type: of_type.into(),
            default: default.map(Into::into),
            not_null: default.is_some() && dice.below(2) == 0,
            comment: None,
        });
    }
    if comments {
        for _ in 0..2 {
            let column = dice.below(columns.len());
            let comment = format!("What the {} is, as the depot told it", spoken(&columns[column].name));
            columns[column].comment = Some(comment);
        }
    }
    columns
}

fn first_index(table: &str, parents: &[Parent]) -> Index {
    let column = parents.first().map_or("made_at", |it| it.column.as_str());
    Index { name: format!("{table}_{column}_idx"), unique: false, on: format!("({column})") }
}

/// One of the kinds of index that the table's columns allow.
fn second_index(dice: &mut Dice, table: &str, columns: &[Column], states: &[String]) -> Index {
    let has = |name: &str| columns.iter().any(|it| it.name == name);
    let mut choices = vec![
        ("state_made", false, "(state, made_at)".to_owned()),
        ("waiting", false, format!("(made_at) WHERE state = '{}'", states[0])),
        ("latest", false, "(made_at DESC)".to_owned()),
    ];
    for (column, suffix, unique, on) in [
        ("mailbox", "mailbox_lower", true, "(lower(mailbox))"),
        ("label", "label_lower", false, "(lower(label))"),
        ("traits", "traits_gin", false, "USING gin (traits)"),
        ("mark", "mark_changed", true, "(mark) WHERE changed_at IS NOT NULL"),
    ] {
        if has(column) {
            choices.extend([(suffix, unique, on.to_owned()), (suffix, unique, on.to_owned())]);
        }
    }
    let (suffix, unique, on) = choices.swap_remove(dice.below(choices.len()));
    Index { name: format!("{table}_{suffix}"), unique, on }
}

/// How many edits [`edit`] makes.
pub(crate) const EDITS: usize = 10;

/// Edits the schema in ten places, one of each kind, none of which needs leave. Returns a word for each
/// that a right plan has to contain.
pub(crate) fn edit(model: &mut Model) -> Vec<String> {
    type Edit = (fn(&Table) -> bool, fn(&mut Model, usize, &str));
    const ALL: [Edit; EDITS] = [
        (|_| true, add_column),
        (|it| it.columns.iter().any(is_short), widen),
        (|it| it.columns.iter().any(|it| it.name == "remark"), new_default),
        (|_| true, add_index),
        (|_| true, new_state),
        (|_| true, new_label),
        (|it| it.comment.is_some(), new_comment),
        (|it| it.notice.is_some(), new_body),
        (|it| it.policy.is_some(), new_policy),
        (|_| true, new_table),
    ];
    let mut free: Vec<usize> = (0..model.tables.len()).collect();
    let mut markers = Vec::new();
    for (number, (fits, change)) in ALL.into_iter().enumerate() {
        let marker = format!("edit{}", number + 1);
        // The edits are spread over the schema: each begins to look further on.
        let start = number * free.len() / EDITS;
        let places = (start..free.len()).chain(0..start);
        if let Some(place) = places.into_iter().find(|it| fits(&model.tables[free[*it]])) {
            change(model, free.remove(place), &marker);
            markers.push(marker);
        }
    }
    markers
}

fn is_short(column: &Column) -> bool {
    column.of_type.starts_with("varchar(")
}

fn add_column(model: &mut Model, at: usize, marker: &str) {
    model.tables[at].columns.push(Column {
        name: format!("{marker}_score"),
        of_type: "integer".into(),
        default: Some("0".into()),
        not_null: true,
        comment: None,
    });
}

/// A type is no word to search a plan for; the comment beside it is.
fn widen(model: &mut Model, at: usize, marker: &str) {
    if let Some(column) = model.tables[at].columns.iter_mut().find(|it| is_short(it)) {
        column.of_type = "varchar(222)".into();
        column.comment = Some(format!("Longer since {marker}"));
    }
}

fn new_default(model: &mut Model, at: usize, marker: &str) {
    if let Some(column) = model.tables[at].columns.iter_mut().find(|it| it.name == "remark") {
        column.default = Some(format!("'{marker}'"));
    }
}

fn add_index(model: &mut Model, at: usize, marker: &str) {
    let on = "(made_at, state) WHERE changed_at IS NULL".to_owned();
    model.tables[at].indexes.push(Index { name: format!("{marker}_idx"), unique: false, on });
}

fn new_state(model: &mut Model, at: usize, marker: &str) {
    model.tables[at].states.push(marker.into());
}

fn new_label(model: &mut Model, at: usize, marker: &str) {
    let place = at % model.enums.len();
    model.enums[place].labels.push(marker.into());
}

fn new_comment(model: &mut Model, at: usize, marker: &str) {
    model.tables[at].comment = Some(format!("Told anew by {marker}"));
}

fn new_body(model: &mut Model, at: usize, marker: &str) {
    model.tables[at].notice = Some(format!("{marker} scrapping"));
}

fn new_policy(model: &mut Model, at: usize, marker: &str) {
    model.tables[at].policy = Some(format!("rail.{marker}"));
}

fn new_table(model: &mut Model, at: usize, marker: &str) {
    let parent = Parent { table: at, column: "subject_id".into(), reaction: "CASCADE" };
    model.tables.push(Table {
        namespace: model.tables[at].namespace,
        name: format!("{marker}_log"),
        numbered: true,
        columns: Vec::new(),
        parents: vec![parent],
        states: words(&STATES[..2]),
        indexes: Vec::new(),
        comment: None,
        policy: None,
        notice: None,
        view: None,
        writable: false,
        late_column: false,
        late_key: false,
    });
}
