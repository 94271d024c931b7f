//! Reads views and materialized views. Knows their columns only as what they yield.

use model::{Kind, MaterializedView, Name, Populated, Shape, Type, View};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "views", sql: include_str!("view.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let oid = row.get("oid")?;
        let Some(id) = reader.relation_id(oid).cloned() else { continue };
        let text = row.deparsed("query")?;
        let query = reader.expr(text.trim_end().trim_end_matches(';'));
        let shape = Shape(Some(shape(reader, row.query, oid)?));
        reader.put_address(class::RULE, row.get("rule")?, 0, id.clone());
        let Some(relation) = reader.relations.get(&oid) else { continue };
        let options = relation.options.clone();
        if id.kind == Kind::View {
            reader.schema.insert(id, View { query, columns: Vec::new(), options, shape });
            continue;
        }
        let view = MaterializedView {
            query,
            columns: Vec::new(),
            options,
            access_method: relation.access_method.clone(),
            tablespace: relation.tablespace.clone(),
            populated: Populated(relation.populated),
            shape,
        };
        reader.schema.insert(id, view);
    }
    Ok(())
}

fn shape(reader: &Reader, query: &'static str, oid: u32) -> Result<Vec<(Name, Type)>, Error> {
    let columns = reader.columns.get(&oid).into_iter().flatten();
    columns.map(|it| Ok((it.name.clone(), reader.ty(query, it.ty.0, Some(it.ty.1))?))).collect()
}
