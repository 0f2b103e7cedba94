//! What may be written at a place: facts, lists, functions and values in expressions, names and words in values.
//!
//! The text is cut off at the cursor and looked at as far as it goes, so what stands behind the cursor cannot be in
//! the way.

use std::collections::BTreeSet;
use std::ops::Range;

use super::facts::Fact;
use super::outline::{Ending, Outline};
use super::roles::{self, Role, Scope, Sort};
use super::tokens::{Kind, Token, tokens};
use super::{Document, Folder, facts, hover, keys, names};
use crate::check;
use crate::value::Currency;

/// The most entries that are given at once.
const MOST: usize = 500;

/// What an entry is, so that an editor can show a sign for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A value that fits here.
    Value,
    /// A fact.
    Fact,
    /// A list.
    List,
    /// A function.
    Function,
    /// The name of something that the rule set defines.
    Name,
    /// A key.
    Key,
    /// A word of the language.
    Word,
}

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// As it is shown, and written.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// A few words beside it.
    pub detail: Option<String>,
    /// More about it, in Markdown.
    pub documentation: Option<String>,
    /// What is written.
    pub insert: String,
}

impl Completion {
    fn new(kind: CompletionKind, label: impl Into<String>) -> Completion {
        let label: String = label.into();
        Completion { insert: label.clone(), label, kind, detail: None, documentation: None }
    }

    fn detail(mut self, detail: impl Into<String>) -> Completion {
        self.detail = Some(detail.into()).filter(|d: &String| !d.is_empty());
        self
    }
}

/// What may be written at a place, the likeliest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completions {
    /// The bytes that an entry takes the place of.
    pub replace: Range<usize>,
    /// The entries.
    pub list: Vec<Completion>,
    /// Whether there are more, which typing on would show.
    pub more: bool,
}

impl Folder {
    /// What may be written at an offset of a file.
    pub fn complete(&self, path: &str, offset: usize) -> Completions {
        let Some(document) = self.get(path) else { return Completions::default() };
        let Some(before) = document.text.get(..offset) else { return Completions::default() };
        let (written, mut list) = if document.is_script {
            self.in_script(before)
        } else {
            self.in_yaml(document, before).unwrap_or_default()
        };
        let typed = before.get(written.clone()).unwrap_or_default().to_lowercase();
        list.retain(|c| c.label.to_lowercase().contains(&typed));
        list.sort_by_cached_key(|c| (!c.label.to_lowercase().starts_with(&typed), c.kind));
        let more = list.len() > MOST;
        list.truncate(MOST);
        Completions { replace: written.start..offset, list, more }
    }

    fn in_yaml(&self, document: &Document, before: &str) -> Option<(Range<usize>, Vec<Completion>)> {
        let outline = Outline::of(before);
        match outline.ending()?.clone() {
            Ending::Value { entry, written } => {
                let (scope, path) = place(document, &outline, before, entry);
                let role = roles::of_value(scope, &path);
                if matches!(role, Role::Plain | Role::Period) {
                    return Some((written, keys::words(scope, &path)));
                }
                Some(self.value(before, role, written))
            }
            Ending::Key { parent, word } => {
                let (scope, path) = place(document, &outline, before, parent);
                match roles::of_value(scope, &path) {
                    Role::Plain => {
                        let begins = outline.get(parent).map(|e| (e.kind, e.start));
                        let there = begins.map(|(kind, start)| keys::there(document, kind, start)).unwrap_or_default();
                        let mut list = keys::at(scope, &path, &there);
                        list.extend(self.keys(scope, &path));
                        list.extend(keys::words(scope, &path));
                        Some((word, list))
                    }
                    role @ Role::Expression { .. } => {
                        let value = outline.get(parent).and_then(|e| e.value.clone());
                        let start = value.map_or(word.start, |v| v.start);
                        Some(self.value(before, role, start..before.len()))
                    }
                    role => Some(self.value(before, role, word)),
                }
            }
        }
    }

