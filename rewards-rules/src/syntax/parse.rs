//! Expressions as text become trees (semantics §9.1).
//!
//! The language is a part of Rhai's, with Rhai's precedences, read by a parser of our own: findings point at bytes
//! and name what a person wrote, and what Rhai has and rules do not is refused here, by name. A parser stops at its
//! first mistake, so that one mistake is one finding; a script goes on with its next function.

use super::expression::{BinaryOp, Expr, ExprKind, Function, UnaryOp};
use super::foreign::{FOREIGN_SYMBOLS, FOREIGN_WORDS};
use super::lexer::{Origin, Token, TokenKind, tokens};
use crate::source::{Code, Finding, Span};

/// Bytes that one expression may have.
pub const MAX_EXPRESSION_BYTES: usize = 16 * 1024;
/// Bytes that one script file may have.
pub const MAX_SCRIPT_BYTES: usize = 256 * 1024;
/// How many parentheses, calls, arrays and blocks may stand in one another.
const MAX_NESTING: u32 = 48;
/// How high the tree of one expression may be; a chain `a + b + c` counts each operator.
pub(super) const MAX_HEIGHT: u32 = 128;

/// Reads one expression. `at` is where its text stands: spans are `at.start` plus the offset in `text`, and never
/// go beyond `at.end`. `None` after exactly one finding.
pub fn parse_expression(text: &str, at: Span, findings: &mut Vec<Finding>) -> Option<Expr> {
    parse_written(text, Origin { at, places: &[] }, findings)
}

/// Reads one expression that was not written byte for byte as it reads: between quotes with escapes, say.
pub(super) fn parse_written(text: &str, origin: Origin<'_>, findings: &mut Vec<Finding>) -> Option<Expr> {
    if text.len() > MAX_EXPRESSION_BYTES {
        let message = format!("the expression has {} bytes; {MAX_EXPRESSION_BYTES} are allowed", text.len());
        let help = "put its parts into functions or lists";
        findings.push(Finding::new(Code::TooLarge, origin.span(0, text.len()), message).help(help));
        return None;
    }
    let tokens = tokens(text, origin);
    let mut parser = Parser::new(&tokens, false);
    match parser.whole_expression() {
        Ok(expr) => Some(expr),
        Err(finding) => {
            findings.push(*finding);
            None
        }
    }
}

/// Reads a script file: functions and comments. A function that cannot be read gives one finding and comes back
/// marked as broken; reading goes on with the next one.
pub fn parse_script(text: &str, file: u32, findings: &mut Vec<Finding>) -> Vec<Function> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let origin = Origin { at: Span { file, start: 0, end: length }, places: &[] };
    if text.len() > MAX_SCRIPT_BYTES {
        let message = format!("the script has {} bytes; {MAX_SCRIPT_BYTES} are allowed", text.len());
        let help = "spread its functions over several files";
        findings.push(Finding::new(Code::TooLarge, origin.span(0, text.len()), message).help(help));
        return Vec::new();
    }
    let tokens = tokens(text, origin);
    Parser::new(&tokens, true).functions(findings)
}

pub(super) type Parsed<T> = Result<T, Box<Finding>>;

/// An expression on its way: with the height of its tree, and whether it stands without parentheses.
pub(super) struct Node {
    pub(super) expr: Expr,
    pub(super) height: u32,
    pub(super) bare: bool,
}

