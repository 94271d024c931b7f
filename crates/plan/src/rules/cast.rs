//! Casts, conversions and languages. Does not know what their functions do.

use model::{Cast, CastContext, CastMethod, Conversion, Language, ObjectId, literal};

use super::text::or_none;
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Cast {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let how = match &self.method {
            CastMethod::Function { name, arguments } => format!("WITH FUNCTION {name}({arguments})"),
            CastMethod::Inout => "WITH INOUT".to_owned(),
            CastMethod::Binary => "WITHOUT FUNCTION".to_owned(),
        };
        let context = match self.context {
            CastContext::Explicit => "",
            CastContext::Assignment => " AS ASSIGNMENT",
            CastContext::Implicit => " AS IMPLICIT",
        };
        vec![Draft::create(id, format!("CREATE CAST {} {how}{context}", id.address()))]
    }

    /// PostgreSQL changes nothing about a cast that is there.
    fn alter(&self, new: &Cast, _: &ObjectId, _: &Context<'_>) -> Alter {
        let Cast { source: _, target: _, method, context: _ } = new;
        Alter::Replace(if *method != self.method { "method" } else { "context" })
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP CAST {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

impl Rules for Conversion {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Conversion { from, to, function, default } = self;
        let default = if *default { "DEFAULT " } else { "" };
        let (name, from, to) = (id.address(), literal(from), literal(to));
        vec![Draft::create(
            id,
            format!("CREATE {default}CONVERSION {name} FOR {from} TO {to} FROM {function}"),
        )]
    }

    /// PostgreSQL changes nothing about a conversion that is there.
    fn alter(&self, new: &Conversion, _: &ObjectId, _: &Context<'_>) -> Alter {
        let Conversion { from, to, function, default: _ } = new;
        Alter::Replace(match () {
            () if *from != self.from => "from",
            () if *to != self.to => "to",
            () if *function != self.function => "function",
            () => "default",
        })
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP CONVERSION {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

impl Rules for Language {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, statement("CREATE", self, id))]
    }

    fn alter(&self, new: &Language, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Language { trusted, handler, inline, validator } = new;
        let mut draft = Draft::alter(id, statement("CREATE OR REPLACE", new, id)).gentle();
        if *trusted != self.trusted {
            draft = draft.changed("trusted", self.trusted, trusted);
        }
        if *handler != self.handler {
            draft = draft.changed("handler", &self.handler, handler);
        }
        if *inline != self.inline {
            draft = draft.changed("inline", or_none(self.inline.as_ref()), or_none(inline.as_ref()));
        }
        if *validator != self.validator {
            draft = draft.changed("validator", or_none(self.validator.as_ref()), or_none(validator.as_ref()));
        }
        Alter::InPlace(vec![draft])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP LANGUAGE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

fn statement(verb: &str, language: &Language, id: &ObjectId) -> String {
    let Language { trusted, handler, inline, validator } = language;
    let trusted = if *trusted { "TRUSTED " } else { "" };
    let inline = inline.as_ref().map(|it| format!(" INLINE {it}")).unwrap_or_default();
    let validator = validator.as_ref().map(|it| format!(" VALIDATOR {it}")).unwrap_or_default();
    format!("{verb} {trusted}LANGUAGE {} HANDLER {handler}{inline}{validator}", id.address())
}
