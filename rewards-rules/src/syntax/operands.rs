//! What stands between operators: numbers, texts, names, calls, arrays, `if` and parentheses.
//!
//! Apart from `parse.rs`, which is about how operators group.

use super::expression::{Block, Expr, ExprKind, If, Statement, StatementKind};
use super::foreign::{FOREIGN_WORDS, KEYWORDS, RESERVED_WORDS, instead_of_property};
use super::lexer::TokenKind;
use super::parse::{MAX_HEIGHT, Node, Parsed, Parser, foreign, leaf, too_deep};
use crate::source::{Code, Finding, Span, Spanned};
use crate::value::{Exact, ParseExactError};

impl<'a> Parser<'_, 'a> {
    pub(super) fn number(&mut self, sign: Option<Span>) -> Parsed<Node> {
        let here = self.here();
        let span = sign.map_or(here, |s| s.to(here));
        let minus = if sign.is_some() { "-" } else { "" };
        let kind = match self.token() {
            TokenKind::Integer(digits) => {
                let value: Option<i64> = format!("{minus}{digits}").parse().ok();
                // Rhai reads the least integer only where the sign touches it.
                let apart = sign.is_some_and(|s| s.end != here.start);
                let Some(value) = value.filter(|v| !(apart && *v == i64::MIN)) else {
                    let message = format!("`{minus}{digits}` does not fit into 64 bits");
                    let help = format!("a decimal may be larger: `{minus}{digits}.0`");
                    return Err(Box::new(Finding::new(Code::ExpressionSyntax, span, message).help(help)));
                };
                ExprKind::Integer(value)
            }
            TokenKind::Decimal(digits) => ExprKind::Decimal(self.decimal(digits, sign.is_some(), span)?),
            _ => return Err(self.unexpected("a number")),
        };
        self.advance();
        Ok(leaf(kind, span))
    }

    fn decimal(&self, digits: &str, negative: bool, span: Span) -> Parsed<Exact> {
        let value = digits.parse::<Exact>().map_err(|e| match e {
            ParseExactError::Syntax => "it is not a plain decimal number",
            ParseExactError::Overflow => "it has more digits than a number can have here",
        });
        let value = value.and_then(|v| {
            let v = v.normalized();
            // Rhai holds a literal in 96 bits and would round it silently.
            if self.script && rust_decimal::Decimal::try_from(v).is_err() {
                return Err("a number in a script has at most 28 digits");
            }
            if negative { v.checked_neg().map_err(|_| "it has more digits than a number can have here") } else { Ok(v) }
        });
        value.map_err(|why| {
            let message = format!("`{digits}` cannot be used: {why}");
            Box::new(Finding::new(Code::ExpressionSyntax, span, message))
        })
    }

    /// A value, name, call, array, `if` or parentheses, and nothing hanging on it.
    pub(super) fn primary(&mut self) -> Parsed<Node> {
        let span = self.here();
        let node = match self.token() {
            TokenKind::Integer(_) | TokenKind::Decimal(_) => self.number(None)?,
            TokenKind::Text(text) => {
                self.advance();
                leaf(ExprKind::Text(text.clone()), span)
            }
            TokenKind::Word("if") => return self.condition(),
            TokenKind::Word(word) => self.word(word)?,
            TokenKind::Symbol("(") => self.parentheses()?,
            TokenKind::Symbol("[") => {
                let (members, height) = self.list("[", "]")?;
                let span = span.to(self.before());
                Node { expr: Expr { kind: ExprKind::Array(members), span }, height, bare: false }
            }
            TokenKind::Symbol("|" | "||") => {
                return Err(Box::new(foreign(span, "closures").help("write a function in a `.rhai` file")));
            }
            TokenKind::Symbol("{") => {
                return Err(Box::new(foreign(span, "blocks as values").help("write `if c { a } else { b }`")));
            }
            _ => return Err(self.unexpected("a value")),
        };
        match self.token() {
            TokenKind::Symbol(".") => {
                let finding = foreign(self.here(), "properties and methods (`.`)");
                Err(Box::new(match self.token_after(1) {
                    TokenKind::Word(name) => finding.help(instead_of_property(&node.expr.to_string(), name)),
                    _ => finding,
                }))
            }
            TokenKind::Symbol("[") => {
                let finding = foreign(self.here(), "indexing (`[…]`)");
                Err(Box::new(finding.help("ask with `in`, or walk through the array with `for`")))
            }
            _ => Ok(node),
        }
    }

    fn parentheses(&mut self) -> Parsed<Node> {
        let span = self.here();
        // Around an `if` they are no level of their own: the printed form has them where the author had none.
        let level = !matches!(self.token_after(1), TokenKind::Word("if"));
        if level {
            self.enter()?;
        }
        self.advance();
        if self.is_symbol(")") {
            let finding = Finding::new(Code::ExpressionSyntax, span.to(self.here()), "these parentheses are empty");
            return Err(Box::new(finding));
        }
        let inner = self.operators(0)?;
        self.expect(")")?;
        if level {
            self.leave();
        }
        Ok(Node { bare: false, ..inner })
    }

    /// Expressions with commas between them; one more comma may end them.
    fn list(&mut self, open: &str, close: &str) -> Parsed<(Vec<Expr>, u32)> {
        self.enter()?;
        self.expect(open)?;
        let mut members = Vec::new();
        let mut height = 0;
        while !self.take(close) {
            let node = self.operators(0)?;
            height = height.max(node.height);
            members.push(node.expr);
            if !self.is_symbol(close) && !self.take(",") {
                return Err(self.unexpected(&format!("`,` or `{close}`")));
            }
        }
        self.leave();
        Ok((members, height.saturating_add(1)))
    }

    fn word(&mut self, word: &'a str) -> Parsed<Node> {
        let span = self.here();
        match word {
            "true" | "false" => {
                self.advance();
                return Ok(leaf(ExprKind::Bool(word == "true"), span));
            }
            "let" | "while" | "for" | "return" | "fn" if !self.script => {
                let message = format!("`{word}` cannot stand in an expression");
                let finding = Finding::new(Code::ExpressionSyntax, span, message);
                return Err(Box::new(finding.help("statements and functions stand in a `.rhai` file")));
            }
            _ if KEYWORDS.contains(&word) => return Err(self.unexpected("a value")),
            _ => {}
        }
        match self.token_after(1) {
            TokenKind::Symbol("!") if matches!(self.token_after(2), TokenKind::Symbol("(")) => {
                let finding = foreign(span, &format!("calls in the caller's scope (`{word}!(…)`)"));
                Err(Box::new(finding.help(format!("write `{word}(…)`"))))
            }
            TokenKind::Symbol("(") => {
                self.name("a function")?;
                let (arguments, height) = self.list("(", ")")?;
                let name = Spanned { value: word.to_owned(), span };
                let span = span.to(self.before());
                Ok(Node { expr: Expr { kind: ExprKind::Call(name, arguments), span }, height, bare: false })
            }
            // A fact may be called like a word of the language: `tx.default`.
            TokenKind::Symbol(".") => {
                self.name("a fact")?;
                self.advance();
                let TokenKind::Word(name) = self.token() else { return Err(self.unexpected("the name of a fact")) };
                let span = span.to(self.here());
                self.advance();
                if self.is_symbol("(") {
                    let finding = foreign(span, &format!("methods (`.{name}(…)`)"));
                    return Err(Box::new(finding.help(format!("functions are called as `{name}({word}, …)`"))));
                }
                Ok(leaf(ExprKind::Fact(word.to_owned(), (*name).to_owned()), span))
            }
            _ => {
                self.name("a value")?;
                Ok(leaf(ExprKind::Name(word.to_owned()), span))
            }
        }
    }

    /// A word that can be a name.
    pub(super) fn name(&mut self, due: &str) -> Parsed<Spanned<String>> {
        let span = self.here();
        let TokenKind::Word(word) = self.token() else { return Err(self.unexpected(due)) };
        if KEYWORDS.contains(word) || FOREIGN_WORDS.iter().any(|(w, _)| w == word) {
            return Err(self.unexpected(due));
        }
        if self.script && RESERVED_WORDS.contains(word) {
            let finding = Finding::new(Code::ExpressionSyntax, span, format!("`{word}` is a word that Rhai reserves"));
            return Err(Box::new(finding.help("choose another name")));
        }
        self.advance();
        Ok(Spanned { value: (*word).to_owned(), span })
    }

    /// `if` with its blocks, as a statement.
    pub(super) fn condition_statement(&mut self) -> Parsed<Expr> {
        let node = self.condition()?;
        self.tallest = self.tallest.max(node.height);
        Ok(node.expr)
    }

    /// `if` with its blocks, as a value.
    fn condition(&mut self) -> Parsed<Node> {
        self.enter()?;
        let start = self.here();
        self.advance();
        let condition = self.operators(0)?;
        let (then, then_height) = self.branch()?;
        let mut otherwise = None;
        let mut else_height = 0;
        if self.is_word("else") {
            self.advance();
            let (block, height) = if self.is_word("if") {
                let inner = self.condition()?;
                let span = inner.expr.span;
                let statement =
                    Statement { kind: StatementKind::Expression { value: inner.expr, terminated: false }, span };
                (Block { statements: vec![statement], span }, inner.height)
            } else {
                self.branch()?
            };
            otherwise = Some(block);
            else_height = height;
        } else if !self.script {
            let finding = Finding::new(Code::ExpressionSyntax, start.to(self.before()), "this `if` has no `else`");
            return Err(Box::new(finding.help("in an expression both have a value: `if c { a } else { b }`")));
        }
        self.leave();
        let height = condition.height.max(then_height).max(else_height).saturating_add(1);
        if height > MAX_HEIGHT {
            return Err(Box::new(too_deep(start)));
        }
        let span = start.to(self.before());
        let kind = ExprKind::If(Box::new(If { condition: condition.expr, then, otherwise }));
        Ok(Node { expr: Expr { kind, span }, height, bare: false })
    }

    /// A block of `if`: statements in a script, one expression elsewhere.
    fn branch(&mut self) -> Parsed<(Block, u32)> {
        if self.script {
            let outside = std::mem::take(&mut self.tallest);
            let block = self.block()?;
            let height = self.tallest;
            self.tallest = outside.max(height);
            return Ok((block, height));
        }
        let open = self.expect("{")?;
        let inner = self.operators(0)?;
        if self.is_symbol(";") {
            let finding = Finding::new(
                Code::ExpressionSyntax,
                self.here(),
                "a block in an expression holds one value, without `;`",
            );
            return Err(Box::new(finding.help("statements stand in functions, in a `.rhai` file")));
        }
        let close = self.expect("}")?;
        let span = inner.expr.span;
        let statement = Statement { kind: StatementKind::Expression { value: inner.expr, terminated: false }, span };
        Ok((Block { statements: vec![statement], span: open.to(close) }, inner.height))
    }
}
