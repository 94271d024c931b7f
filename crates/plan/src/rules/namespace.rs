//! Namespaces and extensions. Does not know what is in them.

use model::{Extension, Kind, Name, Namespace, ObjectId, literal};

use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::{Draft, Stage};

/// What well-known extensions require; the server would refuse them in another order.
const REQUIRES: &[(&str, &str)] = &[
    ("earthdistance", "cube"),
    ("pgrouting", "postgis"),
    ("postgis_raster", "postgis"),
    ("postgis_sfcgal", "postgis"),
    ("postgis_topology", "postgis"),
    ("postgis_tiger_geocoder", "postgis"),
    ("postgis_tiger_geocoder", "fuzzystrmatch"),
];

impl Rules for Namespace {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, format!("CREATE SCHEMA {}", id.address()))]
    }

    fn alter(&self, new: &Namespace, _: &ObjectId, _: &Context<'_>) -> Alter {
        let Namespace {} = new;
        Alter::InPlace(Vec::new())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP SCHEMA {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropNamespace)]
    }
}

impl Rules for Extension {
    /// One that names no schema has its own or goes into the first of the search path.
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let namespace = self.namespace.as_ref().map(|it| format!(" SCHEMA {it}")).unwrap_or_default();
        let version = self.version.as_ref().map(|it| format!(" VERSION {}", literal(it))).unwrap_or_default();
        let with = if namespace.is_empty() && version.is_empty() { "" } else { " WITH" };
        let required = REQUIRES.iter().filter(|(name, _)| *name == id.name().as_str());
        let required = required.map(|(_, it)| Kind::Extension.root(&Name::from(*it)));
        let create =
            Draft::create(id, format!("CREATE EXTENSION {}{with}{namespace}{version}", id.address()));
        let mut create = create.needs(required);
        if self.namespace.is_none() {
            let path = &cx.facts.search_path;
            create.step.path = if path.is_empty() { [Name::from("public")].into() } else { path[..].into() };
        }
        vec![create]
    }

    fn alter(&self, new: &Extension, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Extension { namespace, version } = new;
        let mut drafts = Vec::new();
        if let Some(version) = version.as_ref().filter(|_| *version != self.version) {
            let sql = format!("ALTER EXTENSION {} UPDATE TO {}", id.address(), literal(version));
            let old = self.version.clone().unwrap_or_default();
            drafts.push(Draft::alter(id, sql).changed("version", old, version).stage(Stage::Early));
        }
        if let Some(namespace) = namespace.as_ref().filter(|_| *namespace != self.namespace) {
            let sql = format!("ALTER EXTENSION {} SET SCHEMA {namespace}", id.address());
            let old = self.namespace.as_ref().map(Name::to_string).unwrap_or_default();
            drafts.push(Draft::alter(id, sql).changed("namespace", old, namespace));
        }
        Alter::InPlace(drafts)
    }

    /// Whatever still uses its types and functions has to be gone by then.
    fn drop(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let sql = format!("DROP EXTENSION {}", id.address());
        vec![Draft::drop(id, sql).hazard(Hazard::DropExtension).stage(Stage::Late)]
    }
}
