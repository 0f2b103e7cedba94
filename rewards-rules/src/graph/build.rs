//! From a checked program to its graph.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::sieve;
use super::{
    BaseNode, CampaignIndex, CampaignNode, Clause, Counter, CounterSlot, Graph, Names, Node, NodeId, NodeInfo,
    SetMembers, SlotCap, SlotCaps, Symbol, Test, Unit, Value,
};
use crate::check::program::{BaseRule, Bonus, Campaign, Caps, CounterCap, Limit, Program, Reward, UpTo};
use crate::check::typed::{Constant, Fact, FactSource, Set, Type, Typed, TypedKind};
use crate::evaluate::{is_early, window_period};
use crate::script::ScriptEngine;
use crate::source::Sources;
use crate::syntax::expression::BinaryOp;
use crate::syntax::written::OnExceed;
use crate::value::{Exact, Name, Period};

/// Collects nodes, symbols and counters; each equal thing once.
#[derive(Default)]
struct Builder {
    texts: Vec<Box<str>>,
    symbols: FxHashMap<Box<str>, Symbol>,
    nodes: Vec<Node>,
    info: Vec<NodeInfo>,
    known: HashMap<Node, NodeId>,
    sets: Vec<SetMembers>,
    set_index: HashMap<SetMembers, u32>,
    set_of: Vec<u32>,
    counters: Vec<Counter>,
    counter_slots: FxHashMap<Name, CounterSlot>,
}

fn next_u32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

