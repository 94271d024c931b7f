//! Where only additions are made nothing is renamed, and what waits for a rename is not made a second time.

use model::{Kind, QualName};
use plan::{Because, Options};
use reconcile::pipeline::{self, Wanted};

use crate::laws::{compare_as, wanted};
use crate::live::Database;

const FILE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE people (
        id integer CONSTRAINT people_pkey PRIMARY KEY, name text CONSTRAINT people_name UNIQUE, mood mood
    );
    CREATE VIEW names AS SELECT name FROM people;
";

const LATER: &str = "
    CREATE TYPE mood AS ENUM (
        -- reconcile: renamed from sad
        'blue', 'ok');
    -- reconcile: renamed from people
    CREATE TABLE persons (
        id integer CONSTRAINT people_pkey PRIMARY KEY,
        -- reconcile: renamed from name
        title text CONSTRAINT uq_title UNIQUE,
        mood mood,
        more text
    );
    CREATE VIEW names AS SELECT title AS name FROM persons;
";

#[test]
fn additions_rename_nothing() {
    let database = Database::new();
    let mut client = database.load("additions", FILE);
    let options = Options { additive: true, ..Options::default() };
    let wanted = Wanted { scope: Default::default(), options, ..wanted() };
    let mut comparison = compare_as(&mut client, "additions", LATER, &wanted);
    let plan = pipeline::plan(&mut client, &mut comparison, &wanted.options);
    let plan = plan.unwrap_or_else(|it| panic!("{it}"));
    let steps: Vec<&str> = plan.steps.iter().map(|it| it.sql.as_str()).collect();
    assert_eq!(steps, ["ALTER TABLE public.people ADD COLUMN more text"]);
    let persons = QualName::new("public", "persons");
    let waiting = [
        Kind::Table.named(&persons),
        Kind::Column.of(&persons, &"title".into()),
        Kind::Constraint.of(&persons, &"uq_title".into()),
        Kind::Enum.named(&QualName::new("public", "mood")),
    ];
    let pending: Vec<_> = plan.pending.iter().map(|it| (&it.id, &it.because)).collect();
    assert_eq!(pending, waiting.iter().map(|it| (it, &Because::OnlyAdditions)).collect::<Vec<_>>());
}
