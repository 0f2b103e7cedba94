//! The names in a file: where each is defined and where it is mentioned.
//!
//! A room of its own because going to a definition, finding uses and renaming are all a look into this list.

use std::ops::Range;

use super::Document;
use super::outline::Outline;
use super::roles::{self, Role, Sort};
use super::tokens::{Kind, Token, tokens};

/// A name in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// What it is the name of.
    pub(super) sort: Sort,
    /// The name; of a fact with its scope.
    pub(super) name: String,
    /// The bytes of the name; of a fact without its scope.
    pub(super) range: Range<usize>,
    /// What belongs to it as people see it: a fact with its scope, a whole definition.
    pub(super) whole: Range<usize>,
    /// Whether this is where it is defined.
    pub(super) defines: bool,
}

/// A text that a condition compares with a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Compared {
    /// `tx.category`
    pub(super) fact: String,
    /// Where the text stands, without its quotes.
    pub(super) range: Range<usize>,
}

/// The names of a file, and the texts that its conditions compare with facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names {
    pub(super) list: Vec<Name>,
    pub(super) compared: Vec<Compared>,
}

impl Names {
    /// The names of a YAML file.
    pub(super) fn of_yaml(text: &str, outline: &Outline, is_test: bool) -> Names {
        let mut names = Names::default();
        for (index, entry) in outline.entries().iter().enumerate() {
            let (scope, path) = roles::placed(outline, text, index, is_test);
            if roles::has_key(outline, index) {
                names.key(text, roles::of_key(scope, &path), entry.key.clone(), entry.start..entry.end);
            }
            let Some(value) = entry.value.clone().filter(|v| !v.is_empty()) else { continue };
            let around = entry.parent.and_then(|p| outline.get(p)).map_or(value.clone(), |p| p.start..p.end);
            match roles::of_value(scope, &path) {
                Role::Defines(sort) => names.add(sort, text, value, around, true),
                Role::Mentions(sort) => names.add(sort, text, value.clone(), value, false),
                Role::Expression { .. } => names.expression(text, &tokens(text, value)),
                _ => {}
            }
        }
        names
    }

    /// The names of a script.
    pub(super) fn of_script(text: &str) -> Names {
        let mut names = Names::default();
        let tokens = tokens(text, 0..text.len());
        let words: Vec<&Token> = tokens.iter().filter(|t| t.kind != Kind::Comment).collect();
        for (index, token) in words.iter().enumerate().filter(|(_, t)| t.kind == Kind::Name) {
            let after = |n: usize| words.get(index.saturating_add(n));
            if !after(1).is_some_and(|t| t.is(text, "(")) {
                continue;
            }
            let before = index.checked_sub(1).and_then(|i| words.get(i)).filter(|t| t.is_word(text, "fn"));
            let whole = before.map_or(token.range.start, |t| t.range.start)..token.range.end;
            if before.is_some() || !is_word_of_scripts(token.text(text)) {
                names.add(Sort::Function, text, token.range.clone(), whole, before.is_some());
            }
        }
        names
    }

    fn add(&mut self, sort: Sort, text: &str, range: Range<usize>, whole: Range<usize>, defines: bool) {
        let name = text.get(range.clone()).unwrap_or_default().to_owned();
        self.list.push(Name { sort, name, range, whole, defines });
    }

    fn key(&mut self, text: &str, role: Role, key: Range<usize>, whole: Range<usize>) {
        match role {
            Role::Defines(sort) => self.add(sort, text, key, whole, true),
            Role::Fact { tx, defines } => {
                let scope = if tx { "tx" } else { "member" };
                let name = format!("{scope}.{}", text.get(key.clone()).unwrap_or_default());
                let whole = if defines { whole } else { key.clone() };
                self.list.push(Name { sort: Sort::Fact, name, range: key, whole, defines });
            }
            Role::Counter => self.counter(text, key),
            _ => {}
        }
    }

    /// The id in the key of a counter: `campaign.spring.uses.month`.
    fn counter(&mut self, text: &str, key: Range<usize>) {
        let written = text.get(key.clone()).unwrap_or_default();
        let Some((scope, rest)) = written.split_once('.') else { return };
        let sort = match scope {
            "base" => Sort::Base,
            "campaign" => Sort::Campaign,
            "pool" => Sort::Pool,
            "tier" => Sort::Tier,
            "redemption" => Sort::Option,
            _ => return,
        };
        // An id may have points itself; what and period are the last two parts.
        let id = rest.rsplitn(3, '.').nth(2).unwrap_or(rest);
        let start = key.start.saturating_add(scope.len()).saturating_add(1);
        let range = start..start.saturating_add(id.len());
        self.add(sort, text, range, key, false);
    }

    fn expression(&mut self, text: &str, tokens: &[Token]) {
        // The fact that a text would be compared with, until the comparison ends.
        let mut left: Option<&str> = None;
        let mut compares = false;
        for (index, token) in tokens.iter().enumerate() {
            let word = token.text(text);
            match token.kind {
                Kind::Name => {
                    let called = tokens.get(index.saturating_add(1)).is_some_and(|t| t.is(text, "("));
                    match word.split_once('.') {
                        Some((scope @ ("tx" | "member"), name)) => {
                            let start = token.range.start.saturating_add(scope.len()).saturating_add(1);
                            let range = start..start.saturating_add(name.len());
                            let name = word.to_owned();
                            let whole = token.range.clone();
                            self.list.push(Name { sort: Sort::Fact, name, range, whole, defines: false });
                            (left, compares) = (Some(word), false);
                        }
                        Some(_) => (left, compares) = (Some(word), false),
                        None if word == "in" => compares = true,
                        None if called => {
                            self.add(Sort::Function, text, token.range.clone(), token.range.clone(), false);
                        }
                        None if is_word_of_scripts(word) => {}
                        None => self.add(Sort::List, text, token.range.clone(), token.range.clone(), false),
                    }
                }
                Kind::Text { .. } => {
                    if let Some(fact) = left.filter(|_| compares) {
                        self.compared.push(Compared { fact: fact.to_owned(), range: token.range.clone() });
                        if fact == "member.tier" {
                            self.add(Sort::Tier, text, token.range.clone(), token.range.clone(), false);
                        }
                    }
                }
                Kind::Sign => match word {
                    "==" | "!=" => compares = true,
                    "&&" | "||" | ")" | "}" => (left, compares) = (None, false),
                    _ => {}
                },
                Kind::Number | Kind::Comment => {}
            }
        }
    }
}

/// Words of the expression language and of functions that are no names.
pub(super) fn is_word_of_scripts(word: &str) -> bool {
    crate::check::words_of_expressions().contains(&word)
}

/// The fact that a text at the end of `tokens` is compared with.
pub(super) fn compared_at_end<'t>(text: &'t str, tokens: &[Token]) -> Option<&'t str> {
    let mut compares = false;
    for token in tokens.iter().rev() {
        let word = token.text(text);
        match token.kind {
            Kind::Name if word == "in" => compares = true,
            Kind::Name => return (compares && word.contains('.')).then_some(word),
            Kind::Sign if matches!(word, "==" | "!=") => compares = true,
            Kind::Sign if matches!(word, "&&" | "||" | ")" | "}") => return None,
            _ => {}
        }
    }
    None
}

/// Whether a document has a name at an offset, and which.
pub(super) fn at(document: &Document, offset: usize) -> Option<&Name> {
    let names = &document.names.list;
    let inside = |range: &Range<usize>| range.start <= offset && offset <= range.end;
    names.iter().find(|n| inside(&n.range)).or_else(|| names.iter().find(|n| !n.defines && inside(&n.whole)))
}
