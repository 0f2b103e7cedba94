//! Text of an expression or script cut into tokens, as Rhai cuts it.
//!
//! A room of its own because every way in which Rhai's spelling differs from what one would guess (`<-` and `--`
//! are single tokens, `"a""b"` is one text, `/* */` nests) is settled here, and the parser sees none of it.
//! Nothing is refused here but what cannot be cut; such a token carries its finding.

use crate::source::{Code, Finding, Span};

/// A token and its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) span: Span,
}

/// The kinds of token.
#[derive(Debug, Clone)]
pub(super) enum TokenKind<'a> {
    /// Digits.
    Integer(&'a str),
    /// Digits with a point.
    Decimal(&'a str),
    /// A text, escapes resolved.
    Text(String),
    /// A name or keyword.
    Word(&'a str),
    /// A symbol, ours or not.
    Symbol(&'static str),
    /// What cannot be a token.
    Bad(Box<Finding>),
    /// The end of the text.
    End,
}

/// Symbols, longest first among those with one beginning.
const SYMBOLS: &[&str] = &[
    "..=", "...", "**=", "<<=", ">>=", "===", "!==", "||", "|=", "|>", "|", "&&", "&=", "&", "==", "=>", "=", "!=",
    "!.", "!", "<=", "<<", "<-", "<|", "<", ">=", ">>", ">", "++", "+=", "+", "--", "-=", "->", "-", "**", "*=", "*",
    "/=", "/", "%=", "%", "(", ")", "[", "]", "{", "}", ",", ";", "..", ".", "^=", "^", "~", "??", "?.", "?[", "?",
    "#{", "#", "::", ":=", ":", "@", "$", "\\",
];

/// How to turn an offset in the text into a span: the text begins at `at.start`, and nothing points beyond `at.end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) at: Span,
    /// Where each byte of the text was written, and its end; empty where they are the bytes from `at.start` on.
    pub(super) places: &'a [u32],
}

impl Origin<'_> {
    pub(super) fn span(self, start: usize, end: usize) -> Span {
        let place = |offset: usize| {
            let counted = || self.at.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX));
            let place = match self.places.last() {
                None => counted(),
                Some(end) => self.places.get(offset).copied().unwrap_or(*end),
            };
            place.min(self.at.end.max(self.at.start))
        };
        Span { file: self.at.file, start: place(start), end: place(end) }
    }
}

/// Cuts a text. The last token is [`TokenKind::End`].
pub(super) fn tokens<'a>(text: &'a str, origin: Origin<'a>) -> Vec<Token<'a>> {
    let mut lexer = Lexer { text, at: 0, origin, tokens: Vec::new() };
    while lexer.next() {}
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    origin: Origin<'a>,
    tokens: Vec<Token<'a>>,
}

fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) -> usize {
        let rest = self.rest();
        let length = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.skip(length);
        length
    }

    fn push(&mut self, start: usize, kind: TokenKind<'a>) {
        let span = self.origin.span(start, self.at);
        self.tokens.push(Token { kind, span });
    }

    fn bad(&mut self, start: usize, code: Code, message: impl Into<String>, help: &str) {
        let finding = Finding::new(code, self.origin.span(start, self.at), message).help(help);
        self.push(start, TokenKind::Bad(Box::new(finding)));
    }

    /// Cuts one token; false at the end.
    fn next(&mut self) -> bool {
        self.skip_while(char::is_whitespace);
        let start = self.at;
        let Some(first) = self.peek() else {
            self.push(start, TokenKind::End);
            return false;
        };
        let rest = self.rest();
        if rest.starts_with("//") {
            self.skip_while(|c| c != '\n' && c != '\r');
        } else if rest.starts_with("/*") {
            self.block_comment(start);
        } else if starts_word(first) {
            self.word(start);
        } else if first.is_ascii_digit() {
            self.number(start);
        } else if first == '"' {
            self.quoted(start);
        } else if first == '`' || first == '\'' {
            self.foreign_text(start, first);
        } else if rest.starts_with("!in") && !rest.chars().nth(3).is_some_and(continues_word) {
            self.skip(3);
            self.push(start, TokenKind::Symbol("!in"));
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            self.skip(symbol.len());
            self.push(start, TokenKind::Symbol(symbol));
        } else {
            self.skip(first.len_utf8());
            let help = "names are written with the letters a to z, digits and `_`; other letters stand in texts only";
            self.bad(start, Code::ExpressionSyntax, format!("the character `{first}` cannot stand here"), help);
        }
        true
    }

    /// Comments nest, as in Rhai.
    fn block_comment(&mut self, start: usize) {
        let mut level = 0_u32;
        loop {
            let rest = self.rest();
            if rest.starts_with("/*") {
                level = level.saturating_add(1);
                self.skip(2);
            } else if rest.starts_with("*/") {
                level = level.saturating_sub(1);
                self.skip(2);
                if level == 0 {
                    return;
                }
            } else if let Some(c) = self.peek() {
                self.skip(c.len_utf8());
            } else {
                self.bad(start, Code::ExpressionSyntax, "this comment is never closed", "close it with `*/`");
                return;
            }
        }
    }

    fn word(&mut self, start: usize) {
        self.skip_while(continues_word);
        let word = self.text.get(start..self.at).unwrap_or_default();
        if word.trim_start_matches('_').starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.push(start, TokenKind::Word(word));
        } else {
            let message = format!("`{word}` is not a name");
            self.bad(start, Code::ExpressionSyntax, message, "a name has a letter after its first `_`");
        }
    }

    fn number(&mut self, start: usize) {
        self.skip_while(|c| c.is_ascii_digit());
        let mut after = self.rest().chars();
        let mut decimal = false;
        if after.next() == Some('.') {
            let next = after.next();
            if next.is_some_and(|c| c.is_ascii_digit()) {
                decimal = true;
                self.skip(1);
                self.skip_while(|c| c.is_ascii_digit());
            } else if !next.is_some_and(|c| c == '.' || starts_word(c)) {
                self.skip(1);
                let text = self.text.get(start..self.at).unwrap_or_default();
                let (message, help) = (format!("`{text}` ends with its point"), format!("write `{text}0`"));
                self.bad(start, Code::ExpressionSyntax, message, &help);
                return;
            }
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        if !self.peek().is_some_and(continues_word) {
            self.push(start, if decimal { TokenKind::Decimal(digits) } else { TokenKind::Integer(digits) });
            return;
        }
        let tail_start = self.at;
        self.skip_while(continues_word);
        let tail = self.text.get(tail_start..self.at).unwrap_or_default();
        let first = tail.chars().next().unwrap_or('_');
        let exponent = matches!(first, 'e' | 'E')
            && match tail.chars().nth(1) {
                Some(c) => c.is_ascii_digit(),
                None => self.peek().is_some_and(|c| c == '+' || c == '-'),
            };
        if exponent {
            if tail.len() == 1 {
                self.skip(1);
                self.skip_while(|c| c.is_ascii_digit());
            }
            let whole = self.text.get(start..self.at).unwrap_or_default();
            let message = format!("`{whole}`: numbers with an exponent are not part of the rule language");
            self.bad(start, Code::NotAllowed, message, "write all its digits");
        } else if digits == "0" && matches!(first, 'x' | 'X' | 'o' | 'O' | 'b' | 'B') {
            let message = format!("`0{tail}`: hexadecimal, octal and binary numbers are not part of the rule language");
            self.bad(start, Code::NotAllowed, message, "write it in decimal digits");
        } else if first == '_' && tail.chars().all(|c| c.is_ascii_digit() || c == '_') {
            let plain: String = format!("{digits}{tail}").chars().filter(|c| *c != '_').collect();
            let message = format!("`{digits}{tail}`: `_` inside a number is not part of the rule language");
            self.bad(start, Code::NotAllowed, message, &format!("write `{plain}`"));
        } else {
            let message = format!("the number `{digits}` runs into `{tail}`");
            self.bad(start, Code::ExpressionSyntax, message, "put an operator between them");
        }
    }

    /// A text in double quotes with Rhai's escapes; `""` inside stands for one quote.
    fn quoted(&mut self, start: usize) {
        self.skip(1);
        let mut text = String::new();
        let mut problem: Option<(usize, usize)> = None;
        loop {
            let at = self.at;
            let Some(c) = self.peek() else { break };
            match c {
                '\n' => break,
                '"' => {
                    self.skip(1);
                    if self.peek() != Some('"') {
                        self.finish_text(start, text, problem);
                        return;
                    }
                    self.skip(1);
                    text.push('"');
                }
                '\\' => match self.escape() {
                    Some(c) => text.push(c),
                    None => {
                        problem.get_or_insert((at, self.at));
                    }
                },
                '\r' if self.rest().starts_with("\r\n") => self.skip(1),
                _ => {
                    self.skip(c.len_utf8());
                    text.push(c);
                }
            }
        }
        let help = "close it with `\"` on the same line; a line break inside is written `\\n`";
        self.bad(start, Code::ExpressionSyntax, "this text is never closed", help);
    }

    fn finish_text(&mut self, start: usize, text: String, problem: Option<(usize, usize)>) {
        let Some((from, to)) = problem else {
            self.push(start, TokenKind::Text(text));
            return;
        };
        let escape = self.text.get(from..to).unwrap_or_default();
        let finding =
            Finding::new(Code::ExpressionSyntax, self.origin.span(from, to), format!("`{escape}` is not an escape"))
                .help("the escapes are \\\\ \\\" \\n \\r \\t \\xHH \\uHHHH \\UHHHHHHHH");
        self.push(start, TokenKind::Bad(Box::new(finding)));
    }

    /// One escape from its `\`; nothing if it is none, after its first character.
    fn escape(&mut self) -> Option<char> {
        self.skip(1);
        let c = self.peek()?;
        let digits = match c {
            '\\' | '"' | 'n' | 'r' | 't' => 0,
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '\n' => return None,
            _ => {
                self.skip(c.len_utf8());
                return None;
            }
        };
        self.skip(1);
        match c {
            'n' => return Some('\n'),
            'r' => return Some('\r'),
            't' => return Some('\t'),
            '\\' | '"' => return Some(c),
            _ => {}
        }
        let hex = self.rest().get(..digits).filter(|h| h.chars().all(|c| c.is_ascii_hexdigit()))?;
        let value = u32::from_str_radix(hex, 16).ok()?;
        self.skip(digits);
        char::from_u32(value)
    }

    /// Texts in back quotes and characters in single quotes, which Rhai has.
    fn foreign_text(&mut self, start: usize, quote: char) {
        self.skip(1);
        let line_only = quote == '\'';
        let rest = self.rest();
        let end = rest.find(|c| c == quote || (line_only && c == '\n')).unwrap_or(rest.len());
        self.skip(end);
        if self.peek() == Some(quote) {
            self.skip(1);
        }
        let what = if line_only { "single quotes" } else { "back quotes" };
        let message = format!("{what} around a text are not part of the rule language");
        self.bad(start, Code::NotAllowed, message, "put the text in double quotes");
    }
}
