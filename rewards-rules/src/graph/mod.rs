//! The evaluation graph: a checked program with its names turned into slots.
//!
//! Facts are typed slots, texts are symbols, equal subexpressions are one node, counters are
//! indices and campaigns are found through an index. Everything that can be decided before the
//! first purchase is decided here, so that `evaluate` looks nothing up by name.

mod build;
pub mod draw;
mod eval;
mod index;
mod names;
mod quick;
mod sieve;
mod trace;

use chrono::NaiveDate;
use rustc_hash::FxHashMap;

use crate::check::program::Program;
use crate::check::typed::{Builtin, LineFact};
use crate::input::ErrorCode;
use crate::script::ScriptEngine;
use crate::source::{Sources, Span};
use crate::syntax::expression::BinaryOp;
use crate::value::{Exact, Name, Period};

pub(crate) use eval::{Facts, LineFacts, Memo, Scope};
pub(crate) use index::CampaignIndex;
pub(crate) use names::Names;
pub(crate) use quick::Test;
pub(crate) use sieve::{Rules, Sieve};
pub(crate) use trace::{Trace, Watch, inner, operands};

/// A text by number: equal texts have equal symbols within one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Symbol(pub(crate) u32);

impl Symbol {
    /// Of a text that the rule set does not know, where it does not matter which.
    pub(crate) const UNKNOWN: Symbol = Symbol(u32::MAX);
}

/// A value during evaluation. `Absent` follows semantics §2.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Absent,
    Boolean(bool),
    Integer(i64),
    Decimal(Exact),
    Text(Symbol),
    Date(NaiveDate),
}

impl Value {
    /// A condition: an absent boolean counts as false.
    pub(crate) fn holds(self) -> bool {
        self == Value::Boolean(true)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub(crate) u32);

/// One shared step of an expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Constant(Value),
    Fact(u32),
    Line(LineFact),
    Has(u32),
    HasLine(LineFact),
    Not(NodeId),
    Negate(NodeId),
    ToDecimal(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    /// `==`, `<`, `<=`, `>`, `>=`; `!=` is a `Not` of `==`.
    Compare(BinaryOp, NodeId, NodeId),
    Arithmetic(BinaryOp, NodeId, NodeId),
    InSet(NodeId, u32),
    InList(NodeId, u32),
    If(NodeId, NodeId, NodeId),
    Call(Builtin, Box<[NodeId]>),
    Inlined(Box<[NodeId]>, NodeId),
    Script(u32, Box<[NodeId]>),
}

/// What is known of a node beside its operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeInfo {
    /// Whether it reads the line at hand, so that its value differs from line to line.
    pub(crate) per_line: bool,
    /// Whether its evaluation can be an error.
    pub(crate) fallible: bool,
    /// Whether several places ask for it, so that its value is worth keeping.
    pub(crate) shared: bool,
}

/// A constant set, ready for a search.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum SetMembers {
    Texts(Vec<Symbol>),
    Integers(Vec<i64>),
    Decimals(Vec<Exact>),
    Dates(Vec<NaiveDate>),
}

/// Index into `Graph::counters`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CounterSlot(pub(crate) u32);

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unit {
    /// Minor units of money.
    Money,
    /// Units of points.
    Points,
    /// Whole numbers.
    Count,
}

/// A usage counter (semantics §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) key: Name,
    pub(crate) period: Period,
    /// A budget: one for all members.
    pub(crate) shared: bool,
    pub(crate) unit: Unit,
}

/// A cap against a counter, by slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotCap {
    pub(crate) slot: CounterSlot,
    pub(crate) limit: i64,
}

/// The caps of one block, by slot.
#[derive(Debug, Clone, Default)]
pub(crate) struct SlotCaps {
    pub(crate) per_transaction: Option<i64>,
    pub(crate) max_percent: Option<Exact>,
    /// `per_member` in list order, then `budget`.
    pub(crate) counters: Vec<SlotCap>,
    pub(crate) uses: Option<SlotCap>,
    /// Whether a grant feeds any counter of the block, or that of its uses.
    pub(crate) counts: bool,
    pub(crate) cut: crate::syntax::written::CutOrder,
    pub(crate) skip: bool,
}

impl SlotCaps {
    /// Whether nothing is capped.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.per_transaction.is_none() && self.max_percent.is_none() && self.counters.is_empty()
    }
}

/// A limit on what counts of an amount.
pub(crate) type SlotLimit = SlotCap;

/// A base rule, ready to evaluate.
#[derive(Debug, Clone)]
pub(crate) struct BaseNode {
    pub(crate) when: Option<NodeId>,
    pub(crate) lines: Option<NodeId>,
    pub(crate) slabs: Vec<crate::check::program::Slab>,
    pub(crate) up_to: Option<SlotLimit>,
    pub(crate) caps: SlotCaps,
}

