//! Text as pieces and as tokens.

use model::Span;
use sql::{Cursor, PieceKind, TokenKind};

/// All of a text that is one file.
pub(crate) fn whole(text: &str) -> Span {
    Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
}

/// Panics unless the span is a part of the text that ends and begins between characters.
pub(crate) fn assert_slice(text: &str, span: Span) {
    let slice = text.get(span.start as usize..span.end as usize);
    assert!(slice.is_some(), "{span:?} is no slice of {text:?}");
}

/// Pieces stand in order and apart, and together with the comments, blanks and semicolons between them they
/// are the text.
pub(crate) fn split(text: &str) {
    let found = sql::split(text, 0);
    let mut end = 0;
    // A command may stand inside a statement, and is carried out before it.
    for piece in found.pieces.iter().filter(|it| it.kind != PieceKind::Meta) {
        assert_slice(text, piece.span);
        assert!(
            end <= piece.span.start && piece.span.start <= piece.span.end,
            "{piece:?} begins before {end}"
        );
        end = piece.span.end;
        let slice = &text[piece.span.start as usize..piece.span.end as usize];
        match piece.kind {
            PieceKind::Statement => {
                let open = !found.faults.is_empty();
                assert!(
                    !slice.is_empty() && (open || slice == slice.trim_ascii()),
                    "{slice:?} has blanks around it"
                );
            }
            PieceKind::Meta | PieceKind::CopyData => (),
        }
    }
    for it in &found.directives {
        assert_slice(text, it.span);
    }
    for it in &found.faults {
        assert_slice(text, it.span);
    }
    again(text, &found);
}

/// A statement cut out is the same statement when it is cut again, where nothing is left open.
fn again(text: &str, found: &sql::Pieces) {
    if !found.faults.is_empty() {
        return;
    }
    for piece in found.pieces.iter().filter(|it| it.kind == PieceKind::Statement) {
        let slice = &text[piece.span.start as usize..piece.span.end as usize];
        // A byte order mark is one at the very beginning only.
        if slice.starts_with('\u{feff}') {
            continue;
        }
        let pieces = sql::split(slice, 0).pieces;
        let inner: Vec<_> = pieces.iter().filter(|it| it.kind == PieceKind::Statement).collect();
        assert!(inner.len() == 1, "{slice:?} is cut into {pieces:?}");
    }
}

/// Tokens stand in order; their comparable form is the comparable form of itself; a cursor stays inside.
pub(crate) fn lex(text: &str) {
    let tokens = match sql::lex(text, whole(text)) {
        Ok(tokens) => tokens,
        Err(fault) => return assert_slice(text, fault.span),
    };
    let mut end = 0;
    for token in &tokens {
        assert_slice(text, token.span);
        assert!(
            end <= token.span.start && token.span.start < token.span.end,
            "{token:?} begins before {end}"
        );
        end = token.span.end;
        let slice = &text[token.span.start as usize..token.span.end as usize];
        match token.kind {
            TokenKind::Symbol | TokenKind::Number => assert_eq!(token.value, slice),
            TokenKind::Word => assert!(slice.to_ascii_lowercase().starts_with(&token.value)),
            TokenKind::Quoted | TokenKind::Text | TokenKind::Bits => (),
        }
    }
    // What ends a statement cannot stand inside of it.
    if tokens.iter().any(|it| it.is_symbol(";")) {
        return;
    }
    let key = sql::key(&tokens);
    let again = sql::lex(&key, whole(&key)).map(|it| sql::key(&it));
    assert_eq!(again.as_deref(), Ok(&*key), "the comparable form of {text:?}");
    let expr = sql::expr_of(text, &tokens, &std::sync::Arc::from([]));
    assert_eq!(expr.key, key);
    cursor(text, &tokens);
}

fn cursor(text: &str, tokens: &[sql::Tok]) {
    let mut cursor = Cursor::new(text, tokens, whole(text));
    while !cursor.is_done() {
        let before = cursor.mark();
        let taken = cursor.element();
        assert!(taken.len() == cursor.mark() - before);
        assert!(text.contains(cursor.text(taken)));
        _ = cursor.clone().parenthesised();
        _ = cursor.clone().dotted();
        _ = cursor.clone().integer();
        _ = cursor.clone().name_list();
        if let Err(fault) = cursor.expect_done() {
            assert_slice(text, fault.span);
        }
        if cursor.mark() == before {
            cursor.next();
        }
    }
}
