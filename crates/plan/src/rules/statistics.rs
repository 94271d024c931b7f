//! Extended statistics. Does not know what was gathered.

use model::{ObjectId, Statistics, StatisticsKind};

use super::text::{inside, joined};
use super::{Alter, Context, Rules};
use crate::Mode;
use crate::draft::Draft;

impl Rules for Statistics {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let create = locked(Draft::create(id, sql(self, id)), self).reads(&self.expressions);
        let target = self.target.map(|it| aim(id, Some(it)).adds());
        std::iter::once(create).chain(target).collect()
    }

    fn alter(&self, new: &Statistics, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Statistics { relation, kinds, columns, expressions, target } = new;
        let remade = [
            ("relation", *relation != self.relation),
            ("kinds", *kinds != self.kinds),
            ("columns", *columns != self.columns),
            ("expressions", *expressions != self.expressions),
        ];
        if let Some((field, _)) = remade.into_iter().find(|(_, differs)| *differs) {
            return Alter::Replace(field);
        }
        if *target == self.target {
            return Alter::InPlace(Vec::new());
        }
        Alter::InPlace(vec![aim(id, *target).changed("target", number(self.target), number(*target))])
    }

    fn drop(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![locked(Draft::drop(id, format!("DROP STATISTICS {}", id.address())), self)]
    }
}

fn locked(draft: Draft, statistics: &Statistics) -> Draft {
    let relation = statistics.relation.qual_name();
    relation.into_iter().fold(draft, |draft, it| draft.lock(Mode::ShareUpdateExclusive, it))
}

/// How much is gathered; -1 is as much as the columns say.
fn aim(id: &ObjectId, target: Option<i32>) -> Draft {
    let sql = format!("ALTER STATISTICS {} SET STATISTICS {}", id.address(), number(target));
    Draft::alter(id, sql).trailing()
}

fn number(target: Option<i32>) -> i32 {
    target.unwrap_or(-1)
}

fn sql(statistics: &Statistics, id: &ObjectId) -> String {
    let Statistics { relation, kinds, columns, expressions, target: _ } = statistics;
    let usual = kinds.is_empty() || kinds[..] == StatisticsKind::ALL;
    let words = joined(kinds.iter().map(|it| it.word().to_string()));
    let kinds = if usual { String::new() } else { format!(" ({words})") };
    let elements = joined(columns.iter().map(ToString::to_string).chain(expressions.iter().map(inside)));
    format!("CREATE STATISTICS {}{kinds} ON {elements} FROM {}", id.address(), relation.address())
}