/// A campaign, ready to evaluate; what needs no slot is read from the program.
#[derive(Debug, Clone)]
pub(crate) struct CampaignNode {
    /// The operands of the top-level `&&` of `when`, in order.
    pub(crate) when: Vec<Clause>,
    pub(crate) lines: Option<NodeId>,
    pub(crate) segments: Option<Vec<Symbol>>,
    pub(crate) id: Symbol,
    /// First 8 bytes of the member's hash must be below this; `None` is everyone.
    pub(crate) share_below: Option<u128>,
    pub(crate) up_to: Option<SlotLimit>,
    pub(crate) amount: Option<NodeId>,
    pub(crate) caps: SlotCaps,
}

/// One operand of a condition, with where it was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clause {
    pub(crate) node: NodeId,
    pub(crate) span: Span,
}

/// The graph of one rule set.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) program: Program,
    /// The files, for the words of explain.
    pub(crate) sources: Sources,
    pub(crate) scripts: ScriptEngine,
    pub(crate) texts: Vec<Box<str>>,
    pub(crate) symbols: FxHashMap<Box<str>, Symbol>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) info: Vec<NodeInfo>,
    pub(crate) sets: Vec<SetMembers>,
    pub(crate) counters: Vec<Counter>,
    pub(crate) counter_slots: FxHashMap<Name, CounterSlot>,
    /// The counters in the order of their keys, with the decimals of their units.
    pub(crate) counters_by_key: Vec<(Box<str>, CounterSlot, u32)>,
    /// By slot: where the counter stands among all keys in order.
    pub(crate) counter_order: Vec<u32>,
    pub(crate) names: Names,
    /// 10^15 in minor units (semantics §1.7), or what of it fits.
    pub(crate) max_amount: i64,
    /// The periods that counters and tier windows have, as [`Period::bit`].
    pub(crate) periods: u16,
    /// Whether any campaign is tested again when a purchase is refunded.
    pub(crate) requalifies: bool,
    /// Whether any campaign is exclusive.
    pub(crate) exclusives: bool,
    /// Whether any campaign can keep another from granting.
    pub(crate) stacks: bool,
    /// The facts that are not known from the transaction alone.
    pub(crate) late_facts: Vec<u32>,
    /// Whether anything is a multiple of the exact base.
    pub(crate) multiplies: bool,
    /// Whether any campaign is for a share of the members.
    pub(crate) shares: bool,
    /// Thresholds of the levels in minor units, lowest first.
    pub(crate) thresholds: Vec<i64>,
    /// By fact: whether expressions only ask if its text is a certain one, so that a text that the rule set does not
    /// know can be any such text.
    pub(crate) only_known: Vec<bool>,
    /// By node: the condition in its short form, where it has one.
    pub(crate) tests: Vec<Test>,
    /// By fact: index into the declared facts.
    pub(crate) declared_of: Vec<Option<usize>>,
    /// By fact: the counter that `spent.PERIOD` or `visits.PERIOD` reads.
    pub(crate) counter_of: Vec<Option<CounterSlot>>,
    /// The facts that are known only after the eligible stage.
    pub(crate) eligible_amount_fact: Option<usize>,
    pub(crate) tier_fact: Option<usize>,
    pub(crate) eligible_when: Option<NodeId>,
    pub(crate) eligible_lines: Option<NodeId>,
    pub(crate) base: Vec<BaseNode>,
    pub(crate) levels: Vec<SlotCaps>,
    pub(crate) caps: SlotCaps,
    pub(crate) points_caps: SlotCaps,
    pub(crate) campaigns: Vec<CampaignNode>,
    pub(crate) index: CampaignIndex,
    pub(crate) sieve: Sieve,
    /// Counters that `spent.PERIOD` and `visits.PERIOD` read.
    pub(crate) spent: Vec<CounterSlot>,
    pub(crate) visits: Vec<CounterSlot>,
    /// Whether a counter is kept by billing cycle or anniversary, so that the member must have a day for it.
    pub(crate) needs_billing_day: bool,
    pub(crate) needs_joined_on: bool,
    /// Counters from here on are of redemptions only.
    pub(crate) evaluated_counters: usize,
    /// `caps.per_member` of each redemption option.
    pub(crate) redemption: Vec<Vec<SlotCap>>,
    /// Level ids as symbols, lowest first.
    pub(crate) level_symbols: Vec<Symbol>,
}

/// Why an expression has no value (semantics §1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// Where in a script, if it was one.
    pub(crate) span: Option<Span>,
}

impl Graph {
    pub(crate) fn counter(&self, slot: CounterSlot) -> Option<&Counter> {
        self.counters.get(slot.0 as usize)
    }

    /// Every counter with its slot.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (CounterSlot, &Counter)> {
        (0_u32..).map(CounterSlot).zip(&self.counters)
    }

    /// The counters that an evaluation can read or change.
    pub(crate) fn evaluated(&self) -> impl Iterator<Item = (CounterSlot, &Counter)> {
        self.slots().take(self.evaluated_counters)
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0 as usize)
    }

    pub(crate) fn info(&self, id: NodeId) -> NodeInfo {
        self.info.get(id.0 as usize).copied().unwrap_or(NodeInfo { per_line: true, fallible: true, shared: false })
    }
}
