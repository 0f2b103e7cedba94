//! From the graph that evaluates to its picture.
//!
//! Nodes are made stage after stage; what is shared in the graph is shared here, since conditions are known by their
//! node. The plan that comes with the picture tells which rule each node stands for.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Edge, EdgeKind, Node, Picture, PictureOptions, Stage};
use crate::check::program::{Bonus, Reward, UpTo};
use crate::check::typed::{LineFact, Typed, TypedKind};
use crate::graph::{Graph, Node as Step, NodeId};
use crate::syntax::expression::BinaryOp;
use crate::value::Exact;
use crate::words;

/// Which rule each node of a picture stands for.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(super) facts: Vec<(usize, FactRead)>,
    pub(super) conditions: HashMap<NodeId, usize>,
    pub(super) eligible: usize,
    /// By base rule: its node, and its conditions in order.
    pub(super) base: Vec<(usize, Vec<NodeId>)>,
    pub(super) base_sum: Option<usize>,
    /// By level: its node, if it is drawn.
    pub(super) levels: Vec<Option<usize>>,
    pub(super) earn: Option<usize>,
    /// By campaign: its node, if it is drawn on its own, and its conditions in order.
    pub(super) campaigns: Vec<(Option<usize>, Vec<NodeId>)>,
    /// Nodes that stand for many campaigns.
    pub(super) folds: Vec<(usize, Vec<usize>)>,
    pub(super) groups: Vec<Option<usize>>,
    pub(super) stacking: Option<usize>,
    /// Nodes of caps, and what the names of their caps begin with.
    pub(super) caps: Vec<(usize, String)>,
    pub(super) money: Option<usize>,
    pub(super) points: Option<usize>,
    pub(super) progress: Option<usize>,
}

/// A fact of the purchase and the member, or of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum FactRead {
    Fact(u32),
    Line(LineFact),
}

/// The picture of a graph. Campaigns for which `alone` holds are never folded.
pub(crate) fn draw(
    graph: &Graph,
    rule_set: &str,
    options: PictureOptions,
    alone: &dyn Fn(usize) -> bool,
) -> (Picture, Plan) {
    let program = &graph.program;
    let picture = Picture {
        program: program.id.clone(),
        name: program.name.clone().unwrap_or_else(|| program.id.clone()),
        rule_set: rule_set.to_owned(),
        transaction: None,
        folded: 0,
        nodes: Vec::new(),
        edges: Vec::new(),
    };
    let many = program.campaigns.len() > options.most_campaigns;
    let drawn: Vec<bool> = (0..program.campaigns.len()).map(|at| !many || alone(at)).collect();
    let mut drawing =
        Drawing { graph, picture, plan: Plan::default(), edges: HashSet::new(), facts: HashMap::new(), drawn };
    let conditions = drawing.gather();
    drawing.facts(&conditions);
    drawing.conditions(&conditions);
    drawing.eligible();
    drawing.base();
    drawing.bonus();
    drawing.campaigns();
    drawing.stacking(options);
    drawing.caps_and_results();
    (drawing.picture, drawing.plan)
}

/// A condition to draw: its node and its text.
struct Condition {
    node: NodeId,
    text: String,
}

pub(super) struct Drawing<'a> {
    pub(super) graph: &'a Graph,
    picture: Picture,
    plan: Plan,
    edges: HashSet<(usize, usize)>,
    facts: HashMap<FactRead, usize>,
    /// By campaign: whether it has a node of its own.
    drawn: Vec<bool>,
}

