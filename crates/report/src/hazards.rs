//! The table of hazards, as `reconcile hazards` prints it. Does not know which step has which.

use plan::{HAZARDS, HazardRow};

use crate::look::{Look, Paint};

/// Every hazard: what needs leave, and what is only told.
pub fn hazards(look: Look) -> String {
    let width = HAZARDS.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let line = |row: &HazardRow, paint| {
        let name = look.paint(paint, &format!("{:width$}", row.name));
        format!("  {name}  {}\n", row.sentence)
    };
    let (leave, told): (Vec<&HazardRow>, Vec<&HazardRow>) = HAZARDS.iter().partition(|it| it.needs_leave);
    let mut text = look.paint(Paint::Head, "Done only with leave (--allow HAZARD[:object-glob]):") + "\n";
    text.extend(leave.into_iter().map(|it| line(it, Paint::Danger)));
    text += "\n";
    text += &look.paint(Paint::Head, "Told, but done without leave:");
    text += "\n";
    text.extend(told.into_iter().map(|it| line(it, Paint::Change)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hazard_is_in_the_table() {
        let text = hazards(Look::default());
        assert!(HAZARDS.iter().all(|it| text.contains(it.name) && text.contains(it.sentence)));
        assert!(text.contains("\n  drop-table              Drops a table with its rows.\n"), "{text}");
    }
}
