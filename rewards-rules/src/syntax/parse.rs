//! Expressions as text become trees (semantics §9.1).
//!
//! The language is a part of Rhai's, with Rhai's precedences, read by a parser of our own: findings point at bytes
//! and name what a person wrote, and what Rhai has and rules do not is refused here, by name. A parser stops at its
//! first mistake, so that one mistake is one finding; a script goes on with its next function.

use super::expression::{BinaryOp, Block, Expr, ExprKind, Function, If, StatementKind, UnaryOp};
use super::foreign::{FOREIGN_SYMBOLS, FOREIGN_WORDS, KEYWORDS, RESERVED_WORDS};
use super::lexer::{Origin, Token, TokenKind, tokens};
use crate::source::{Code, Finding, Span, Spanned};
use crate::value::{Exact, ParseExactError};

/// Bytes that one expression may have.
pub const MAX_EXPRESSION_BYTES: usize = 16 * 1024;
/// Bytes that one script file may have.
pub const MAX_SCRIPT_BYTES: usize = 256 * 1024;
/// How many parentheses, calls, arrays and blocks may stand in one another.
const MAX_NESTING: u32 = 48;
/// How high the tree of one expression may be; a chain `a + b + c` counts each operator.
const MAX_HEIGHT: u32 = 128;

/// Reads one expression. `at` is where its text stands: spans are `at.start` plus the offset in `text`, and never
/// go beyond `at.end`. `None` after exactly one finding.
pub fn parse_expression(text: &str, at: Span, findings: &mut Vec<Finding>) -> Option<Expr> {
    let origin = Origin(at);
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
    let origin = Origin(Span { file, start: 0, end: length });
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
struct Node {
    expr: Expr,
    height: u32,
    bare: bool,
}

pub(super) struct Parser<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
    nesting: u32,
    /// Whether a script is read: blocks hold statements there.
    script: bool,
    /// The height of the highest expression since it was last set to 0.
    tallest: u32,
}

impl<'t, 'a> Parser<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>], script: bool) -> Self {
        Parser { tokens, next: 0, nesting: 0, script, tallest: 0 }
    }

    pub(super) fn token(&self) -> &'t TokenKind<'a> {
        self.tokens.get(self.next).map_or(&TokenKind::End, |t| &t.kind)
    }

    fn token_after(&self, ahead: usize) -> &'t TokenKind<'a> {
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
    fn operators(&mut self, weakest: u8) -> Parsed<Node> {
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

    fn number(&mut self, sign: Option<Span>) -> Parsed<Node> {
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
    fn primary(&mut self) -> Parsed<Node> {
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
            TokenKind::Symbol(".") => Err(Box::new(foreign(self.here(), "properties and methods (`.`)"))),
            TokenKind::Symbol("[") => {
                let finding = foreign(self.here(), "indexing (`[…]`)");
                Err(Box::new(finding.help("ask with `in`, or walk through the array with `for`")))
            }
            _ => Ok(node),
        }
    }

    fn parentheses(&mut self) -> Parsed<Node> {
        let span = self.here();
        self.enter()?;
        self.advance();
        if self.is_symbol(")") {
            let finding = Finding::new(Code::ExpressionSyntax, span.to(self.here()), "these parentheses are empty");
            return Err(Box::new(finding));
        }
        let inner = self.operators(0)?;
        self.expect(")")?;
        self.leave();
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
                let statement = super::expression::Statement {
                    kind: StatementKind::Expression { value: inner.expr, terminated: false },
                    span,
                };
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
        let statement = super::expression::Statement {
            kind: StatementKind::Expression { value: inner.expr, terminated: false },
            span,
        };
        Ok((Block { statements: vec![statement], span: open.to(close) }, inner.height))
    }
}

fn leaf(kind: ExprKind, span: Span) -> Node {
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

fn too_deep(span: Span) -> Finding {
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
