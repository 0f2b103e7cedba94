//! From test files to tests, with a finding for everything that could not fail or could not be meant.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::expect::Item;
use super::{is_error, is_test_file};
use crate::check::allow;
use crate::input::{ErrorCode, Raw};
use crate::outcome::Reason;
use crate::rule_set::RuleSet;
use crate::source::{Code, Finding, Findings, Sources, Span, nearest};
use crate::syntax::vocabulary::{self, Block};
use crate::syntax::yaml::{Entry, Node, NodeKind, parse_documents};
use crate::value::Exact;

/// One test.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) member: Raw,
    pub(super) usage: Raw,
    pub(super) has_steps: bool,
    pub(super) steps: Vec<Step>,
}

/// One thing that happens, and what must come of it.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// The event as written: that it cannot be read is an error that a test may expect.
    pub(super) event: Raw,
    pub(super) span: Span,
    pub(super) expect: Vec<Expectation>,
}

/// The kinds of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    Transaction,
    Refund,
    Redeem,
}

impl StepKind {
    const ALL: [StepKind; 3] = [StepKind::Transaction, StepKind::Refund, StepKind::Redeem];

    pub(super) fn name(self) -> &'static str {
        match self {
            StepKind::Transaction => "transaction",
            StepKind::Refund => "refund",
            StepKind::Redeem => "redeem",
        }
    }
}

/// One named expectation.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) item: Item,
    /// The value as written, without quotes.
    pub(super) written: String,
    pub(super) span: Span,
}

/// What all test files hold.
pub(super) struct Read {
    /// The tests that could be read.
    pub(super) cases: Vec<Case>,
    /// How many could not.
    pub(super) unread: usize,
    /// What is wrong with those, and with the files.
    pub(super) findings: Findings,
}

/// Reads all test files.
pub(super) fn cases(rules: &RuleSet, files: &Sources) -> Read {
    let mut cases = Vec::new();
    let mut unread: usize = 0;
    let mut findings = Vec::new();
    for (index, file) in files.files().iter().enumerate().filter(|(_, f)| is_test_file(&f.path)) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let mut reader = Reader { rules, findings: Vec::new(), names: BTreeSet::new(), unread: 0 };
        let documents = parse_documents(index, &file.bytes, &mut reader.findings);
        if documents.is_empty() && reader.findings.is_empty() {
            let span = Span { file: index, start: 0, end: 0 };
            reader.report(
                Code::TestIncomplete,
                span,
                "this file has no tests",
                "a list of tests stands under `tests:`",
            );
        }
        for document in &documents {
            reader.document(document, &mut cases);
        }
        findings.append(&mut reader.findings);
        unread = unread.saturating_add(reader.unread);
    }
    let (findings, allowed) = allow::apply(files, is_test_file, findings);
    Read { cases, unread, findings: Findings::new(files.clone(), findings).with_allowed(allowed) }
}

struct Reader<'r> {
    rules: &'r RuleSet,
    findings: Vec<Finding>,
    names: BTreeSet<String>,
    /// How many tests could not be read.
    unread: usize,
}

/// Where to point for a whole mapping: its first key.
fn head(node: &Node) -> Span {
    match &node.kind {
        NodeKind::Map(entries) => entries.first().map_or(node.span, |e| e.key.span),
        NodeKind::List(items) => items.first().map_or(node.span, head),
        _ => node.span,
    }
}

fn listed(keys: &[&str]) -> String {
    keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
}

/// What was probably meant, or else what there is.
fn suggestion(word: &str, known: &[&str], else_say: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("{else_say} {}", listed(known)),
    }
}