    /// Names of the rule set's own that are keys here.
    fn keys(&self, scope: Scope, path: &[&str]) -> Vec<Completion> {
        let mut inside = path.to_vec();
        inside.push("");
        let facts = |start: &str| {
            let declared = facts::all(self).into_iter().filter(|f| f.declared);
            let own = declared.filter_map(|f| {
                let name = f.name.strip_prefix(start)?;
                Some(Completion::new(CompletionKind::Fact, name).detail(f.detail()))
            });
            own.collect()
        };
        match roles::of_key(scope, &inside) {
            Role::Fact { tx: true, defines: false } => facts("tx."),
            Role::Fact { tx: false, defines: false } => facts("member."),
            Role::Counter => self.counters(),
            _ => Vec::new(),
        }
    }

    /// Beginnings of the keys of counters: of what the rule set defines, as far as its id.
    fn counters(&self) -> Vec<Completion> {
        let of = |sort: Sort, scope: &'static str| {
            self.defined(sort).map(move |(_, _, n)| {
                Completion::new(CompletionKind::Name, format!("{scope}.{}.", n.name)).detail(sort.words())
            })
        };
        let base = of(Sort::Base, "base").chain(of(Sort::Campaign, "campaign"));
        base.chain(of(Sort::Pool, "pool")).chain(of(Sort::Tier, "tier")).chain(of(Sort::Option, "redemption")).collect()
    }

    fn value(&self, before: &str, role: Role, written: Range<usize>) -> (Range<usize>, Vec<Completion>) {
        let value = |text: &str| Completion::new(CompletionKind::Value, text);
        let list = match role {
            Role::Expression { lines } => return self.in_expression(before, written, lines),
            Role::Mentions(Sort::Group) => {
                let groups = self.all().flat_map(|(_, d)| &d.names.list).filter(|n| n.sort == Sort::Group);
                let names: BTreeSet<&str> = groups.filter(|n| !n.name.is_empty()).map(|n| n.name.as_str()).collect();
                names.into_iter().map(|n| Completion::new(CompletionKind::Name, n)).collect()
            }
            Role::Mentions(sort) => self.names(sort, CompletionKind::Name),
            Role::Currency => Currency::codes().map(value).collect(),
            Role::Zone => chrono_tz::TZ_VARIANTS.iter().map(|z| value(z.name())).collect(),
            _ => Vec::new(),
        };
        (written, list)
    }

    fn names(&self, sort: Sort, kind: CompletionKind) -> Vec<Completion> {
        let mut seen = BTreeSet::new();
        let new = self.defined(sort).filter(|(_, _, n)| seen.insert(n.name.as_str()));
        new.map(|(path, _, n)| Completion::new(kind, &n.name).detail(format!("{}, {path}", sort.words()))).collect()
    }

    fn in_expression(&self, before: &str, written: Range<usize>, lines: bool) -> (Range<usize>, Vec<Completion>) {
        // A text of YAML in double quotes has its own way of writing quotes.
        let escaped = written.start.checked_sub(1).and_then(|i| before.as_bytes().get(i)) == Some(&b'"');
        let quote = if escaped { "\\\"" } else { "\"" };
        let end = written.end;
        let tokens = tokens(before, written);
        let (last, earlier) = match tokens.split_last() {
            Some((last, earlier)) => (Some(last), earlier),
            None => (None, [].as_slice()),
        };
        if let Some(Token { kind: Kind::Text { closed: false }, range }) = last {
            let fact = names::compared_at_end(before, earlier);
            return (range.clone(), fact.map(|f| self.values_of(f)).unwrap_or_default());
        }
        let word = last.filter(|t| t.kind == Kind::Name && t.range.end == end);
        let (replace, earlier) = match word {
            Some(word) => (word.range.clone(), earlier),
            None if last.is_some_and(|t| t.kind == Kind::Number && t.range.end == end) => {
                return (end..end, Vec::new());
            }
            None => (end..end, tokens.as_slice()),
        };
        let mut list = Vec::new();
        if let Some(fact) = names::compared_at_end(before, earlier) {
            list.extend(self.values_of(fact).into_iter().map(|c| {
                let quoted = format!("{quote}{}{quote}", c.label);
                Completion { insert: quoted, label: format!("\"{}\"", c.label), ..c }
            }));
        }
        let facts = facts::all(self);
        let asks = ends_in_has(before, earlier);
        let may_stand = |f: &&Fact| (lines || !f.name.starts_with("line.")) && (!asks || f.optional);
        list.extend(
            facts.iter().filter(may_stand).map(|f| Completion::new(CompletionKind::Fact, &f.name).detail(f.detail())),
        );
        if !asks {
            list.extend(self.names(Sort::List, CompletionKind::List));
            list.extend(self.functions());
            list.extend(["true", "false", "if", "else"].map(|w| Completion::new(CompletionKind::Word, w)));
        }
        (replace, list)
    }

    fn functions(&self) -> Vec<Completion> {
        let built_in = check::built_in_functions()
            .iter()
            .map(|(name, form)| Completion::new(CompletionKind::Function, *name).detail(*form));
        let own = self.defined(Sort::Function).map(|(path, document, n)| {
            let (form, comment) = hover::signature(document, n.whole.start);
            let completion = Completion::new(CompletionKind::Function, &n.name);
            let documentation = Some(format!("{form}, {path}{comment}"));
            Completion { documentation, ..completion.detail(form.trim_start_matches("fn ")) }
        });
        built_in.chain(own).collect()
    }

    /// The values that a fact can have, or else those that conditions compare it with.
    fn values_of(&self, fact: &str) -> Vec<Completion> {
        let known = facts::all(self).into_iter().find(|f| f.name == fact).and_then(|f| f.values);
        let (values, detail) = match known {
            Some(values) => (values.into_iter().collect::<BTreeSet<_>>(), fact.to_owned()),
            None => {
                let texts = self.all().flat_map(|(_, document)| {
                    let of_fact = document.names.compared.iter().filter(|c| c.fact == fact);
                    of_fact.map(|c| document.slice(c.range.clone()).to_owned())
                });
                let texts: BTreeSet<String> = texts.filter(|t| !t.is_empty() && t.len() <= 64).collect();
                (texts, format!("{fact} in other conditions"))
            }
        };
        values.into_iter().map(|v| Completion::new(CompletionKind::Value, v).detail(&detail)).collect()
    }

    /// In a script: functions, and the words of it.
    fn in_script(&self, before: &str) -> (Range<usize>, Vec<Completion>) {
        let all = tokens(before, 0..before.len());
        let end = before.len();
        let nothing = (end..end, Vec::new());
        let replace = match all.last() {
            Some(Token { kind: Kind::Comment | Kind::Text { closed: false }, range }) if range.end == end => {
                return nothing;
            }
            Some(Token { kind: Kind::Name, range }) if range.end == end => range.clone(),
            Some(Token { kind: Kind::Number, range }) if range.end == end => return nothing,
            _ => end..end,
        };
        let begin = all.iter().rposition(|t| t.is_word(before, "fn")).unwrap_or(0);
        let own = all.iter().skip(begin).filter(|t| t.kind == Kind::Name && t.range.end < end);
        let own: BTreeSet<&str> = own.map(|t| t.text(before)).filter(|w| !names::is_word_of_scripts(w)).collect();
        let mut list = self.functions();
        let functions: BTreeSet<String> = list.iter().map(|c| c.label.clone()).collect();
        let locals = own.into_iter().filter(|w| !functions.contains(*w));
        list.extend(locals.map(|w| Completion::new(CompletionKind::Name, w)));
        let words = ["fn", "let", "if", "else", "for", "in", "while", "return", "true", "false"];
        list.extend(words.map(|w| Completion::new(CompletionKind::Word, w)));
        (replace, list)
    }
}

/// Scope and path of an entry; the scope by the whole file, since its first key may stand behind the cursor.
fn place<'t>(document: &Document, outline: &Outline, before: &'t str, entry: usize) -> (Scope, Vec<&'t str>) {
    let (scope, path) = roles::placed(outline, before, entry, document.is_test);
    if scope != Scope::Unknown {
        return (scope, path);
    }
    let start = outline.get(outline.document(entry)).map_or(0, |d| d.start);
    let whole = document.outline.entries().iter().position(|e| e.parent.is_none() && e.start == start);
    let scope = whole.map_or(scope, |w| roles::placed(&document.outline, &document.text, w, document.is_test).0);
    (scope, path)
}

/// Whether what comes next is the fact that `has(` asks for.
fn ends_in_has(text: &str, tokens: &[Token]) -> bool {
    matches!(tokens, [.., has, open] if has.is_word(text, "has") && open.is(text, "("))
}