impl Builder {
    fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.symbols.get(text) {
            return symbol;
        }
        let symbol = Symbol(next_u32(self.texts.len()));
        self.texts.push(text.into());
        self.symbols.insert(text.into(), symbol);
        symbol
    }

    fn constant(&mut self, constant: &Constant) -> Value {
        match constant {
            Constant::Boolean(b) => Value::Boolean(*b),
            Constant::Integer(i) => Value::Integer(*i),
            Constant::Decimal(d) => Value::Decimal(*d),
            Constant::Text(t) => Value::Text(self.symbol(t)),
            Constant::Date(d) => Value::Date(*d),
        }
    }

    fn set(&mut self, set: &Set) {
        let mut texts = Vec::new();
        let mut integers = Vec::new();
        let mut decimals = Vec::new();
        let mut dates = Vec::new();
        for member in &set.members {
            match member {
                Constant::Text(t) => texts.push(self.symbol(t)),
                Constant::Integer(i) => {
                    integers.push(*i);
                    decimals.push(Exact::from(*i));
                }
                Constant::Decimal(d) => decimals.push(*d),
                Constant::Date(d) => dates.push(*d),
                Constant::Boolean(_) => {}
            }
        }
        fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
            list.sort();
            list.dedup();
            list
        }
        let members = match set.ty {
            Type::Integer => SetMembers::Integers(sorted(integers)),
            Type::Decimal => SetMembers::Decimals(sorted(decimals)),
            Type::Date => SetMembers::Dates(sorted(dates)),
            Type::Text | Type::Boolean | Type::TextList => SetMembers::Texts(sorted(texts)),
        };
        let index = match self.set_index.get(&members) {
            Some(&index) => index,
            None => {
                let index = next_u32(self.sets.len());
                self.sets.push(members.clone());
                self.set_index.insert(members, index);
                index
            }
        };
        self.set_of.push(index);
    }

    fn add(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            if let Some(info) = self.info.get_mut(id.0 as usize) {
                info.shared = true;
            }
            return id;
        }
        let info = self.describe(&node);
        let id = NodeId(next_u32(self.nodes.len()));
        self.nodes.push(node.clone());
        self.info.push(info);
        self.known.insert(node, id);
        id
    }

    fn describe(&self, node: &Node) -> NodeInfo {
        let of = |id: &NodeId| {
            self.info.get(id.0 as usize).copied().unwrap_or(NodeInfo { per_line: true, fallible: true, shared: false })
        };
        let any = |ids: &[NodeId]| NodeInfo {
            per_line: ids.iter().any(|id| of(id).per_line),
            fallible: ids.iter().any(|id| of(id).fallible),
            shared: false,
        };
        match node {
            Node::Constant(_) | Node::Fact(_) | Node::Has(_) => {
                NodeInfo { per_line: false, fallible: false, shared: false }
            }
            Node::Line(_) | Node::HasLine(_) => NodeInfo { per_line: true, fallible: false, shared: false },
            Node::Not(a) | Node::ToDecimal(a) | Node::InSet(a, _) | Node::InList(a, _) => {
                NodeInfo { shared: false, ..of(a) }
            }
            Node::And(a, b) | Node::Or(a, b) | Node::Compare(_, a, b) => any(&[*a, *b]),
            Node::If(a, b, c) => any(&[*a, *b, *c]),
            Node::Negate(a) => NodeInfo { fallible: true, shared: false, ..of(a) },
            Node::Arithmetic(_, a, b) => NodeInfo { fallible: true, ..any(&[*a, *b]) },
            Node::Call(_, ids) | Node::Script(_, ids) => NodeInfo { fallible: true, ..any(ids) },
            Node::Inlined(ids, body) => {
                let (arguments, body) = (any(ids), of(body));
                NodeInfo {
                    per_line: arguments.per_line || body.per_line,
                    fallible: arguments.fallible || body.fallible,
                    shared: false,
                }
            }
        }
    }

    fn all(&mut self, list: &[Typed]) -> Box<[NodeId]> {
        list.iter().map(|t| self.expression(t)).collect()
    }

    fn expression(&mut self, typed: &Typed) -> NodeId {
        let node = match &typed.kind {
            TypedKind::Constant(c) => Node::Constant(self.constant(c)),
            TypedKind::Fact(f) => Node::Fact(f.0),
            TypedKind::Line(l) => Node::Line(*l),
            TypedKind::Has(f) => Node::Has(f.0),
            TypedKind::HasLine(l) => Node::HasLine(*l),
            TypedKind::Not(a) => Node::Not(self.expression(a)),
            TypedKind::Negate(a) => Node::Negate(self.expression(a)),
            TypedKind::ToDecimal(a) => Node::ToDecimal(self.expression(a)),
            TypedKind::Binary(op, a, b) => {
                let (a, b) = (self.expression(a), self.expression(b));
                match op {
                    BinaryOp::And => Node::And(a, b),
                    BinaryOp::Or => Node::Or(a, b),
                    BinaryOp::NotEqual => Node::Not(self.add(Node::Compare(BinaryOp::Equal, a, b))),
                    BinaryOp::Equal
                    | BinaryOp::Less
                    | BinaryOp::LessEqual
                    | BinaryOp::Greater
                    | BinaryOp::GreaterEqual => Node::Compare(*op, a, b),
                    _ => Node::Arithmetic(*op, a, b),
                }
            }
            TypedKind::InSet { value, set, negated } => {
                let value = self.expression(value);
                let set = self.set_of.get(set.0 as usize).copied().unwrap_or(u32::MAX);
                self.negated(Node::InSet(value, set), *negated)
            }
            TypedKind::InList { value, list, negated } => {
                let value = self.expression(value);
                self.negated(Node::InList(value, list.0), *negated)
            }
            TypedKind::If(c, a, b) => Node::If(self.expression(c), self.expression(a), self.expression(b)),
            TypedKind::Call(builtin, list) => Node::Call(*builtin, self.all(list)),
            TypedKind::Inlined { arguments, body } => Node::Inlined(self.all(arguments), self.expression(body)),
            TypedKind::Script { function, arguments } => Node::Script(function.0, self.all(arguments)),
        };
        self.add(node)
    }

    fn negated(&mut self, node: Node, negated: bool) -> Node {
        if negated { Node::Not(self.add(node)) } else { node }
    }

    fn optional(&mut self, typed: &Option<Typed>) -> Option<NodeId> {
        typed.as_ref().map(|t| self.expression(t))
    }

    /// The operands of a top-level `&&`, from the left.
    fn clauses(&mut self, typed: &Typed, into: &mut Vec<Clause>) {
        if let TypedKind::Binary(BinaryOp::And, a, b) = &typed.kind {
            self.clauses(a, into);
            self.clauses(b, into);
        } else {
            let node = self.expression(typed);
            into.push(Clause { node, span: typed.span });
        }
    }

    fn counter(&mut self, key: &str, period: Period, shared: bool, unit: Unit) -> CounterSlot {
        if let Some(&slot) = self.counter_slots.get(key) {
            return slot;
        }
        let slot = CounterSlot(next_u32(self.counters.len()));
        let key = Name::from(key);
        self.counters.push(Counter { key: key.clone(), period, shared, unit });
        self.counter_slots.insert(key, slot);
        slot
    }

    fn cap(&mut self, cap: &CounterCap, shared: bool, unit: Unit) -> SlotCap {
        SlotCap { slot: self.counter(&cap.key, cap.per, shared, unit), limit: cap.limit }
    }

    fn limit(&mut self, limit: &Limit) -> SlotCap {
        SlotCap { slot: self.counter(&limit.key, limit.per, false, Unit::Money), limit: limit.spend }
    }

    fn caps(&mut self, caps: &Caps, unit: Unit) -> SlotCaps {
        let mut counters: Vec<SlotCap> = caps.per_member.iter().map(|c| self.cap(c, false, unit)).collect();
        if let Some(budget) = &caps.budget {
            counters.push(self.cap(budget, true, unit));
        }
        let uses = caps.uses.as_ref().map(|u| self.cap(u, false, Unit::Count));
        SlotCaps {
            per_transaction: caps.per_transaction,
            max_percent: caps.max_percent,
            counts: !counters.is_empty() || uses.is_some(),
            counters,
            uses,
            cut: caps.cut,
            skip: caps.on_exceed == OnExceed::Skip,
        }
    }

    fn base_rule(&mut self, rule: &BaseRule, pools: &[Limit]) -> BaseNode {
        BaseNode {
            when: self.optional(&rule.when),
            lines: self.optional(&rule.lines),
            slabs: rule.slabs.clone(),
            up_to: match &rule.up_to {
                None => None,
                Some(UpTo::Own(limit)) => Some(self.limit(limit)),
                Some(UpTo::Pool(index)) => pools.get(*index).map(|pool| self.limit(pool)),
            },
            caps: self.caps(&rule.caps, Unit::Money),
        }
    }

    fn campaign(&mut self, campaign: &Campaign) -> CampaignNode {
        let mut when = Vec::new();
        if let Some(typed) = &campaign.when {
            self.clauses(typed, &mut when);
        }
        let (up_to, amount) = match &campaign.reward {
            Reward::Rate { up_to, .. } | Reward::Multiplier { up_to, .. } => {
                (up_to.as_ref().map(|l| self.limit(l)), None)
            }
            Reward::Amount(typed) => (None, Some(self.expression(typed))),
            Reward::Fixed(_) | Reward::Points(_) | Reward::PointsMultiplier(_) => (None, None),
        };
        let unit = if campaign.is_points() { Unit::Points } else { Unit::Money };
        CampaignNode {
            when,
            lines: self.optional(&campaign.lines),
            segments: campaign.segments.as_ref().map(|s| s.iter().map(|t| self.symbol(t)).collect()),
            id: self.symbol(&campaign.id),
            share_below: campaign.share.map(share_bound),
            up_to,
            amount,
            caps: self.caps(&campaign.caps, unit),
        }
    }
}

