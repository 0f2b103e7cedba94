//! Mappings with a known set of keys, lists, and expressions.

use crate::source::{Code, Finding, Span, nearest};
use crate::syntax::expression::Expr;
use crate::syntax::lexer::Origin;
use crate::syntax::parse::parse_written;
use crate::syntax::vocabulary::Block;
use crate::syntax::written::Unread;
use crate::syntax::yaml::{Entry, MAX_FINDINGS, Node, NodeKind, Scalar, range};

/// Reads one file, and collects what is wrong with it.
pub(super) struct Reader<'s> {
    /// The text of the file.
    pub(super) text: &'s str,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
    /// What could not be read, in this file and those before.
    pub(super) unread: Unread,
}

/// A mapping whose keys are known to be allowed; unknown ones were reported.
pub(super) struct Fields<'n> {
    entries: &'n [Entry],
    /// Keys that were probably meant by unknown ones: nobody misses them.
    meant: Vec<&'static str>,
    /// Whether something in the mapping could not be read, so that any key may be missing.
    broken: bool,
    /// Where to point when a key is missing.
    head: Span,
    /// The whole mapping.
    pub(super) span: Span,
    /// What it is, for people: "a campaign".
    what: &'static str,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entries.iter().find(|e| e.key.value == key).map(|e| &e.value)
    }

    /// The key itself.
    pub(super) fn key(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|e| e.key.value == key).map(|e| e.key.span)
    }

    /// Whether the key is there, or was probably meant.
    pub(super) fn has(&self, key: &str) -> bool {
        self.broken || self.meant.contains(&key) || self.key(key).is_some()
    }
}

/// The keys of a block for people.
fn keys_of(block: &Block) -> String {
    key_list(&block.names().collect::<Vec<_>>(), "and")
}

/// Keys or words for people: "`a`, `b` or `c`".
pub(super) fn key_list(keys: &[&str], conjunction: &str) -> String {
    let quoted: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {conjunction} {last}", rest.join(", ")),
    }
}

impl<'s> Reader<'s> {
    pub(super) fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Reports with a help text.
    pub(super) fn complain(&mut self, code: Code, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.report(Finding::new(code, at, message).help(help));
    }

    /// Where to point for a whole block: the block if it stands on one line, else its first key.
    pub(super) fn head(&self, node: &Node) -> Span {
        let one_line = self.text.get(range(node.span)).is_some_and(|t| !t.contains('\n'));
        match &node.kind {
            NodeKind::Map(entries) if !one_line => entries.first().map_or(node.span, |e| e.key.span),
            NodeKind::List(items) if !one_line => items.first().map_or(node.span, |n| self.head(n)),
            _ => node.span,
        }
    }

    /// Reports a value of the wrong kind (R0103), unless it was reported already.
    pub(super) fn wrong_shape(&mut self, node: &Node, due: &str, help: Option<String>) {
        let found = match &node.kind {
            NodeKind::Failed => return,
            NodeKind::Null => "there is nothing",
            NodeKind::Scalar(_) => "this is a single value",
            NodeKind::List(_) => "this is a list",
            NodeKind::Map(_) => "this is a mapping",
        };
        let mut finding = Finding::new(Code::WrongShape, self.head(node), format!("{due} is due here, and {found}"));
        finding.help = help
            .or_else(|| matches!(node.kind, NodeKind::Null).then(|| "remove the key if it is not needed".to_owned()));
        self.report(finding);
    }

    /// A mapping with the keys of a block of the vocabulary.
    pub(super) fn fields<'n>(&mut self, node: &'n Node, block: &'static Block) -> Option<Fields<'n>> {
        self.fields_beside(node, block, &[])
    }

