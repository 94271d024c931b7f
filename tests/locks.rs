//! *Locks as declared*: what a transaction holds after a step, beside what its steps say. Knows no law.

use std::collections::BTreeMap;

use plan::{Mode, Step};
use postgres::Client;

/// The relations that were there when the transaction began, and what it holds on them.
pub(crate) struct Watch {
    known: Vec<u32>,
    names: BTreeMap<u32, String>,
    held: BTreeMap<u32, Mode>,
    wrong: Vec<String>,
}

const RELATIONS: &str = "select c.oid, format('%I.%I', n.nspname, c.relname) from pg_class c \
    join pg_namespace n on n.oid = c.relnamespace \
    where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_'";

const LOCKS: &str = "select l.relation, l.mode from pg_locks l join pg_database d on d.oid = l.database \
    where d.datname = current_database() and l.locktype = 'relation' and l.pid = pg_backend_pid() and l.granted";

/// PostgreSQL's names of the modes in `pg_locks.mode`, weakest first.
const MODES: [(&str, Mode); 8] = [
    ("AccessShareLock", Mode::AccessShare),
    ("RowShareLock", Mode::RowShare),
    ("RowExclusiveLock", Mode::RowExclusive),
    ("ShareUpdateExclusiveLock", Mode::ShareUpdateExclusive),
    ("ShareLock", Mode::Share),
    ("ShareRowExclusiveLock", Mode::ShareRowExclusive),
    ("ExclusiveLock", Mode::Exclusive),
    ("AccessExclusiveLock", Mode::AccessExclusive),
];

impl Watch {
    /// Begins to watch the transaction of this session, which holds nothing yet.
    pub(crate) fn begin(client: &mut Client) -> Watch {
        let names = relations(client);
        Watch { known: names.keys().copied().collect(), names, held: BTreeMap::new(), wrong: Vec::new() }
    }

    /// After a step: everything newly held that keeps anybody waiting has been declared, and everything
    /// declared is held. A relation goes by its name before the step or after it.
    pub(crate) fn after(&mut self, client: &mut Client, step: &Step) {
        let (before, held) = (std::mem::replace(&mut self.names, relations(client)), held(client));
        for (relation, mode) in &held {
            let news = self.held.get(relation).is_none_or(|it| it < mode) && *mode > Mode::RowExclusive;
            let names = [before.get(relation), self.names.get(relation)];
            let declared =
                |it: &plan::Lock| names.contains(&Some(&it.relation.to_string())) && it.mode >= *mode;
            if news && self.known.contains(relation) && !step.locks.iter().any(declared) {
                let name = names.into_iter().flatten().next().cloned().unwrap_or_default();
                self.wrong.push(format!("{} on {name} is not declared: {}", mode.words(), step.sql));
            }
        }
        for lock in &step.locks {
            let name = lock.relation.to_string();
            let is_it = |it: &&u32| [before.get(it), self.names.get(it)].contains(&Some(&name));
            let Some(relation) = self.known.iter().find(is_it) else { continue };
            if held.get(relation).is_none_or(|it| *it < lock.mode) {
                self.wrong.push(format!("{} on {name} is not held: {}", lock.mode.words(), step.sql));
            }
        }
        self.held = held;
    }

    /// What was found wrong.
    pub(crate) fn wrong(self) -> Vec<String> {
        self.wrong
    }
}

fn relations(client: &mut Client) -> BTreeMap<u32, String> {
    let rows = client.query(RELATIONS, &[]).unwrap_or_else(|it| panic!("{it}"));
    rows.iter().map(|it| (it.get(0), it.get(1))).collect()
}

/// The strongest mode on each relation.
fn held(client: &mut Client) -> BTreeMap<u32, Mode> {
    let mut held = BTreeMap::new();
    for row in client.query(LOCKS, &[]).unwrap_or_else(|it| panic!("{it}")) {
        let mode = MODES.iter().find(|it| it.0 == row.get::<_, &str>(1));
        let mode = mode.unwrap_or_else(|| panic!("{}", row.get::<_, String>(1))).1;
        let strongest = held.entry(row.get(0)).or_insert(mode);
        *strongest = mode.max(*strongest);
    }
    held
}