/// By fact: whether it is only compared for equality with constants, looked for in constant sets, or asked for.
fn only_known(facts: usize, nodes: &[Node]) -> Vec<bool> {
    let mut known = vec![true; facts];
    let mut read = |id: &NodeId| {
        if let Some(Node::Fact(fact)) = nodes.get(id.0 as usize)
            && let Some(known) = known.get_mut(*fact as usize)
        {
            *known = false;
        }
    };
    let constant = |id: &NodeId| matches!(nodes.get(id.0 as usize), Some(Node::Constant(_)));
    for node in nodes {
        match node {
            Node::Compare(BinaryOp::Equal, a, b) if constant(a) || constant(b) => {}
            Node::Constant(_) | Node::Fact(_) | Node::Line(_) | Node::Has(_) | Node::HasLine(_) | Node::InSet(..) => {}
            Node::Not(a) | Node::Negate(a) | Node::ToDecimal(a) | Node::InList(a, _) => read(a),
            Node::And(a, b) | Node::Or(a, b) | Node::Compare(_, a, b) | Node::Arithmetic(_, a, b) => {
                read(a);
                read(b);
            }
            Node::If(a, b, c) => [a, b, c].into_iter().for_each(&mut read),
            Node::Call(_, list) | Node::Script(_, list) => list.iter().for_each(&mut read),
            Node::Inlined(list, body) => list.iter().chain([body]).for_each(&mut read),
        }
    }
    known
}