impl Drawing<'_> {
    fn node(&mut self, id: String, stage: Stage, title: impl Into<String>, lines: Vec<String>) -> usize {
        let at = self.picture.nodes.len();
        let lines = lines.into_iter().filter(|l| !l.is_empty()).collect();
        self.picture.nodes.push(Node { id, stage, title: title.into(), lines, light: None });
        at
    }

    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind) {
        if self.edges.insert((from, to)) {
            self.picture.edges.push(Edge { from, to, kind });
        }
    }

    /// Every condition that a drawn rule asks, each once, in the order of evaluation.
    fn gather(&mut self) -> Vec<Condition> {
        let graph = self.graph;
        let program = &graph.program;
        let mut found = Vec::new();
        let mut known = HashSet::new();
        let mut add = |clauses: Vec<(NodeId, String)>| -> Vec<NodeId> {
            let nodes = clauses.iter().map(|(node, _)| *node).collect();
            for (node, text) in clauses {
                if known.insert(node) {
                    found.push(Condition { node, text });
                }
            }
            nodes
        };
        add(clauses_of(graph, &program.eligible_when, graph.eligible_when));
        add(clauses_of(graph, &program.eligible_lines, graph.eligible_lines));
        for (rule, node) in program.base.iter().zip(&graph.base) {
            let mut clauses = add(clauses_of(graph, &rule.when, node.when));
            clauses.extend(add(clauses_of(graph, &rule.lines, node.lines)));
            self.plan.base.push((0, clauses));
        }
        for (at, (campaign, node)) in program.campaigns.iter().zip(&graph.campaigns).enumerate() {
            let mut clauses = Vec::new();
            if self.drawn.get(at).copied().unwrap_or(false) {
                clauses = add(node.when.iter().map(|c| (c.node, graph.clause_text(c.span))).collect());
                clauses.extend(add(clauses_of(graph, &campaign.lines, node.lines)));
            }
            self.plan.campaigns.push((None, clauses));
        }
        found
    }

    /// What a node reads, down to the conditions that are drawn themselves.
    fn reads(&self, node: NodeId, conditions: &HashMap<NodeId, usize>) -> (Vec<FactRead>, Vec<usize>) {
        let mut facts = Vec::new();
        let mut inner = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            if at != node
                && let Some(drawn) = conditions.get(&at)
            {
                inner.push(*drawn);
                continue;
            }
            let mut below: Vec<NodeId> = Vec::new();
            match self.graph.node(at) {
                None | Some(Step::Constant(_)) => {}
                Some(Step::Fact(f) | Step::Has(f)) => facts.push(FactRead::Fact(*f)),
                Some(Step::Line(f) | Step::HasLine(f)) => facts.push(FactRead::Line(*f)),
                Some(Step::InList(a, f)) => {
                    facts.push(FactRead::Fact(*f));
                    below.push(*a);
                }
                Some(Step::Not(a) | Step::Negate(a) | Step::ToDecimal(a) | Step::InSet(a, _)) => below.push(*a),
                Some(Step::And(a, b) | Step::Or(a, b) | Step::Compare(_, a, b) | Step::Arithmetic(_, a, b)) => {
                    below.extend([*a, *b]);
                }
                Some(Step::If(a, b, c)) => below.extend([*a, *b, *c]),
                Some(Step::Call(_, list) | Step::Script(_, list)) => below.extend(list.iter().copied()),
                Some(Step::Inlined(list, body)) => {
                    below.extend(list.iter().copied());
                    below.push(*body);
                }
            }
            open.extend(below.into_iter().rev());
        }
        (facts, inner)
    }

    /// Everything that the campaigns of a folded node read.
    fn roots(&self, campaign: usize) -> Vec<NodeId> {
        let Some(node) = self.graph.campaigns.get(campaign) else { return Vec::new() };
        let mut roots: Vec<NodeId> = node.when.iter().map(|c| c.node).collect();
        roots.extend(node.lines);
        roots.extend(node.amount);
        roots
    }

    fn facts(&mut self, conditions: &[Condition]) {
        let nothing = HashMap::new();
        let mut roots: Vec<NodeId> = conditions.iter().map(|c| c.node).collect();
        for at in 0..self.graph.campaigns.len() {
            if self.drawn.get(at).copied().unwrap_or(false) {
                roots.extend(self.graph.campaigns.get(at).and_then(|c| c.amount));
            } else {
                roots.extend(self.roots(at));
            }
        }
        for root in roots {
            for fact in self.reads(root, &nothing).0 {
                if self.facts.contains_key(&fact) {
                    continue;
                }
                let name = match fact {
                    FactRead::Fact(f) => self.graph.program.facts.get(f as usize).map_or("", |f| f.name.as_str()),
                    FactRead::Line(LineFact::Sku) => "line.sku",
                    FactRead::Line(LineFact::Category) => "line.category",
                    FactRead::Line(LineFact::Quantity) => "line.quantity",
                    FactRead::Line(LineFact::Amount) => "line.amount",
                };
                let at = self.node(format!("fact:{name}"), Stage::Facts, name.to_owned(), Vec::new());
                self.facts.insert(fact, at);
                self.plan.facts.push((at, fact));
            }
        }
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        let mut taken = HashSet::new();
        for condition in conditions {
            let mut id = format!("condition:{}", condition.text);
            while !taken.insert(id.clone()) {
                id.push('\'');
            }
            let at = self.node(id, Stage::Conditions, condition.text.clone(), Vec::new());
            self.plan.conditions.insert(condition.node, at);
        }
        for condition in conditions {
            let Some(to) = self.plan.conditions.get(&condition.node).copied() else { continue };
            self.link_reads(condition.node, to);
        }
    }

    fn link_reads(&mut self, node: NodeId, to: usize) {
        let (facts, inner) = self.reads(node, &self.plan.conditions);
        for fact in facts {
            if let Some(from) = self.facts.get(&fact).copied() {
                self.edge(from, to, EdgeKind::Reads);
            }
        }
        for from in inner {
            self.edge(from, to, EdgeKind::Reads);
        }
    }

    /// Edges from conditions; whether there is any.
    fn decided(&mut self, conditions: &[NodeId], to: usize) -> bool {
        for condition in conditions {
            if let Some(from) = self.plan.conditions.get(condition).copied() {
                self.edge(from, to, EdgeKind::Decides);
            }
        }
        !conditions.is_empty()
    }

    fn eligible(&mut self) {
        let graph = self.graph;
        let mut lines = Vec::new();
        let mut nodes = Vec::new();
        for (typed, node, words) in [
            (&graph.program.eligible_when, graph.eligible_when, "only if it is true"),
            (&graph.program.eligible_lines, graph.eligible_lines, "only lines for which it is true"),
        ] {
            if typed.is_some() {
                lines.push(words.to_owned());
                nodes.extend(clauses_of(graph, typed, node).into_iter().map(|(node, _)| node));
            }
        }
        if lines.is_empty() {
            lines.push("every purchase, whole".to_owned());
        }
        let at = self.node("eligible".to_owned(), Stage::Eligible, "Eligible amount", lines);
        self.plan.eligible = at;
        self.decided(&nodes, at);
    }

    fn base(&mut self) {
        let program = &self.graph.program;
        let mut before: Option<usize> = None;
        for (index, rule) in program.base.iter().enumerate() {
            let mut lines = vec![self.slabs(&rule.slabs)];
            if rule.lines.is_some() {
                lines.push("of its lines".to_owned());
            }
            match &rule.up_to {
                None => {}
                Some(UpTo::Own(limit)) => lines.push(format!("of the first {}", self.limit(limit))),
                Some(UpTo::Pool(pool)) => {
                    if let Some(limit) = program.pools.get(*pool) {
                        let name = limit.key.split('.').nth(1).unwrap_or_default();
                        lines.push(format!("of the first {} (pool {name}, shared)", self.limit(limit)));
                    }
                }
            }
            lines.extend(self.caps_words(&rule.caps, false));
            let at = self.node(format!("base:{}", rule.id), Stage::Base, rule.id.clone(), lines);
            let clauses = match self.plan.base.get_mut(index) {
                Some(plan) => {
                    plan.0 = at;
                    plan.1.clone()
                }
                None => Vec::new(),
            };
            self.decided(&clauses, at);
            match before {
                None => self.edge(self.plan.eligible, at, EdgeKind::Feeds),
                Some(before) => self.edge(before, at, EdgeKind::Rest),
            }
            before = Some(at);
        }
        if self.plan.base.len() > 1 {
            let sum = self.node("base".to_owned(), Stage::Base, "Base in all", Vec::new());
            let rules: Vec<usize> = self.plan.base.iter().map(|(at, _)| *at).collect();
            for rule in rules {
                self.edge(rule, sum, EdgeKind::Feeds);
            }
            self.plan.base_sum = Some(sum);
        } else {
            self.plan.base_sum = self.plan.base.first().map(|(at, _)| *at);
        }
    }

    fn bonus(&mut self) {
        let program = &self.graph.program;
        let earn = program.earn.map(|earn| {
            let points = words::number(earn.points, program.points_decimals);
            let per = words::number(earn.per, program.currency.decimals());
            let noun = if earn.points == Exact::from(1) { "point" } else { "points" };
            let mut lines = vec![format!("{points} {noun} per {per}")];
            if let Some(after) = program.expires_after {
                lines.push(format!("gone after {}", words::duration(after)));
            }
            if program.activation_delay != crate::value::Duration::Days(0) {
                lines.push(format!("spendable after {}", words::duration(program.activation_delay)));
            }
            lines
        });
        for level in program.tiers.iter().flat_map(|t| &t.levels) {
            let mut lines = Vec::new();
            match level.bonus {
                Some(Bonus::Rate(rate)) => lines.push(format!("{} of the amount", words::percent(rate))),
                Some(Bonus::Multiplier(m)) => lines.push(format!("base × {m}")),
                None => {}
            }
            let multiplies_points = earn.is_some() && level.points_multiplier != Exact::from(1);
            if multiplies_points {
                lines.push(format!("points × {}", level.points_multiplier));
            }
            if level.upgrade_points > 0 {
                lines.push(format!("{} points when reached", self.points(level.upgrade_points)));
            }
            if lines.is_empty() {
                self.plan.levels.push(None);
                continue;
            }
            lines.insert(0, format!("tier from {}", self.money(level.min_spending)));
            let at = self.node(format!("tier:{}", level.id), Stage::Bonus, level.id.clone(), lines);
            self.plan.levels.push(Some(at));
            match level.bonus {
                Some(Bonus::Rate(_)) => self.edge(self.plan.eligible, at, EdgeKind::Feeds),
                Some(Bonus::Multiplier(_)) => {
                    if let Some(base) = self.plan.base_sum {
                        self.edge(base, at, EdgeKind::Feeds);
                    }
                }
                None => {}
            }
        }
        if let Some(lines) = earn {
            let at = self.node("earn".to_owned(), Stage::Bonus, "earn", lines);
            self.edge(self.plan.eligible, at, EdgeKind::Feeds);
            let multiplying: Vec<usize> = (program.tiers.iter().flat_map(|t| &t.levels).zip(&self.plan.levels))
                .filter(|(level, _)| level.points_multiplier != Exact::from(1))
                .filter_map(|(_, at)| *at)
                .collect();
            for level in multiplying {
                self.edge(level, at, EdgeKind::Feeds);
            }
            self.plan.earn = Some(at);
        }
    }

    fn campaigns(&mut self) {
        let program = &self.graph.program;
        let mut folds: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for (index, campaign) in program.campaigns.iter().enumerate() {
            if !self.drawn.get(index).copied().unwrap_or(false) {
                folds.entry(campaign.group).or_default().push(index);
                continue;
            }
            let lines = self.campaign_words(campaign);
            let at = self.node(format!("campaign:{}", campaign.id), Stage::Campaigns, campaign.id.clone(), lines);
            let clauses = match self.plan.campaigns.get_mut(index) {
                Some(plan) => {
                    plan.0 = Some(at);
                    plan.1.clone()
                }
                None => Vec::new(),
            };
            let mut fed = self.decided(&clauses, at);
            if let Some(amount) = self.graph.campaigns.get(index).and_then(|c| c.amount) {
                self.link_reads(amount, at);
                fed = true;
            }
            fed |= self.feeds_reward(&campaign.reward, at);
            if !fed {
                self.edge(self.plan.eligible, at, EdgeKind::Feeds);
            }
        }
        if folds.len() > 40 {
            let all: Vec<usize> = folds.into_values().flatten().collect();
            folds = BTreeMap::from([(None, all)]);
        }
        for (group, list) in folds {
            let ids: Vec<&str> = list.iter().filter_map(|i| program.campaigns.get(*i)).map(|c| c.id.as_str()).collect();
            let title = format!("{} campaigns", words::grouped(&ids.len().to_string()));
            let name = group.and_then(|g| program.groups.get(g));
            let id = name.map_or("campaigns".to_owned(), |g| format!("campaigns:{g}"));
            let at = self.node(id, Stage::Campaigns, title, vec![words::some_of(&ids, 3)]);
            self.picture.folded = self.picture.folded.saturating_add(ids.len());
            for index in &list {
                for root in self.roots(*index) {
                    self.link_reads(root, at);
                }
                if let Some(campaign) = program.campaigns.get(*index) {
                    self.feeds_reward(&campaign.reward, at);
                }
            }
            self.edge(self.plan.eligible, at, EdgeKind::Feeds);
            self.plan.folds.push((at, list));
        }
    }

    /// What a reward multiplies flows into its campaign.
    fn feeds_reward(&mut self, reward: &Reward, to: usize) -> bool {
        let from = match reward {
            Reward::Multiplier { .. } => self.plan.base_sum,
            Reward::PointsMultiplier(_) => self.plan.earn,
            _ => None,
        };
        if let Some(from) = from {
            self.edge(from, to, EdgeKind::Feeds);
        }
        from.is_some()
    }

    fn stacking(&mut self, options: PictureOptions) {
        let program = &self.graph.program;
        if program.campaigns.is_empty() {
            return;
        }
        let with_groups = program.groups.len() <= options.most_campaigns.max(40);
        for group in &program.groups {
            let at = with_groups.then(|| {
                let lines = vec!["only the one that grants most".to_owned()];
                self.node(format!("group:{group}"), Stage::Stacking, format!("group {group}"), lines)
            });
            self.plan.groups.push(at);
        }
        let exclusive: Vec<&str> = program.campaigns.iter().filter(|c| c.exclusive).map(|c| c.id.as_str()).collect();
        let mut lines = Vec::new();
        if !with_groups {
            lines.push(format!("of each of {} groups the one that grants most", program.groups.len()));
        }
        if !exclusive.is_empty() {
            lines.push(format!("exclusive: {}", words::some_of(&exclusive, 3)));
        }
        let sum = self.node("stacking".to_owned(), Stage::Stacking, "Campaigns add up", lines);
        self.plan.stacking = Some(sum);
        let mut ends: Vec<(usize, Option<usize>)> = Vec::new();
        for ((at, _), campaign) in self.plan.campaigns.iter().zip(&program.campaigns) {
            ends.extend(at.map(|at| (at, campaign.group)));
        }
        for (at, list) in &self.plan.folds {
            for index in list {
                ends.push((*at, program.campaigns.get(*index).and_then(|c| c.group)));
            }
        }
        for (from, group) in ends {
            let to = group.and_then(|g| self.plan.groups.get(g).copied().flatten()).unwrap_or(sum);
            self.edge(from, to, EdgeKind::Feeds);
        }
        for group in self.plan.groups.clone().into_iter().flatten() {
            self.edge(group, sum, EdgeKind::Feeds);
        }
    }

    /// Money from where it is granted, through the caps of tiers and of the program.
    fn cashback(&mut self, money: &[usize], tiers: &[usize], program_caps: Option<usize>) {
        let program = &self.graph.program;
        let title = format!("Cashback in {}", program.currency.code());
        let cashback = self.node("money".to_owned(), Stage::Result, title, vec![]);
        self.plan.money = Some(cashback);
        let end = program_caps.unwrap_or(cashback);
        let levels = program.tiers.as_ref().map_or(0, |t| t.levels.len());
        for from in money.iter().copied() {
            for tier in tiers {
                self.edge(from, *tier, EdgeKind::Feeds);
            }
            // Tiers without caps of their own go on directly.
            if tiers.is_empty() || tiers.len() < levels {
                self.edge(from, end, EdgeKind::Feeds);
            }
        }
        for tier in tiers {
            self.edge(*tier, end, EdgeKind::Feeds);
        }
        if let Some(caps) = program_caps {
            self.edge(caps, cashback, EdgeKind::Feeds);
        }
    }

    fn caps_and_results(&mut self) {
        let program = &self.graph.program;
        let mut money: Vec<usize> = self.plan.base_sum.into_iter().collect();
        for (level, at) in program.tiers.iter().flat_map(|t| &t.levels).zip(&self.plan.levels) {
            if level.bonus.is_some() {
                money.extend(*at);
            }
        }
        let pays_points = program.campaigns.iter().any(|c| c.is_points());
        let pays_money = program.campaigns.iter().any(|c| !c.is_points());
        let mut points: Vec<usize> = self.plan.earn.into_iter().collect();
        if let Some(stacking) = self.plan.stacking {
            if pays_money {
                money.push(stacking);
            }
            if pays_points {
                points.push(stacking);
            }
        }
        for level in program.tiers.iter().flat_map(|t| &t.levels) {
            let lines = self.caps_words(&level.caps, false);
            if !lines.is_empty() {
                let title = format!("caps of {}", level.id);
                let at = self.node(format!("caps:tier.{}", level.id), Stage::Caps, title, lines);
                self.plan.caps.push((at, format!("tier.{}.", level.id)));
            }
        }
        let lines = self.caps_words(&program.caps, false);
        let tiers: Vec<usize> = self.plan.caps.iter().map(|(at, _)| *at).collect();
        let program_caps = (!lines.is_empty()).then(|| {
            let at = self.node("caps:program".to_owned(), Stage::Caps, "caps of the program", lines);
            self.plan.caps.push((at, "program.".to_owned()));
            at
        });
        let lines = self.caps_words(&program.points_caps, true);
        let points_caps = (!lines.is_empty()).then(|| {
            let at = self.node("caps:points".to_owned(), Stage::Caps, "caps of points", lines);
            self.plan.caps.push((at, "program.points.".to_owned()));
            at
        });
        if !money.is_empty() {
            self.cashback(&money, &tiers, program_caps);
        }
        let upgrades = program.tiers.iter().flat_map(|t| &t.levels).any(|l| l.upgrade_points > 0);
        if !points.is_empty() || upgrades {
            let result = self.node("points".to_owned(), Stage::Result, "Points", vec![]);
            self.plan.points = Some(result);
            for from in points {
                self.edge(from, points_caps.unwrap_or(result), EdgeKind::Feeds);
            }
            if let Some(caps) = points_caps {
                self.edge(caps, result, EdgeKind::Feeds);
            }
            let upgrading: Vec<usize> = (program.tiers.iter().flat_map(|t| &t.levels).zip(&self.plan.levels))
                .filter(|(level, _)| level.upgrade_points > 0)
                .filter_map(|(_, at)| *at)
                .collect();
            for from in upgrading {
                self.edge(from, result, EdgeKind::Feeds);
            }
            for option in &program.redemption {
                let mut lines =
                    vec![format!("{} points are {}", self.points(option.value_points), self.money(option.value_cash))];
                if option.min_points > 0 {
                    lines.push(format!("from {} points on", self.points(option.min_points)));
                }
                if let Some(tiers) = &option.tiers {
                    lines.push(format!("for {}", self.level_names(tiers)));
                }
                let title = format!("redeem: {}", option.id);
                let at = self.node(format!("redeem:{}", option.id), Stage::Result, title, lines);
                self.edge(result, at, EdgeKind::Feeds);
            }
        }
        if let Some(tiers) = &program.tiers {
            let lines: Vec<String> =
                tiers.levels.iter().map(|l| format!("{} from {}", l.id, self.money(l.min_spending))).collect();
            let at = self.node("progress".to_owned(), Stage::Result, "Progress to a tier", lines);
            self.edge(self.plan.eligible, at, EdgeKind::Feeds);
            self.plan.progress = Some(at);
        }
    }
}

/// The conditions of a rule, each operand of a top-level `&&` on its own.
fn clauses_of(graph: &Graph, typed: &Option<Typed>, node: Option<NodeId>) -> Vec<(NodeId, String)> {
    let mut clauses = Vec::new();
    if let (Some(typed), Some(node)) = (typed, node) {
        split(graph, typed, node, &mut clauses);
    }
    clauses
}

fn split(graph: &Graph, typed: &Typed, node: NodeId, into: &mut Vec<(NodeId, String)>) {
    match (&typed.kind, graph.node(node)) {
        (TypedKind::Binary(BinaryOp::And, a, b), Some(Step::And(x, y))) => {
            split(graph, a, *x, into);
            split(graph, b, *y, into);
        }
        _ => into.push((node, graph.clause_text(typed.span))),
    }
}