pub(super) struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
    nesting: u32,
    /// Whether a script is read: blocks hold statements there.
    pub(super) script: bool,
    /// The height of the highest expression since it was last set to 0.
    pub(super) tallest: u32,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], script: bool) -> Self {
        Parser { tokens, next: 0, nesting: 0, script, tallest: 0 }
    }

    pub(super) fn token(&self) -> &'t TokenKind<'a> {
        self.tokens.get(self.next).map_or(&TokenKind::End, |t| &t.kind)
    }

    pub(super) fn token_after(&self, ahead: usize) -> &'t TokenKind<'a> {
        self.tokens.get(self.next.saturating_add(ahead)).map_or(&TokenKind::End, |t| &t.kind)
    }

    /// Place of the token at hand.
    pub(super) fn here(&self) -> Span {
        self.tokens.get(self.next).or(self.tokens.last()).map(|t| t.span).unwrap_or_default()
    }

    /// Place of the token before.
    pub(super) fn before(&self) -> Span {
        self.tokens.get(self.next.saturating_sub(1)).map(|t| t.span).unwrap_or_default()
    }

    pub(super) fn advance(&mut self) {
        if self.next < self.tokens.len() {
            self.next = self.next.saturating_add(1);
        }
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.token(), TokenKind::Symbol(s) if *s == symbol)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.token(), TokenKind::Word(w) if *w == word)
    }

    /// Takes a symbol if it is next.
    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    /// Takes a symbol that must be next.
    pub(super) fn expect(&mut self, symbol: &str) -> Parsed<Span> {
        let span = self.here();
        if self.take(symbol) { Ok(span) } else { Err(self.unexpected(&format!("`{symbol}`"))) }
    }

    /// Forgets the levels of what was broken off.
    pub(super) fn restart(&mut self) {
        self.nesting = 0;
    }

    /// One level deeper, with the finding where it gets too deep.
    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.nesting = self.nesting.saturating_add(1);
        if self.nesting > MAX_NESTING {
            return Err(Box::new(too_deep(self.here())));
        }
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
    }

    /// Why the token at hand cannot stand here.
    pub(super) fn unexpected(&self, due: &str) -> Box<Finding> {
        let span = self.here();
        let finding = match self.token() {
            TokenKind::Bad(finding) => return finding.clone(),
            TokenKind::End => {
                let what = if self.script { "the script" } else { "the expression" };
                Finding::new(Code::ExpressionSyntax, span, format!("{what} ends where {due} is due"))
            }
            TokenKind::Symbol(symbol) => {
                if let Some((_, name, help)) = FOREIGN_SYMBOLS.iter().find(|(s, _, _)| s == symbol) {
                    foreign(span, name).help(*help)
                } else {
                    let finding = cannot_stand(span, symbol, due);
                    match *symbol {
                        "=" => finding.help("compare with `==`"),
                        "<-" => finding.help("put a space between `<` and `-`"),
                        "--" => finding.help("put a space or parentheses between the two `-`"),
                        _ => finding,
                    }
                }
            }
            TokenKind::Word(word) => {
                if let Some((_, name)) = FOREIGN_WORDS.iter().find(|(w, _)| w == word) {
                    foreign(span, name)
                } else {
                    let finding = cannot_stand(span, word, due);
                    match *word {
                        "and" | "AND" => finding.help("`and` is written `&&`"),
                        "or" | "OR" => finding.help("`or` is written `||`"),
                        "not" | "NOT" => finding.help("`not` is written `!`"),
                        _ => finding,
                    }
                }
            }
            TokenKind::Integer(text) | TokenKind::Decimal(text) => cannot_stand(span, text, due),
            TokenKind::Text(text) => cannot_stand(span, &super::print::quoted(text), due),
        };
        Box::new(finding)
    }

    fn whole_expression(&mut self) -> Parsed<Expr> {
        if matches!(self.token(), TokenKind::End) {
            let finding = Finding::new(Code::ExpressionSyntax, self.here(), "the expression is empty");
            return Err(Box::new(finding.help("leave the key out, or write a condition such as `tx.amount >= 20.00`")));
        }
        let expr = self.expression()?;
        match self.token() {
            TokenKind::End => Ok(expr),
            TokenKind::Symbol(";") => {
                let finding = Finding::new(Code::ExpressionSyntax, self.here(), "`;` cannot stand in an expression");
                Err(Box::new(finding.help("statements stand in functions, in a `.rhai` file")))
            }
            _ => Err(self.unexpected("an operator or the end")),
        }
    }

    /// An expression with operators of any strength.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        let node = self.operators(0)?;
        self.tallest = self.tallest.max(node.height);
        Ok(node.expr)
    }

    /// Operands and operators stronger than `weakest`.
    pub(super) fn operators(&mut self, weakest: u8) -> Parsed<Node> {
        let mut left = self.operand()?;
        while let TokenKind::Symbol(_) | TokenKind::Word(_) = self.token() {
            let Some((op, strength)) = self.operator().filter(|(_, s)| *s > weakest) else { break };
            let op_span = self.here();
            self.advance();
            let right = self.operators(strength)?;
            for side in [&left, &right] {
                if let ExprKind::Binary(inner, _, _) = side.expr.kind
                    && side.bare
                    && is_comparison(op)
                    && strength_of(inner) == strength
                {
                    return Err(Box::new(chain(side.expr.span, op_span, op)));
                }
            }
            left = binary(op, left, right)?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<(BinaryOp, u8)> {
        let text = match self.token() {
            TokenKind::Symbol(s) => *s,
            TokenKind::Word("in") => "in",
            _ => return None,
        };
        let op = BinaryOp::from_text(text)?;
        Some((op, strength_of(op)))
    }

    /// Prefix operators and what they stand before.
    fn operand(&mut self) -> Parsed<Node> {
        let mut prefixes: Vec<(UnaryOp, Span)> = Vec::new();
        loop {
            let op = match self.token() {
                TokenKind::Symbol("!") => UnaryOp::Not,
                TokenKind::Symbol("-") => UnaryOp::Negate,
                TokenKind::Symbol("+") => {
                    let finding = Finding::new(Code::ExpressionSyntax, self.here(), "`+` stands before no value");
                    return Err(Box::new(finding.help("a positive number is written without a sign")));
                }
                _ => break,
            };
            prefixes.push((op, self.here()));
            self.advance();
            if prefixes.len() > usize::try_from(MAX_HEIGHT).unwrap_or(usize::MAX) {
                return Err(Box::new(too_deep(self.here())));
            }
        }
        let number = matches!(self.token(), TokenKind::Integer(_) | TokenKind::Decimal(_));
        let mut node = if number && let Some((UnaryOp::Negate, sign)) = prefixes.last().copied() {
            prefixes.pop();
            self.number(Some(sign))?
        } else {
            self.primary()?
        };
        for (op, span) in prefixes.into_iter().rev() {
            let height = node.height.saturating_add(1);
            if height > MAX_HEIGHT {
                return Err(Box::new(too_deep(span)));
            }
            let whole = span.to(node.expr.span);
            if op == UnaryOp::Negate && node.expr.kind == ExprKind::Integer(i64::MIN) {
                let finding = Finding::new(Code::ExpressionSyntax, whole, "this number does not fit into 64 bits");
                return Err(Box::new(finding.help("a decimal may be larger: `9223372036854775808.0`")));
            }
            node =
                Node { expr: Expr { kind: ExprKind::Unary(op, Box::new(node.expr)), span: whole }, height, bare: true };
        }
        Ok(node)
    }
}

pub(super) fn leaf(kind: ExprKind, span: Span) -> Node {
    Node { expr: Expr { kind, span }, height: 1, bare: false }
}

fn binary(op: BinaryOp, left: Node, right: Node) -> Parsed<Node> {
    let height = left.height.max(right.height).saturating_add(1);
    let span = left.expr.span.to(right.expr.span);
    if height > MAX_HEIGHT {
        return Err(Box::new(too_deep(span)));
    }
    let kind = ExprKind::Binary(op, Box::new(left.expr), Box::new(right.expr));
    Ok(Node { expr: Expr { kind, span }, height, bare: true })
}

pub(super) fn foreign(span: Span, name: &str) -> Finding {
    Finding::new(Code::NotAllowed, span, format!("rules have no {name}"))
}

fn cannot_stand(span: Span, text: &str, due: &str) -> Finding {
    Finding::new(Code::ExpressionSyntax, span, format!("`{text}` stands where {due} is due"))
}

pub(super) fn too_deep(span: Span) -> Finding {
    Finding::new(Code::TooLarge, span, "the expression is nested too deeply").help(format!(
        "at most {MAX_NESTING} levels, and {MAX_HEIGHT} operators in a row: use functions, or `in` with a list"
    ))
}

fn chain(inner: Span, op_span: Span, op: BinaryOp) -> Finding {
    let text = op.text();
    let message = format!("`{text}` compares the result of another comparison");
    let help = if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
        format!("write `a {text} b && b {text} c`, or put parentheses around one comparison")
    } else {
        format!("write `a {text} b && b {text} c`")
    };
    Finding::new(Code::ComparisonChain, Span { start: inner.start.min(op_span.start), ..inner.to(op_span) }, message)
        .help(help)
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
    )
}

/// How strongly an operator binds.
pub(super) fn strength_of(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => 3,
        BinaryOp::In | BinaryOp::NotIn => 4,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 5,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => 7,
    }
}
