//! From the library's events to nodes.

use std::collections::{BTreeMap, BTreeSet};

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError};

use super::plain::{Cover, begins_as_list, covers, hide};
use super::{Entry, MAX_DEPTH, MAX_FINDINGS, MAX_NODES, Node, NodeKind, Scalar, message, span};
use crate::source::{Code, Finding, Span, Spanned};

/// Builds the documents of a text. Bounded: one pass, and a second one where something that looked like an
/// expression turned out to be none.
pub(super) fn build(file: u32, text: &str, findings: &mut Vec<Finding>) -> Vec<Node> {
    let all = covers(text);
    let mut first = Builder::new(file, text, &all);
    let documents = first.run();
    if first.confirmed.len() == all.len() {
        findings.append(&mut first.findings);
        return documents;
    }
    let kept: Vec<Cover> = all.iter().filter(|c| first.confirmed.contains(&c.start)).cloned().collect();
    let mut second = Builder::new(file, text, &kept);
    let documents = second.run();
    findings.append(&mut second.findings);
    documents
}

/// The covers of a text that the parser found to be right.
#[cfg(feature = "format")]
pub(super) fn confirmed(text: &str) -> Vec<Cover> {
    let all = covers(text);
    let mut builder = Builder::new(0, text, &all);
    builder.run();
    let confirmed = builder.confirmed;
    all.into_iter().filter(|c| confirmed.contains(&c.start)).collect()
}

/// A list or mapping that is not closed yet.
enum Open {
    List { items: Vec<Node>, span: Span, failed: bool },
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Key, span: Span, failed: bool },
}

impl Open {
    /// The opening bracket; empty for a block.
    fn span(&self) -> Span {
        match self {
            Open::List { span, .. } | Open::Map { span, .. } => *span,
        }
    }
}

/// Where in a mapping the next value goes.
enum Key {
    /// It is a key.
    Due,
    /// It is the value of this key.
    Read(Spanned<String>),
    /// It is the value of something that cannot be a key, and was reported.
    Bad(Span),
    /// It is the value of a key that stood before, and was reported.
    Twice,
}

struct Builder<'t> {
    file: u32,
    text: &'t str,
    hidden: String,
    covers: &'t [Cover],
    confirmed: BTreeSet<usize>,
    findings: Vec<Finding>,
    open: Vec<Open>,
    document: Option<Node>,
    nodes: usize,
    /// Whether there were so many mistakes that the rest is not read.
    given_up: bool,
    /// Where the last finding about a feature stood: one such finding a line is enough.
    feature_at: Option<usize>,
}