/// floor(share x 2^64) (semantics §9.4).
fn share_bound(share: Exact) -> u128 {
    let two_64 = Exact::new(1_i128 << 64, 0).unwrap_or(Exact::ZERO);
    let bound = share.checked_mul(two_64).map(|b| b.round(0, crate::value::RoundingMode::Down));
    bound.ok().and_then(|b| u128::try_from(b.mantissa()).ok()).unwrap_or(u128::MAX)
}

impl Graph {
    /// Builds the graph. The program was checked, so nothing here can be found wrong.
    pub(crate) fn build(program: Program, scripts: ScriptEngine, sources: Sources) -> Graph {
        let mut b = Builder::default();
        for set in &program.sets {
            b.set(set);
        }
        let level_symbols: Vec<Symbol> =
            program.tiers.iter().flat_map(|t| &t.levels).map(|l| b.symbol(&l.id)).collect();
        for word in ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "active", "blocked", "closed"] {
            b.symbol(word);
        }
        b.symbol(program.currency.code());
        for fact in &program.facts {
            match fact.source {
                FactSource::Spent(p) => {
                    b.counter(&format!("member.spend.{}", p.name()), p, false, Unit::Money);
                }
                FactSource::Visits(p) => {
                    b.counter(&format!("member.visits.{}", p.name()), p, false, Unit::Count);
                }
                _ => {}
            }
        }
        let slots = |b: &Builder, prefix: &str| -> Vec<CounterSlot> {
            Period::ALL
                .into_iter()
                .filter_map(|p| b.counter_slots.get(format!("{prefix}.{}", p.name()).as_str()).copied())
                .collect()
        };
        let spent = slots(&b, "member.spend");
        let visits = slots(&b, "member.visits");
        let eligible_when = b.optional(&program.eligible_when);
        let eligible_lines = b.optional(&program.eligible_lines);
        let base: Vec<BaseNode> = program.base.iter().map(|r| b.base_rule(r, &program.pools)).collect();
        let levels = program.tiers.iter().flat_map(|t| &t.levels).map(|l| b.caps(&l.caps, Unit::Money)).collect();
        let caps = b.caps(&program.caps, Unit::Money);
        let points_caps = b.caps(&program.points_caps, Unit::Points);
        let campaigns: Vec<CampaignNode> = program.campaigns.iter().map(|c| b.campaign(c)).collect();
        let needs = |period: Period| b.counters.iter().any(|c| c.period == period);
        let (needs_billing_day, needs_joined_on) = (needs(Period::BillingCycle), needs(Period::Anniversary));
        let evaluated_counters = b.counters.len();
        let redemption = program
            .redemption
            .iter()
            .map(|o| o.per_member.iter().map(|c| b.cap(c, false, Unit::Points)).collect())
            .collect();
        let tests: Vec<Test> = (0..b.nodes.len())
            .map(|at| Test::of(&b.nodes, NodeId(next_u32(at)), program.currency.decimals()))
            .collect();
        let parts = sieve::Parts {
            program: &program,
            nodes: &b.nodes,
            info: &b.info,
            sets: &b.sets,
            tests: &tests,
            symbols: b.texts.len(),
        };
        let sieve = parts.sieve(&base, &campaigns);
        let index = if sieve.has_campaigns {
            CampaignIndex::default()
        } else {
            CampaignIndex::build(&program, &campaigns, &b.nodes, &b.info, &b.sets)
        };
        let mut by_key: Vec<usize> = (0..b.counters.len()).collect();
        by_key.sort_by(|x, y| b.counters.get(*x).map(|c| &c.key).cmp(&b.counters.get(*y).map(|c| &c.key)));
        let keyed = |slot: &usize| {
            let counter = b.counters.get(*slot)?;
            let decimals = match counter.unit {
                Unit::Money => program.currency.decimals(),
                Unit::Points => program.points_decimals,
                Unit::Count => 0,
            };
            Some((Box::from(counter.key.as_str()), CounterSlot(next_u32(*slot)), u32::from(decimals)))
        };
        let counters_by_key = by_key.iter().filter_map(keyed).collect();
        let mut counter_order = vec![0; b.counters.len()];
        for (place, slot) in by_key.into_iter().enumerate() {
            if let Some(order) = counter_order.get_mut(slot) {
                *order = next_u32(place);
            }
        }
        let counter_of = |fact: &Fact| match fact.source {
            FactSource::Spent(p) => b.counter_slots.get(format!("member.spend.{}", p.name()).as_str()).copied(),
            FactSource::Visits(p) => b.counter_slots.get(format!("member.visits.{}", p.name()).as_str()).copied(),
            _ => None,
        };
        let declared_of = |fact: &Fact| match fact.source {
            FactSource::TxDeclared(_) | FactSource::MemberDeclared(_) => {
                program.declared.iter().position(|d| d.name == fact.name)
            }
            _ => None,
        };
        let fact_of = |source: FactSource| program.facts.iter().position(|f| f.source == source);
        Graph {
            counters_by_key,
            counter_order,
            counter_of: program.facts.iter().map(counter_of).collect(),
            declared_of: program.facts.iter().map(declared_of).collect(),
            eligible_amount_fact: fact_of(FactSource::TxEligibleAmount),
            tier_fact: fact_of(FactSource::MemberTier),
            max_amount: 10_i64
                .checked_pow(15_u32.saturating_add(u32::from(program.currency.decimals())))
                .unwrap_or(i64::MAX),
            periods: Period::ALL
                .into_iter()
                .filter(|p| window_period(&program) == Some(*p) || b.counters.iter().any(|c| c.period == *p))
                .fold(0, |bits, period| bits | period.bit()),
            requalifies: program.campaigns.iter().any(|c| c.requalify),
            exclusives: program.campaigns.iter().any(|c| c.exclusive),
            stacks: !program.groups.is_empty() || program.campaigns.iter().any(|c| c.exclusive),
            late_facts: (0_u32..)
                .zip(&program.facts)
                .filter(|(_, fact)| !is_early(&fact.source))
                .map(|(at, _)| at)
                .collect(),
            multiplies: program.campaigns.iter().any(|c| matches!(c.reward, Reward::Multiplier { .. }))
                || program.tiers.iter().flat_map(|t| &t.levels).any(|l| matches!(l.bonus, Some(Bonus::Multiplier(_)))),
            shares: program.campaigns.iter().any(|c| c.share.is_some()),
            thresholds: program.tiers.iter().flat_map(|t| &t.levels).map(|l| l.min_spending).collect(),
            only_known: only_known(program.facts.len(), &b.nodes),
            names: Names::of(&program, &b.counters),
            tests,
            scripts,
            texts: b.texts,
            symbols: b.symbols,
            nodes: b.nodes,
            info: b.info,
            sets: b.sets,
            counters: b.counters,
            counter_slots: b.counter_slots,
            eligible_when,
            eligible_lines,
            base,
            levels,
            caps,
            points_caps,
            campaigns,
            index,
            sieve,
            spent,
            visits,
            level_symbols,
            needs_billing_day,
            needs_joined_on,
            evaluated_counters,
            redemption,
            sources,
            program,
        }
    }
}
