//! The body of a DO block as a tree: blocks, branches, loops, and the statements in them.
//!
//! Knows the grammar of PL/pgSQL's control structures; decides and runs nothing.

use model::{Name, Span};
use sql::{Code, Cursor, Fault, Tok};

/// How deep blocks may nest.
const DEEPEST: usize = 100;

/// One statement of a body.
#[derive(Debug)]
pub(crate) enum Stmt<'t> {
    /// A statement of SQL.
    Sql(&'t [Tok]),
    If(If<'t>),
    Case(Case<'t>),
    Block(Block<'t>),
    /// `EXECUTE text [INTO …] [USING …]`
    Execute(&'t [Tok]),
    /// `name := expression`
    Assign(Name, &'t [Tok]),
    Loop(Loop<'t>),
    /// `RAISE …`
    Raise(&'t [Tok]),
    Perform(&'t [Tok]),
    Return,
    Null,
    /// `EXIT` and `CONTINUE`, with the condition behind WHEN.
    Leave {
        exit: bool,
        when: Option<&'t [Tok]>,
    },
    /// A statement of PL/pgSQL that is not followed.
    Other(Span),
}

#[derive(Debug)]
pub(crate) struct If<'t> {
    /// Conditions and what they guard, ELSIFs included.
    pub(crate) branches: Vec<(&'t [Tok], Vec<Stmt<'t>>)>,
    pub(crate) otherwise: Vec<Stmt<'t>>,
    /// The whole statement.
    pub(crate) tokens: &'t [Tok],
}

/// `CASE [operand] WHEN … THEN … [ELSE …] END CASE`
#[derive(Debug)]
pub(crate) struct Case<'t> {
    pub(crate) operand: &'t [Tok],
    pub(crate) arms: Vec<(&'t [Tok], Vec<Stmt<'t>>)>,
    pub(crate) otherwise: Vec<Stmt<'t>>,
}

/// A variable, its type, and the expression it begins as.
#[derive(Debug)]
pub(crate) struct Variable<'t> {
    pub(crate) name: Name,
    pub(crate) ty: &'t [Tok],
    pub(crate) value: Option<&'t [Tok]>,
}

#[derive(Debug, Default)]
pub(crate) struct Block<'t> {
    /// Variables and what they begin as.
    pub(crate) variables: Vec<Variable<'t>>,
    pub(crate) statements: Vec<Stmt<'t>>,
    /// The names of errors and what is done then.
    pub(crate) handlers: Vec<(Vec<String>, Vec<Stmt<'t>>)>,
}

#[derive(Debug)]
pub(crate) struct Loop<'t> {
    /// The variables that take a value each time; none in a plain LOOP or WHILE.
    pub(crate) variables: Vec<Name>,
    pub(crate) over: Over<'t>,
    pub(crate) statements: Vec<Stmt<'t>>,
}

/// What a loop runs over.
#[derive(Debug)]
pub(crate) enum Over<'t> {
    /// `FOREACH x IN ARRAY expression`
    Array(&'t [Tok]),
    /// `FOR x IN a .. b` or `FOR x IN SELECT …`
    Rows(&'t [Tok]),
    /// Until something else says so: a WHILE or a plain LOOP.
    Unknown(Span),
}

impl<'t> If<'t> {
    /// The statements of every branch.
    pub(crate) fn all(&self) -> Vec<&Stmt<'t>> {
        self.branches.iter().flat_map(|it| &it.1).chain(&self.otherwise).collect()
    }
}

impl<'t> Case<'t> {
    /// The statements of every arm.
    pub(crate) fn all(&self) -> Vec<&Stmt<'t>> {
        self.arms.iter().flat_map(|it| &it.1).chain(&self.otherwise).collect()
    }
}

impl<'t> Stmt<'t> {
    /// The statements inside, handlers of blocks left out.
    pub(crate) fn inside(&self) -> Vec<&Stmt<'t>> {
        match self {
            Stmt::If(it) => it.all(),
            Stmt::Case(it) => it.all(),
            Stmt::Loop(it) => it.statements.iter().collect(),
            Stmt::Block(it) => it.statements.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// Reads a whole body.
pub(crate) fn read<'t>(cursor: &mut Cursor<'t>) -> Result<Block<'t>, Fault> {
    let block = block(cursor, 0)?;
    cursor.expect_done()?;
    Ok(block)
}

fn block<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<Block<'t>, Fault> {
    if depth > DEEPEST {
        return Err(Fault { code: Code::Unsupported, ..cursor.fault("blocks are nested too deep here") });
    }
    let mut block = Block::default();
    label(cursor)?;
    if cursor.eat(&["declare"]) {
        while !cursor.at(&["begin"]) && !cursor.is_done() {
            block.variables.push(variable(cursor)?);
        }
    }
    cursor.expect(&["begin"])?;
    block.statements = statements(cursor, depth)?;
    if cursor.eat(&["exception"]) {
        while cursor.eat(&["when"]) {
            let names = cursor.until(|it| it.at(&["then"])).iter();
            let names =
                names.filter(|it| it.name().is_some() && !it.is("or")).map(|it| it.value.clone()).collect();
            cursor.expect(&["then"])?;
            block.handlers.push((names, statements(cursor, depth)?));
        }
    }
    cursor.expect(&["end"])?;
    _ = !cursor.at_symbol(";") && !cursor.is_done() && cursor.name().is_ok();
    if !cursor.eat_symbol(";") && !cursor.is_done() {
        return Err(cursor.wanted("`;`"));
    }
    Ok(block)
}

/// `<<label>>`
fn label(cursor: &mut Cursor<'_>) -> Result<(), Fault> {
    if cursor.eat_symbol("<<") {
        cursor.name()?;
        cursor.expect_symbol(">>")?;
    }
    Ok(())
}

/// `name [CONSTANT] type [NOT NULL] [:= | = | DEFAULT expression];`
fn variable<'t>(cursor: &mut Cursor<'t>) -> Result<Variable<'t>, Fault> {
    let name = cursor.name()?;
    let assigns = |it: &Cursor<'_>| it.at_symbol(":=") || it.at_symbol("=") || it.at(&["default"]);
    cursor.eat(&["constant"]);
    let ty = until_plain(cursor, |it| it.at_symbol(";") || assigns(it));
    let value = if assigns(cursor) {
        cursor.next();
        Some(cursor.until(|it| it.at_symbol(";")))
    } else {
        None
    };
    cursor.expect_symbol(";")?;
    Ok(Variable { name, ty, value })
}