impl Reader<'_> {
    fn report(&mut self, code: Code, at: Span, message: impl Into<String>, help: impl Into<String>) {
        self.findings.push(Finding::new(code, at, message).help(help));
    }

    /// The entries of a mapping; unknown keys are reported.
    fn map<'n>(&mut self, node: &'n Node, block: &Block) -> Option<&'n [Entry]> {
        let what = block.what;
        let entries = match &node.kind {
            NodeKind::Map(entries) => entries,
            NodeKind::Failed => return None,
            _ => {
                let help = format!("it has the keys {}", listed(&block.names().collect::<Vec<_>>()));
                self.report(Code::TestBadValue, head(node), format!("{what} is due here, a mapping"), help);
                return None;
            }
        };
        for entry in entries.iter().filter(|e| block.key(&e.key.value).is_none()) {
            let keys: Vec<&str> = block.names().collect();
            let help = suggestion(&entry.key.value, &keys, &format!("{what} has the keys"));
            self.report(Code::TestUnknownKey, entry.key.span, format!("unknown key `{}`", entry.key.value), help);
        }
        Some(entries)
    }

    fn document(&mut self, node: &Node, cases: &mut Vec<Case>) {
        if self.map(node, &vocabulary::TEST_FILE).is_none() {
            return;
        }
        match node.get("tests").map(|n| (n, &n.kind)) {
            Some((_, NodeKind::List(items))) if !items.is_empty() => {
                for item in items {
                    let before = self.findings.len();
                    let case = self.case(item);
                    let spoilt = self.findings.iter().skip(before).any(is_error);
                    match case.filter(|_| !spoilt) {
                        Some(case) => cases.push(case),
                        None => self.unread = self.unread.saturating_add(1),
                    }
                }
            }
            Some((_, NodeKind::Failed)) => {}
            found => {
                let at = found.map_or(head(node), |(n, _)| n.span);
                if found.is_some() || self.findings.is_empty() {
                    self.report(Code::TestIncomplete, at, "this file has no tests", "`tests:` has a list of tests");
                }
            }
        }
    }

    fn case(&mut self, node: &Node) -> Option<Case> {
        let before = self.findings.len();
        self.map(node, &vocabulary::TEST)?;
        let name = self.name(node);
        let (member, usage) = self.given(node);
        let single = node.get("transaction");
        let (has_steps, steps) = match (single, node.get("steps")) {
            (Some(_), Some(steps)) => {
                let help = "put the transaction into the list as its first step";
                self.report(Code::TestIncomplete, steps.span, "a test has `transaction` or `steps`, not both", help);
                return None;
            }
            (None, None) => {
                let help = "add `transaction:`, or `steps:` with a list of transactions, refunds and redemptions";
                self.report(Code::TestIncomplete, head(node), "nothing happens in this test", help);
                return None;
            }
            (Some(event), None) => {
                let expect = node.get("expect").map(|n| self.expectations(n, StepKind::Transaction));
                let step = self.event(StepKind::Transaction, event, head(node), expect.unwrap_or_default())?;
                (false, vec![step])
            }
            (None, Some(steps)) => {
                let steps = self.steps(steps)?;
                if let Some(expect) = node.get("expect") {
                    let help = "put it into the step after which it must hold";
                    self.report(Code::TestIncomplete, head(expect), "beside `steps`, `expect` stands in a step", help);
                }
                (true, steps)
            }
        };
        // An expectation that was misspelt was reported already.
        let spoilt = self.findings.iter().skip(before).any(is_error);
        if !spoilt && steps.iter().all(|s| s.expect.is_empty()) {
            let at = node.get("expect").map_or(head(node), |n| n.span);
            let help = "add `expect:`, for example `expect: {total: \"3.75\"}`";
            self.report(Code::TestExpectsNothing, at, "this test expects nothing, so that it can never fail", help);
        }
        Some(Case { name: name?, span: head(node), member, usage, has_steps, steps })
    }

    fn name(&mut self, node: &Node) -> Option<String> {
        match node.get("name").map(|n| (n, &n.kind)) {
            Some((node, NodeKind::Scalar(s))) if !s.text.trim().is_empty() => {
                if !self.names.insert(s.text.clone()) {
                    let help = "give it a name of its own, so that a failure says which one it was";
                    let message = format!("there are two tests with the name `{}` in this file", s.text);
                    self.report(Code::TestNameTwice, node.span, message, help);
                }
                Some(s.text.clone())
            }
            Some((_, NodeKind::Failed)) => None,
            Some((node, _)) => {
                self.report(
                    Code::TestBadValue,
                    head(node),
                    "a name is due here",
                    "say in a few words what must happen",
                );
                None
            }
            None => {
                let help = "add `name:` and say in a few words what must happen";
                self.report(Code::TestIncomplete, head(node), "this test has no name", help);
                None
            }
        }
    }

    /// Member and usage, as written.
    fn given(&mut self, node: &Node) -> (Raw, Raw) {
        let nothing = (Raw::Null, Raw::Null);
        let Some(given) = node.get("given").filter(|n| n.kind != NodeKind::Null) else { return nothing };
        if self.map(given, &vocabulary::GIVEN).is_none() {
            return nothing;
        }
        if let Some(NodeKind::Map(entries)) = given.get("usage").map(|n| &n.kind) {
            self.counters(entries);
        }
        let mut part = |key: &str| match given.get(key) {
            None => Raw::Null,
            Some(node) => {
                if !matches!(node.kind, NodeKind::Map(_) | NodeKind::Null | NodeKind::Failed) {
                    let help = match key {
                        "member" => "for example `member: {tier: silver}`",
                        _ => "for example `usage: {member.spend.month: 120.00}`",
                    };
                    self.report(Code::TestBadValue, head(node), format!("`{key}` is a mapping"), help);
                }
                Raw::from(node)
            }
        };
        (part("member"), part("usage"))
    }

    /// A counter that the rule set does not have would count for nothing, and the test would test something else.
    fn counters(&mut self, entries: &[Entry]) {
        let rules = self.rules;
        let known: Vec<&str> = rules.graph().slots().map(|(_, counter)| counter.key.as_str()).collect();
        for entry in entries.iter().filter(|e| !known.contains(&e.key.value.as_str())) {
            let key = &entry.key.value;
            let help = match nearest(key, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if known.is_empty() => "it has none".to_owned(),
                None => format!("it has {}", listed(&known)),
            };
            let message = format!("the rule set has no counter `{key}`");
            self.report(Code::TestBadValue, entry.key.span, message, help);
        }
    }

    fn steps(&mut self, node: &Node) -> Option<Vec<Step>> {
        let items = match &node.kind {
            NodeKind::List(items) if !items.is_empty() => items,
            NodeKind::Failed => return None,
            _ => {
                let help = "each step is `- transaction:`, `- refund:` or `- redeem:`, and maybe `expect:`";
                self.report(Code::TestBadValue, head(node), "a list of steps is due here", help);
                return None;
            }
        };
        Some(items.iter().filter_map(|item| self.step(item)).collect())
    }

    fn step(&mut self, node: &Node) -> Option<Step> {
        self.map(node, &vocabulary::STEP)?;
        let found: Vec<(StepKind, &Node)> =
            StepKind::ALL.into_iter().filter_map(|kind| node.get(kind.name()).map(|n| (kind, n))).collect();
        let [(kind, event)] = found.as_slice() else {
            let help = "each step is one `transaction`, `refund` or `redeem`, and maybe `expect`";
            let message = if found.is_empty() {
                "nothing happens in this step"
            } else {
                "more than one thing happens in this step"
            };
            self.report(Code::TestIncomplete, head(node), message, help);
            return None;
        };
        let expect = node.get("expect").map(|n| self.expectations(n, *kind)).unwrap_or_default();
        self.event(*kind, event, head(node), expect)
    }

    fn event(&mut self, kind: StepKind, node: &Node, span: Span, expect: Vec<Expectation>) -> Option<Step> {
        match &node.kind {
            NodeKind::Map(_) => Some(Step { kind, event: Raw::from(node), span, expect }),
            NodeKind::Failed => None,
            _ => {
                let help = match kind {
                    StepKind::Transaction => "it has at least `id`, `amount`, `currency` and `occurred_at`",
                    StepKind::Refund => "it has `id`, `original`, `amount` and `occurred_at`",
                    StepKind::Redeem => "it has `id`, `option`, `points` and `at`",
                };
                let message = format!("`{}` is a mapping", kind.name());
                self.report(Code::TestBadValue, head(node), message, help);
                None
            }
        }
    }

    fn expectations(&mut self, node: &Node, kind: StepKind) -> Vec<Expectation> {
        if node.kind == NodeKind::Null {
            return Vec::new();
        }
        let Some(entries) = self.map(node, &vocabulary::EXPECT) else { return Vec::new() };
        let known = |entry: &Entry| Item::ALL.into_iter().find(|item| item.name() == entry.key.value);
        entries.iter().filter_map(|entry| self.expectation(known(entry)?, entry, kind)).collect()
    }

    fn expectation(&mut self, item: Item, entry: &Entry, kind: StepKind) -> Option<Expectation> {
        let name = item.name();
        let span = entry.value.span;
        let written = match &entry.value.kind {
            NodeKind::Scalar(s) => s.text.clone(),
            NodeKind::Failed => return None,
            _ => {
                let help = "write the value that must come, or leave the key out";
                self.report(Code::TestBadValue, entry.key.span, format!("`{name}` expects no value here"), help);
                return None;
            }
        };
        if kind == StepKind::Redeem && item.of_outcome() {
            let can: Vec<&str> = Item::ALL.into_iter().filter(|i| !i.of_outcome()).map(Item::name).collect();
            let message = format!("a redemption has no `{name}`");
            let help = format!("after a redemption a test can expect {}", listed(&can));
            self.report(Code::ExpectationNotHere, entry.key.span, message, help);
            return None;
        }
        if let Some((message, help)) = self.unmeetable(item, &written) {
            self.report(Code::TestBadValue, span, message, help);
            return None;
        }
        Some(Expectation { item, written, span: entry.key.span.to(span) })
    }

    /// What is wrong with a value that can never come.
    fn unmeetable(&self, item: Item, written: &str) -> Option<(String, String)> {
        let name = item.name();
        if item.is_number() {
            return match Exact::from_str(written) {
                Ok(_) => None,
                Err(_) => Some((
                    format!("`{written}` is not a number"),
                    format!("`{name}` is a plain number, for example \"3.75\" or \"-0.10\""),
                )),
            };
        }
        let one_of = |known: &[&str], what: &str, else_say: &str| {
            let help = suggestion(written, known, else_say);
            (!known.contains(&written)).then(|| (format!("`{written}` is not {what}"), help))
        };
        match item {
            Item::Error => {
                let codes: Vec<&str> = ErrorCode::ALL.iter().map(|c| c.as_str()).collect();
                one_of(&codes, "the code of an error", "the codes are")
            }
            Item::Reason => {
                let whole = [Reason::ZeroAmount, Reason::NotEligible, Reason::MemberInactive].map(Reason::as_str);
                one_of(&whole, "a reason for which a whole purchase grants nothing", "the reasons are")
            }
            Item::Tier => match &self.rules.graph().program.tiers {
                None => Some(("the program has no tiers".to_owned(), "leave `tier` out".to_owned())),
                Some(tiers) => {
                    let levels: Vec<&str> = tiers.levels.iter().map(|l| l.id.as_str()).collect();
                    one_of(&levels, "a tier of the program", "the tiers are")
                }
            },
            _ => None,
        }
    }
}
