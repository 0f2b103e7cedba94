//! Functions and statements of script files (semantics §9.3).
//!
//! Apart from `parse.rs` because a script goes on after a mistake, where an expression stops.

use super::expression::{BinaryOp, Block, Expr, ExprKind, ForRange, Function, Statement, StatementKind};
use super::lexer::TokenKind;
use super::parse::{Parsed, Parser, foreign};
use crate::source::{Code, Finding, Spanned};

/// Functions that one script file may have.
const MAX_FUNCTIONS: usize = 500;
/// Parameters that one function may have.
const MAX_PARAMETERS: usize = 16;

impl Parser<'_, '_> {
    /// All functions to the end of the text.
    pub(super) fn functions(&mut self, findings: &mut Vec<Finding>) -> Vec<Function> {
        let mut functions = Vec::new();
        while !matches!(self.token(), TokenKind::End) {
            if functions.len() >= MAX_FUNCTIONS {
                let message = format!("the script has more than {MAX_FUNCTIONS} functions");
                findings.push(Finding::new(Code::TooLarge, self.here(), message));
                break;
            }
            if !self.is_word("fn") {
                findings.push(*self.not_a_function());
                self.next_function();
                continue;
            }
            let start = self.here();
            let mut head = None;
            match self.function(&mut head) {
                Ok(function) => functions.push(function),
                Err(finding) => {
                    findings.push(*finding);
                    // The mistake may be that this function is not closed and the next one begins.
                    self.next_function();
                    if let Some((name, parameters)) = head {
                        let body = Block { statements: Vec::new(), span: start };
                        functions.push(Function { name, parameters, body, span: start, broken: true });
                    }
                }
            }
        }
        functions
    }

    fn not_a_function(&self) -> Box<Finding> {
        let finding = self.unexpected("`fn`");
        if finding.code == Code::ExpressionSyntax && !matches!(self.token(), TokenKind::Bad(_)) {
            return Box::new(
                Finding::new(Code::NotAllowed, self.here(), "a script file holds functions and comments only")
                    .help("write `fn name(a, b) { … }`"),
            );
        }
        finding
    }

    fn next_function(&mut self) {
        while !matches!(self.token(), TokenKind::End) && !self.is_word("fn") {
            self.advance();
        }
    }