/// As [`Cursor::until`], but brackets stand for themselves: `text[]`.
fn until_plain<'t>(cursor: &mut Cursor<'t>, stop: impl Fn(&Cursor<'t>) -> bool) -> &'t [Tok] {
    let mark = cursor.mark();
    while !cursor.is_done() && !stop(cursor) {
        cursor.next();
    }
    cursor.since(mark)
}

/// Words that end a list of statements.
fn at_end(cursor: &Cursor<'_>) -> bool {
    ["end", "exception", "elsif", "elseif", "else", "when"].iter().any(|it| cursor.at(&[it]))
        || cursor.is_done()
}

fn statements<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<Vec<Stmt<'t>>, Fault> {
    let mut found = Vec::new();
    while !at_end(cursor) {
        if cursor.eat_symbol(";") {
            continue;
        }
        found.push(statement(cursor, depth + 1)?);
    }
    Ok(found)
}

fn statement<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<Stmt<'t>, Fault> {
    label(cursor)?;
    if cursor.at(&["begin"]) || cursor.at(&["declare"]) {
        return block(cursor, depth).map(Stmt::Block);
    }
    if cursor.at(&["if"]) {
        return branches(cursor, depth).map(Stmt::If);
    }
    if cursor.at(&["case"]) {
        return case(cursor, depth).map(Stmt::Case);
    }
    if ["for", "foreach", "while", "loop"].iter().any(|it| cursor.at(&[it])) {
        return repeated(cursor, depth).map(Stmt::Loop);
    }
    simple(cursor)
}

/// A statement up to its semicolon.
fn simple<'t>(cursor: &mut Cursor<'t>) -> Result<Stmt<'t>, Fault> {
    let begin = cursor.span();
    let assigned = cursor.peek_at(1).is_some_and(|it| it.is_symbol(":=") || it.is_symbol("="));
    if assigned {
        let name = cursor.name()?;
        cursor.next();
        return Ok(Stmt::Assign(name, to_semicolon(cursor)?));
    }
    let word = cursor.peek().map(|it| it.value.clone()).unwrap_or_default();
    Ok(match word.as_str() {
        "execute" => {
            cursor.next();
            Stmt::Execute(to_semicolon(cursor)?)
        }
        "raise" | "assert" => Stmt::Raise(to_semicolon(cursor)?),
        "perform" => Stmt::Perform(to_semicolon(cursor)?),
        "return" => {
            to_semicolon(cursor)?;
            Stmt::Return
        }
        "null" => {
            to_semicolon(cursor)?;
            Stmt::Null
        }
        "exit" | "continue" => {
            cursor.next();
            cursor.until(|it| it.at(&["when"]) || it.at_symbol(";"));
            let guarded = cursor.eat(&["when"]);
            let condition = to_semicolon(cursor)?;
            Stmt::Leave { exit: word == "exit", when: guarded.then_some(condition) }
        }
        "get" => {
            to_semicolon(cursor)?;
            Stmt::Null
        }
        "open" | "fetch" | "close" | "move" => {
            to_semicolon(cursor)?;
            Stmt::Other(begin)
        }
        _ => Stmt::Sql(to_semicolon(cursor)?),
    })
}