    /// As [`Reader::fields`], where `told` are keys that it does not have, and about which the caller complains.
    pub(super) fn fields_beside<'n>(
        &mut self,
        node: &'n Node,
        block: &'static Block,
        told: &[&str],
    ) -> Option<Fields<'n>> {
        let what = block.what;
        let NodeKind::Map(entries) = &node.kind else {
            // A key has no name for its kind of value.
            let due = if what.starts_with('`') { "a mapping" } else { what };
            self.wrong_shape(node, due, Some(format!("it has the keys {}", keys_of(block))));
            return None;
        };
        let mut meant = Vec::new();
        let mut broken = false;
        let there = |key: &str| entries.iter().any(|e| e.key.value == key);
        let known = |key: &str| block.key(key).is_some() || told.contains(&key);
        for entry in entries.iter().filter(|e| !known(&e.key.value)) {
            let key = &entry.key.value;
            if key.is_empty() && entry.value.kind == NodeKind::Failed {
                broken = true;
                continue;
            }
            if self.findings.len() > MAX_FINDINGS {
                break;
            }
            let near = nearest(key, block.names().filter(|k| !there(k))).or_else(|| nearest(key, block.names()));
            let help = match near {
                _ if key.starts_with(|c: char| c.is_ascii_digit()) && entry.value.kind == NodeKind::Null => {
                    "a comma ends the value before it; decimals stand after a point".to_owned()
                }
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{what} has the keys {}", keys_of(block)),
            };
            meant.extend(near);
            self.complain(Code::UnknownKey, entry.key.span, format!("unknown key `{}`", shorten(key)), help);
        }
        Some(Fields { entries, meant, broken, head: self.head(node), span: node.span, what })
    }

    /// A list. `due` names it: "a list of campaigns".
    pub(super) fn list<'n>(&mut self, node: &'n Node, due: &str) -> Option<&'n [Node]> {
        match &node.kind {
            NodeKind::List(items) => Some(items),
            _ => {
                let help = "write [a, b], or each entry on its own line after `- `".to_owned();
                self.wrong_shape(node, due, Some(help));
                None
            }
        }
    }

    /// A mapping of names that the author chose.
    pub(super) fn entries<'n>(&mut self, node: &'n Node, due: &str) -> Option<&'n [Entry]> {
        match &node.kind {
            NodeKind::Map(entries) => Some(entries),
            _ => {
                self.wrong_shape(node, due, None);
                None
            }
        }
    }

    /// The value of a key that may be there.
    pub(super) fn may<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        fields.get(key).and_then(|node| read(self, node))
    }

    /// The value of a key that must be there (R0102).
    pub(super) fn must<T>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Node) -> Option<T>,
    ) -> Option<T> {
        if !fields.has(key) {
            let message = format!("the key `{key}` is missing");
            self.complain(Code::MissingKey, fields.head, message, format!("{} needs it", fields.what));
        }
        self.may(fields, key, read)
    }

    /// Exactly one of some keys must be there: R0102 if none is, R0311 if several are.
    pub(super) fn one_of(&mut self, fields: &Fields<'_>, keys: &[&'static str]) {
        let mut there = fields.entries.iter().map(|e| &e.key).filter(|k| keys.contains(&k.value.as_str()));
        match (there.next(), there.next()) {
            (None, _) if keys.iter().any(|k| fields.has(k)) => {}
            (None, _) => {
                let message = format!("{} is missing", key_list(keys, "or"));
                self.complain(Code::MissingKey, fields.head, message, format!("{} needs one of them", fields.what));
            }
            (Some(first), Some(second)) => {
                let message = format!("`{}` and `{}` exclude each other", first.value, second.value);
                let help = format!("{} has exactly one of them", fields.what);
                self.complain(Code::KeysConflict, second.span, message, help);
            }
            (Some(_), None) => {}
        }
    }

    /// A single value, whatever its text. `due` names it: "a rate".
    pub(super) fn scalar<'n>(&mut self, node: &'n Node, due: &str) -> Option<&'n Scalar> {
        match &node.kind {
            NodeKind::Scalar(scalar) => Some(scalar),
            _ => {
                self.wrong_shape(node, due, None);
                None
            }
        }
    }

    /// An expression (semantics §9), with or without quotes. Places inside are those of what was written,
    /// behind escapes and in folded blocks too.
    pub(super) fn expression(&mut self, node: &Node) -> Option<Expr> {
        let scalar = match &node.kind {
            NodeKind::Scalar(scalar) => scalar,
            NodeKind::List(_) | NodeKind::Map(_) => {
                let help = "put it in quotes: 'tx.category in [\"dining\", \"fuel\"]'";
                self.wrong_shape(node, "an expression", Some(help.to_owned()));
                return None;
            }
            NodeKind::Null | NodeKind::Failed => {
                self.wrong_shape(node, "an expression", None);
                return None;
            }
        };
        let at = scalar.inner;
        let written = self.text.get(range(at)).unwrap_or_default();
        let text = if scalar.quoted {
            scalar.text.trim_end().to_owned()
        } else {
            // A line break is a space to YAML and to expressions alike; one for one, every place stays.
            written.replace(['\n', '\r'], " ")
        };
        if text.len() > written.len() {
            let message = "an escape in this text stands for more characters than it has";
            self.complain(Code::ExpressionSyntax, node.span, message, "write the characters themselves");
            return None;
        }
        let places = if written.starts_with(&text) { Vec::new() } else { places(&text, self.text, at) };
        parse_written(&text, Origin { at, places: &places }, &mut self.findings)
    }
}

/// Where each byte of a text in quotes or in a block was written, and where the text ends: characters stand for
/// themselves or behind an escape, and line breaks may have been folded.
fn places(text: &str, file: &str, at: Span) -> Vec<u32> {
    let single = file.get(..range(at).start).is_some_and(|before| before.ends_with('\''));
    let mut rest = file.get(range(at)).unwrap_or_default();
    let mut places = Vec::with_capacity(text.len().saturating_add(1));
    let here = |rest: &str| at.end.saturating_sub(u32::try_from(rest.len()).unwrap_or(u32::MAX)).max(at.start);
    let skip = |rest: &mut &str, bytes: usize| {
        *rest = rest.get(bytes..).unwrap_or_else(|| rest.trim_start_matches(|_| true));
    };
    for c in text.chars() {
        // An escaped line break stands for nothing, and so does the white space after it.
        while !single && (rest.starts_with("\\\n") || rest.starts_with("\\\r")) {
            skip(&mut rest, 1);
            rest = rest.trim_start();
        }
        if !rest.starts_with(c) && !rest.starts_with('\\') {
            // A folded break stands for its whole white space; what an indented line begins with stands for nothing.
            let blank = rest.len().saturating_sub(rest.trim_start().len());
            let place = here(rest);
            skip(&mut rest, blank);
            if c.is_whitespace() {
                places.extend(std::iter::repeat_n(place, c.len_utf8()));
                continue;
            }
        }
        places.extend(std::iter::repeat_n(here(rest), c.len_utf8()));
        let length = match rest.as_bytes() {
            [b'\\', b'x', ..] if !rest.starts_with(c) => 4,
            [b'\\', b'u', ..] if !rest.starts_with(c) => 6,
            [b'\\', b'U', ..] if !rest.starts_with(c) => 10,
            [b'\\', escaped, ..] if !single && (!rest.starts_with(c) || *escaped == b'\\') => 2,
            [b'\'', b'\'', ..] if single => 2,
            _ => c.len_utf8(),
        };
        skip(&mut rest, length);
    }
    places.push(here(rest));
    places
}

/// A text short enough for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