    fn function(&mut self, head: &mut Option<(Spanned<String>, Vec<Spanned<String>>)>) -> Parsed<Function> {
        self.restart();
        let start = self.here();
        self.advance();
        let name = self.name("the name of the function")?;
        *head = Some((name.clone(), Vec::new()));
        self.expect("(")?;
        let mut parameters: Vec<Spanned<String>> = Vec::new();
        while !self.take(")") {
            let parameter = self.name("the name of a parameter or `)`")?;
            if parameters.iter().any(|p| p.value == parameter.value) {
                let message = format!("two parameters of `{}` are called `{}`", name.value, parameter.value);
                return Err(Box::new(Finding::new(Code::ExpressionSyntax, parameter.span, message)));
            }
            parameters.push(parameter);
            if parameters.len() > MAX_PARAMETERS {
                let message = format!("a function has at most {MAX_PARAMETERS} parameters");
                return Err(Box::new(Finding::new(Code::TooLarge, self.here(), message)));
            }
            if !self.is_symbol(")") && !self.take(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        *head = Some((name.clone(), parameters.clone()));
        let body = self.block()?;
        let span = start.to(body.span);
        Ok(Function { name, parameters, body, span, broken: false })
    }

    /// Statements in braces.
    pub(super) fn block(&mut self) -> Parsed<Block> {
        self.enter()?;
        let open = self.expect("{")?;
        let mut statements = Vec::new();
        let close = loop {
            let here = self.here();
            if self.take("}") {
                break here;
            }
            if self.take(";") {
                continue;
            }
            let (statement, closed) = self.statement()?;
            if closed {
                // Rhai ends the statement here; what follows would be one of its own, as the sign of a number is.
                if let TokenKind::Symbol(s) = self.token()
                    && BinaryOp::from_text(s).is_some()
                    && (*s != "-" || has_value(&statement))
                {
                    let message = format!("`{s}` stands after the end of a statement");
                    let help = "put the `if` into parentheses, or its value into a local: `let x = if …;`";
                    return Err(Box::new(Finding::new(Code::ExpressionSyntax, self.here(), message).help(help)));
                }
            } else if !self.is_symbol("}") && !self.is_symbol(";") {
                return Err(self.after_statement(&statement));
            }
            statements.push(statement);
        };
        self.leave();
        Ok(Block { statements, span: open.to(close) })
    }

    fn after_statement(&self, statement: &Statement) -> Box<Finding> {
        let finding = self.unexpected("`;` or `}`");
        if finding.code != Code::ExpressionSyntax || matches!(self.token(), TokenKind::Bad(_)) {
            return finding;
        }
        if self.is_word("fn") {
            let message = "a function begins inside of another one";
            let help = "is a `}` missing before it?";
            return Box::new(Finding::new(Code::ExpressionSyntax, self.here(), message).help(help));
        }
        if self.is_symbol("=") && !matches!(statement.kind, StatementKind::Let(..) | StatementKind::Assign(..)) {
            let finding = Finding::new(Code::NotAllowed, statement.span, "only a local can be assigned to");
            return Box::new(finding.help("write `name = value;`"));
        }
        Box::new((*finding).help("end the statement before it with `;`"))
    }

    /// A statement with its `;` if it has one, and whether it ends with a block and needs none.
    fn statement(&mut self) -> Parsed<(Statement, bool)> {
        let start = self.here();
        let (kind, closed) = match self.token() {
            TokenKind::Word("let") => (self.local()?, false),
            TokenKind::Word("while") => {
                self.advance();
                let condition = self.expression()?;
                (StatementKind::While(condition, self.block()?), true)
            }
            TokenKind::Word("for") => (self.for_loop()?, true),
            TokenKind::Word("return") => {
                self.advance();
                let bare = self.is_symbol(";") || self.is_symbol("}");
                (StatementKind::Return(if bare { None } else { Some(self.expression()?) }), false)
            }
            TokenKind::Word("if") => {
                let value = self.condition_statement()?;
                (StatementKind::Expression { value, terminated: false }, true)
            }
            TokenKind::Word("fn") => {
                let message = "a function begins inside of another one";
                let help = "is a `}` missing before it?";
                return Err(Box::new(Finding::new(Code::ExpressionSyntax, start, message).help(help)));
            }
            TokenKind::Symbol("{") => {
                let finding = foreign(start, "blocks on their own");
                return Err(Box::new(finding.help("write its statements without the braces")));
            }
            _ => (self.expression_or_assignment()?, false),
        };
        let span = start.to(self.before());
        let mut statement = Statement { kind, span };
        if let StatementKind::Expression { terminated, .. } = &mut statement.kind {
            *terminated = self.is_symbol(";");
        }
        Ok((statement, closed))
    }

    fn local(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let name = self.name("the name of a local")?;
        if !self.take("=") {
            let finding = self.unexpected("`=` and a value");
            if finding.code == Code::ExpressionSyntax && !matches!(self.token(), TokenKind::Bad(_)) {
                let message = format!("the local `{}` has no value", name.value);
                let help = format!("write `let {} = …;`", name.value);
                return Err(Box::new(Finding::new(Code::ExpressionSyntax, name.span, message).help(help)));
            }
            return Err(finding);
        }
        Ok(StatementKind::Let(name, self.expression()?))
    }

    fn for_loop(&mut self) -> Parsed<StatementKind> {
        self.advance();
        if self.is_symbol("(") {
            return Err(Box::new(foreign(self.here(), "`for` with a counter").help("write `for x in …`")));
        }
        let name = self.name("the name of the loop's local")?;
        if !self.is_word("in") {
            return Err(self.unexpected("`in`"));
        }
        self.advance();
        let from = self.expression()?;
        let range = match self.token() {
            TokenKind::Symbol(symbol @ (".." | "..=")) => {
                self.advance();
                let to = self.expression()?;
                ForRange::Range { from, to, inclusive: *symbol == "..=" }
            }
            _ => ForRange::Each(from),
        };
        Ok(StatementKind::For(name, range, self.block()?))
    }

    fn expression_or_assignment(&mut self) -> Parsed<StatementKind> {
        let value = self.expression()?;
        let Some(op) = self.assignment() else {
            return Ok(StatementKind::Expression { value, terminated: false });
        };
        let Expr { kind: ExprKind::Name(name), span } = value else {
            let finding = Finding::new(Code::NotAllowed, value.span, "only a local can be assigned to");
            return Err(Box::new(finding.help("write `name = value;`")));
        };
        self.advance();
        let value = self.expression()?;
        Ok(StatementKind::Assign(Spanned { value: name, span }, op, value))
    }

    fn assignment(&self) -> Option<Option<BinaryOp>> {
        let TokenKind::Symbol(symbol) = self.token() else { return None };
        match *symbol {
            "=" => Some(None),
            "+=" => Some(Some(BinaryOp::Add)),
            "-=" => Some(Some(BinaryOp::Subtract)),
            "*=" => Some(Some(BinaryOp::Multiply)),
            "/=" => Some(Some(BinaryOp::Divide)),
            "%=" => Some(Some(BinaryOp::Remainder)),
            _ => None,
        }
    }
}

/// Whether a statement is an `if` whose first block ends with a value.
fn has_value(statement: &Statement) -> bool {
    let StatementKind::Expression { value, terminated: false } = &statement.kind else { return false };
    let ExprKind::If(branches) = &value.kind else { return false };
    branches.then.statements.last().is_some_and(|last| match &last.kind {
        StatementKind::Expression { value, terminated: false } => {
            !matches!(value.kind, ExprKind::If(_)) || has_value(last)
        }
        _ => false,
    })
}