/// The tokens up to the statement's semicolon, which is taken too. Parentheses and BEGIN ATOMIC … END
/// are taken whole.
fn to_semicolon<'t>(cursor: &mut Cursor<'t>) -> Result<&'t [Tok], Fault> {
    let mark = cursor.mark();
    let (mut depth, mut atomic) = (0_usize, 0_usize);
    while let Some(token) = cursor.peek() {
        match token.value.as_str() {
            "(" if token.is_symbol("(") => depth += 1,
            ")" if token.is_symbol(")") => depth = depth.saturating_sub(1),
            "begin" if cursor.at(&["begin", "atomic"]) => atomic += 1,
            "case" if atomic > 0 && token.is("case") => atomic += 1,
            "end" if atomic > 0 && token.is("end") => atomic -= 1,
            ";" if depth == 0 && atomic == 0 && token.is_symbol(";") => {
                let found = cursor.since(mark);
                cursor.next();
                return Ok(found);
            }
            _ => (),
        }
        cursor.next();
    }
    Err(cursor.wanted("`;`"))
}

fn branches<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<If<'t>, Fault> {
    if depth > DEEPEST {
        return Err(Fault { code: Code::Unsupported, ..cursor.fault("blocks are nested too deep here") });
    }
    let mark = cursor.mark();
    cursor.expect(&["if"])?;
    let mut branches = Vec::new();
    loop {
        let condition = cursor.until(|it| it.at(&["then"]));
        cursor.expect(&["then"])?;
        branches.push((condition, statements(cursor, depth)?));
        if cursor.eat_any(&["elsif", "elseif"]).is_none() {
            break;
        }
    }
    let otherwise = if cursor.eat(&["else"]) { statements(cursor, depth)? } else { Vec::new() };
    cursor.expect(&["end", "if"])?;
    let tokens = cursor.since(mark);
    cursor.expect_symbol(";")?;
    Ok(If { branches, otherwise, tokens })
}

fn case<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<Case<'t>, Fault> {
    if depth > DEEPEST {
        return Err(Fault { code: Code::Unsupported, ..cursor.fault("blocks are nested too deep here") });
    }
    cursor.expect(&["case"])?;
    let operand = cursor.until(|it| it.at(&["when"]));
    let mut arms = Vec::new();
    while cursor.eat(&["when"]) {
        let condition = cursor.until(|it| it.at(&["then"]));
        cursor.expect(&["then"])?;
        arms.push((condition, statements(cursor, depth)?));
    }
    let otherwise = if cursor.eat(&["else"]) { statements(cursor, depth)? } else { Vec::new() };
    cursor.expect(&["end", "case"])?;
    cursor.expect_symbol(";")?;
    Ok(Case { operand, arms, otherwise })
}

fn repeated<'t>(cursor: &mut Cursor<'t>, depth: usize) -> Result<Loop<'t>, Fault> {
    if depth > DEEPEST {
        return Err(Fault { code: Code::Unsupported, ..cursor.fault("blocks are nested too deep here") });
    }
    let begin = cursor.span();
    let word = cursor.eat_any(&["for", "foreach", "while", "loop"]).unwrap_or_default();
    let mut variables = Vec::new();
    if word == "for" || word == "foreach" {
        variables.push(cursor.name()?);
        while cursor.eat_symbol(",") {
            variables.push(cursor.name()?);
        }
        if cursor.eat(&["slice"]) {
            cursor.next();
        }
        cursor.expect(&["in"])?;
    }
    let is_array = word == "foreach" && cursor.eat(&["array"]);
    let tokens = if word == "loop" { &[][..] } else { cursor.until(|it| it.at(&["loop"])) };
    if word != "loop" {
        cursor.expect(&["loop"])?;
    }
    let statements = statements(cursor, depth)?;
    cursor.expect(&["end", "loop"])?;
    _ = !cursor.at_symbol(";") && cursor.name().is_ok();
    cursor.expect_symbol(";")?;
    let over = match word {
        "foreach" if is_array => Over::Array(tokens),
        "for" => Over::Rows(tokens),
        _ => Over::Unknown(begin),
    };
    Ok(Loop { variables, over, statements })
}