impl<'t> Builder<'t> {
    fn new(file: u32, text: &'t str, covers: &'t [Cover]) -> Builder<'t> {
        Builder {
            file,
            text,
            hidden: hide(text, covers),
            covers,
            confirmed: BTreeSet::new(),
            findings: Vec::new(),
            open: Vec::new(),
            document: None,
            nodes: 0,
            given_up: false,
            feature_at: None,
        }
    }

    fn run(&mut self) -> Vec<Node> {
        let hidden = std::mem::take(&mut self.hidden);
        let mut parser = Parser::new_from_str_with_options(&hidden, options());
        let mut documents = Vec::new();
        while let Some(next) = parser.next_event() {
            match next {
                Ok((event, at)) => {
                    let node = span(
                        self.file,
                        at.start.byte_offset().unwrap_or_default(),
                        at.end.byte_offset().unwrap_or_default(),
                    );
                    let tag = at.tag_start().and_then(|t| t.byte_offset());
                    if matches!(event, Event::DocumentEnd) {
                        documents.extend(self.document.take().filter(|d| d.kind != NodeKind::Null));
                    }
                    if self.event(event, node, tag).is_none() || self.given_up {
                        break;
                    }
                }
                Err(error) => {
                    self.syntax_error(&error);
                    self.open.clear();
                    self.document = None;
                    if self.given_up || !matches!(parser.proceed_next_document(), Ok(true)) {
                        break;
                    }
                }
            }
        }
        documents
    }

    fn syntax_error(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or_default();
        // What was misread after a bracket that stayed open on an earlier line is the bracket's fault.
        let bracket = self.open.last().map(Open::span).filter(|b| b.start != b.end);
        let bracket = bracket.filter(|b| {
            let between = self.text.get(super::range(*b).start..at);
            message::blames_bracket(error.kind()) && between.is_some_and(|t| t.contains('\n'))
        });
        let (place, (code, message, help)) = match bracket {
            Some(place) => {
                let open = if self.slice(place) == "{" { '{' } else { '[' };
                (place, message::describe(&ErrorKind::UnclosedFlowCollection { open }, ""))
            }
            None => {
                let before = self.text.get(..at).unwrap_or_default();
                let line = before.rsplit('\n').next().unwrap_or_default();
                if let Some(start) = begins_as_list(self.text, at) {
                    let finding = Finding::new(Code::YamlSyntax, self.character_at(start), message::LIST);
                    return self.report(finding.help(message::LIST_HELP));
                }
                // After a comment, the library tells of the indentation that a tab spoils.
                let spoilt =
                    message::blames_indent(error.kind()) && line.contains('\t') && line.trim_start().is_empty();
                let kind = if spoilt { &ErrorKind::TabInIndentation } else { error.kind() };
                let at = if message::blames_tab(kind) { self.tab_near(at) } else { at };
                (self.character_at(at), message::describe(kind, line))
            }
        };
        let mut finding = Finding::new(code, place, message);
        finding.help = help.map(str::to_owned);
        self.report(finding);
    }

    /// Takes one event; `None` where the file is too large to go on.
    fn event(&mut self, event: Event<'_>, at: Span, tag: Option<usize>) -> Option<()> {
        match event {
            Event::Scalar(value, style, _, tagged) => {
                let node = if tagged.is_some() {
                    self.tag(at, tag);
                    Node { kind: NodeKind::Failed, span: at }
                } else {
                    self.scalar(&value, style, at)
                };
                self.put(node)
            }
            Event::SequenceStart(_, _, tagged) => {
                let failed = tagged.is_some();
                if failed {
                    self.tag(at, tag);
                }
                self.open.push(Open::List { items: Vec::new(), span: at, failed });
                Some(())
            }
            Event::MappingStart(_, _, tagged) => {
                let failed = tagged.is_some();
                if failed {
                    self.tag(at, tag);
                }
                let (entries, seen) = (Vec::new(), BTreeMap::new());
                self.open.push(Open::Map { entries, seen, key: Key::Due, span: at, failed });
                Some(())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop()? {
                    Open::List { items, span, failed } => {
                        let end = items.last().map_or(span.end, |n| n.span.end).max(closed(at));
                        let kind = if failed { NodeKind::Failed } else { NodeKind::List(items) };
                        Node { kind, span: Span { end, ..span } }
                    }
                    Open::Map { entries, span, failed, .. } => {
                        let end = entries.last().map_or(span.end, |e| e.value.span.end).max(closed(at));
                        let kind = if failed { NodeKind::Failed } else { NodeKind::Map(entries) };
                        Node { kind, span: Span { end, ..span } }
                    }
                };
                self.put(node)
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.feature(at, message::ALIAS, message::ANCHOR_HELP);
                self.put(Node { kind: NodeKind::Failed, span: at })
            }
            Event::Anchor(..) => {
                self.feature(at, message::ANCHOR, message::ANCHOR_HELP);
                Some(())
            }
            _ => Some(()),
        }
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, node: Node) -> Option<()> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            let message = format!("this file has more than {MAX_NODES} values");
            let help = "split it into several files in the same folder".to_owned();
            self.findings.push(Finding::new(Code::TooLarge, node.span, message).help(help));
            return None;
        }
        match self.open.last_mut() {
            None => self.document = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, seen, key, .. }) => match std::mem::replace(key, Key::Due) {
                Key::Due => {
                    let key = self.key(node);
                    self.set_key(key);
                }
                Key::Read(read) => {
                    seen.insert(read.value.clone(), read.span);
                    entries.push(Entry { key: read, value: node });
                }
                // The mapping lacks something that was reported: an entry without a name keeps that in mind.
                Key::Bad(at) => {
                    let key = Spanned { value: String::new(), span: at };
                    entries.push(Entry { key, value: Node { kind: NodeKind::Failed, span: node.span } });
                }
                Key::Twice => {}
            },
        }
        Some(())
    }

    fn set_key(&mut self, new: Key) {
        if let Some(Open::Map { key, .. }) = self.open.last_mut() {
            *key = new;
        }
    }

    /// A key that may stand in the innermost mapping.
    fn key(&mut self, node: Node) -> Key {
        let at = node.span;
        let scalar = match node.kind {
            NodeKind::Scalar(scalar) => scalar,
            NodeKind::Failed => return Key::Bad(at),
            NodeKind::Null => Scalar { text: self.slice(at).to_owned(), quoted: false, inner: at },
            NodeKind::List(_) | NodeKind::Map(_) => {
                let message = "a list or mapping cannot be a key";
                self.feature(at, message, "a key is a text; put brackets that belong to a value in quotes");
                return Key::Bad(at);
            }
        };
        if scalar.text == "<<" && !scalar.quoted {
            self.feature(at, message::MERGE, message::MERGE_HELP);
            return Key::Bad(at);
        }
        let first = match self.open.last() {
            Some(Open::Map { seen, .. }) => seen.get(&scalar.text).copied(),
            _ => None,
        };
        if first.is_some() {
            let message = format!("the key `{}` stands twice in this block", scalar.text);
            self.report(Finding::new(Code::DuplicateKey, at, message).help("keep one of the two"));
            return Key::Twice;
        }
        Key::Read(Spanned { value: scalar.text, span: at })
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, at: Span) -> Node {
        let range = super::range(at);
        let (kind, inner) = match style {
            ScalarStyle::Plain if at.start == at.end => return Node { kind: NodeKind::Null, span: at },
            ScalarStyle::Plain => {
                let text = match self.uncovered(range) {
                    Some(text) => text,
                    None => value.to_owned(),
                };
                if text == "~" || text == "null" {
                    return Node { kind: NodeKind::Null, span: at };
                }
                ((text, false), at)
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let (start, end) = (at.start.saturating_add(1), at.end.saturating_sub(1));
                ((value.to_owned(), true), Span { file: at.file, start, end: end.max(start) })
            }
            ScalarStyle::Literal | ScalarStyle::Folded => ((value.to_owned(), true), at),
        };
        let (text, quoted) = kind;
        Node { kind: NodeKind::Scalar(Scalar { text, quoted, inner }), span: at }
    }

    /// The text of a plain scalar that was covered, as it was written; line breaks are spaces.
    fn uncovered(&mut self, range: std::ops::Range<usize>) -> Option<String> {
        let index = self.covers.partition_point(|c| c.start < range.start);
        let cover = self.covers.get(index).filter(|c| c.start == range.start && c.end() <= range.end)?;
        self.confirmed.insert(cover.start);
        let written = self.text.get(range)?;
        Some(written.split(['\n', '\r']).map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" "))
    }

    fn tag(&mut self, at: Span, tag: Option<usize>) {
        let place = match tag {
            Some(start) => {
                let word = self.text.get(start..).unwrap_or_default().bytes().take(64);
                let length = word.take_while(|b| b.is_ascii_graphic() && !b",]}".contains(b)).count();
                span(self.file, start, start.saturating_add(length))
            }
            None => at,
        };
        self.feature(place, message::TAG, message::TAG_HELP);
    }

    /// Reports a construct that rule files do not use, once a line.
    fn feature(&mut self, at: Span, message: &str, help: &str) {
        let start = super::range(at).start;
        let previous = self.feature_at.replace(start);
        let same_line = previous.is_some_and(|p| {
            let between = self.text.get(p.min(start)..p.max(start));
            between.is_some_and(|t| !t.contains('\n'))
        });
        if !same_line {
            self.report(Finding::new(Code::YamlFeature, at, message).help(help));
        }
    }

    fn report(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else if !self.given_up {
            self.given_up = true;
            let message = format!("this file has more than {MAX_FINDINGS} mistakes; what follows was not read");
            self.findings.push(Finding { code: Code::TooLarge, message, ..finding }.help("mend those before it"));
        }
    }

    fn slice(&self, at: Span) -> &'t str {
        self.text.get(super::range(at)).unwrap_or_default()
    }

    /// The tab that an error means whose mark stands where the indentation ends, or at the value on a line before it.
    fn tab_near(&self, at: usize) -> usize {
        let indent = |line: &str| line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len());
        let tab_in = |line: &str| line.get(..indent(line)).and_then(|blank| blank.find('\t'));
        let start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end.saturating_add(1));
        let mut line_at = start;
        for line in self.text.get(start..).unwrap_or_default().split_inclusive('\n') {
            match (tab_in(line), line.trim_start().chars().next()) {
                (_, None | Some('#')) => {}
                (Some(tab), Some(_)) => return line_at.saturating_add(tab),
                (None, Some(_)) if line_at == start => {}
                (None, Some(_)) => break,
            }
            line_at = line_at.saturating_add(line.len());
        }
        at
    }

    /// The one character at an offset, or nothing at the end of a line.
    fn character_at(&self, at: usize) -> Span {
        let rest = self.text.get(at..).unwrap_or_default();
        let width = rest.chars().next().filter(|c| !c.is_control() || *c == '\t').map_or(0, char::len_utf8);
        span(self.file, at, at.saturating_add(width))
    }
}

/// Where a closing bracket ends; 0 for a block, which has none.
fn closed(end: Span) -> u32 {
    if end.start == end.end { 0 } else { end.end }
}

fn options() -> Options {
    granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}
