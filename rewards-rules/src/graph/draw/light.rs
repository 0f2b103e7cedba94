//! What one purchase did to each node of a picture.
//!
//! Rules are lit by what the outcome says of them, with explain; facts and conditions by asking them again. Which
//! conditions nobody asked follows from the order of clauses (semantics §2.5).

use std::collections::HashSet;

use super::build::{FactRead, Plan};
use super::{Light, LightState, Picture};
use crate::check::typed::LineFact;
use crate::evaluate::Work;
use crate::graph::{Graph, Memo, NodeId, Scope, Value};
use crate::outcome::{Basis, Component, ComponentKind, Cut, Outcome, PointsComponent, PointsKind, Reason, Rejection};
use crate::words;

/// Lights the picture of a purchase that was evaluated with explain.
pub(crate) fn shine(graph: &Graph, picture: &mut Picture, plan: &Plan, work: &Work, outcome: &Outcome) {
    picture.transaction = Some(outcome.transaction_id.clone());
    for node in &mut picture.nodes {
        node.light = Some(Light { state: LightState::Unreached, words: Vec::new() });
    }
    let mut lamp = Lamp { graph, picture, plan, work, outcome, memo: Memo::default() };
    lamp.memo.reset(graph.nodes.len());
    lamp.facts();
    lamp.eligible();
    if outcome.reason.is_none() {
        lamp.base();
        lamp.levels_and_earn();
        lamp.campaigns();
        lamp.caps();
    }
    lamp.results();
}

/// Campaigns that did something: granted, or were kept from it by stacking or a cap alone.
pub(crate) fn bright_campaigns(graph: &Graph, outcome: &Outcome) -> HashSet<usize> {
    let mut ids: HashSet<&str> = HashSet::new();
    ids.extend(outcome.components.iter().filter(|c| c.kind == ComponentKind::Campaign).map(|c| c.id.as_str()));
    ids.extend(outcome.points.iter().filter(|p| p.kind == PointsKind::Campaign).map(|p| p.id.as_str()));
    let cut = outcome.rejected.iter().flatten().filter(|r| Lamp::dark_or_cut(r) == LightState::Cut);
    ids.extend(cut.filter(|r| r.kind.ends_with("campaign")).map(|r| r.id.as_str()));
    let campaigns = graph.program.campaigns.iter().enumerate();
    campaigns.filter(|(_, c)| ids.contains(c.id.as_str())).map(|(at, _)| at).collect()
}

struct Lamp<'a> {
    graph: &'a Graph,
    picture: &'a mut Picture,
    plan: &'a Plan,
    work: &'a Work,
    outcome: &'a Outcome,
    memo: Memo,
}

fn cut_words(cuts: &[Cut]) -> impl Iterator<Item = String> {
    cuts.iter().map(|cut| format!("{} cut by {}", words::grouped(&cut.cut.to_string()), cut.cap))
}

fn component_words(component: &Component) -> String {
    let granted = words::grouped(&component.rounded.to_string());
    match (component.basis, component.rate) {
        (Some(Basis::Money(basis)), Some(rate)) => {
            format!("{} of {} = {granted}", words::percent(rate), words::grouped(&basis.to_string()))
        }
        (Some(Basis::Exact(basis)), Some(rate)) => format!("{rate} × {basis} = {granted}"),
        _ => granted,
    }
}

impl Lamp<'_> {
    fn set(&mut self, at: usize, state: LightState, words: Vec<String>) {
        if let Some(node) = self.picture.nodes.get_mut(at) {
            node.light = Some(Light { state, words });
        }
    }

    fn shown(&self, value: Value) -> String {
        match value {
            Value::Absent => "absent".to_owned(),
            Value::Boolean(b) => b.to_string(),
            Value::Integer(i) => i.to_string(),
            Value::Decimal(d) => d.to_string(),
            Value::Text(s) => self.work.purchase.facts.text(self.graph, s).to_owned(),
            Value::Date(d) => d.to_string(),
        }
    }

    fn facts(&mut self) {
        for (at, fact) in &self.plan.facts {
            let facts = &self.work.purchase.facts;
            let text = match fact {
                FactRead::Fact(f) => match facts.list(*f) {
                    Some(list) => {
                        let texts: Vec<&str> = list.iter().map(|s| facts.text(self.graph, *s)).collect();
                        Some(words::some_of(&texts, 4))
                    }
                    None => match facts.values.get(*f as usize) {
                        None | Some(Value::Absent) => None,
                        Some(value) => Some(self.shown(*value)),
                    },
                },
                FactRead::Line(fact) => {
                    let values: Vec<String> = self
                        .work
                        .lines
                        .iter()
                        .map(|line| match fact {
                            LineFact::Sku => line.facts.sku,
                            LineFact::Category => line.facts.category,
                            LineFact::Quantity => line.facts.quantity,
                            LineFact::Amount => line.facts.amount,
                        })
                        .map(|value| self.shown(value))
                        .collect();
                    (!values.is_empty()).then(|| words::some_of(&values, 4))
                }
            };
            match text {
                Some(text) => self.set(*at, LightState::Lit, vec![text]),
                None => self.set(*at, LightState::Dark, vec!["absent".to_owned()]),
            }
        }
    }

    /// Lights a condition that was asked; whether what follows it was asked as well.
    fn asked(&mut self, node: NodeId) -> bool {
        let per_line = self.graph.info(node).per_line;
        let facts = &self.work.purchase.facts;
        let (holds, words) = if per_line {
            let mut true_of: usize = 0;
            for line in &self.work.lines {
                let scope = Scope { graph: self.graph, facts, line: Some(&line.facts) };
                if scope.holds(node, &mut self.memo).unwrap_or(false) {
                    true_of = true_of.saturating_add(1);
                }
            }
            let lines = self.work.lines.len();
            (
                true_of > 0,
                if lines == 0 { "no lines".to_owned() } else { format!("true for {true_of} of {lines} lines") },
            )
        } else {
            let scope = Scope { graph: self.graph, facts, line: None };
            let holds = scope.holds(node, &mut self.memo).unwrap_or(false);
            (holds, holds.to_string())
        };
        if let Some(at) = self.plan.conditions.get(&node) {
            self.set(*at, if holds { LightState::Lit } else { LightState::Dark }, vec![words]);
        }
        holds
    }

    /// Asks conditions in order until one is false.
    fn asked_in_order(&mut self, nodes: &[NodeId]) {
        for node in nodes {
            if !self.asked(*node) && !self.graph.info(*node).per_line {
                break;
            }
        }
    }

    fn eligible(&mut self) {
        let outcome = self.outcome;
        let at = self.plan.eligible;
        match outcome.reason {
            Some(Reason::MemberInactive | Reason::ZeroAmount) => {}
            _ => {
                let nodes: Vec<NodeId> = (self.graph.eligible_when.into_iter())
                    .chain(self.graph.eligible_lines)
                    .flat_map(|node| self.drawn_below(node))
                    .collect();
                self.asked_in_order(&nodes);
            }
        }
        let amount = words::grouped(&outcome.amount.to_string());
        match outcome.reason {
            Some(reason) => self.set(at, LightState::Dark, vec![reason.words().to_owned()]),
            None if outcome.eligible_amount == outcome.amount => self.set(at, LightState::Lit, vec![amount]),
            None => {
                let counts = words::grouped(&outcome.eligible_amount.to_string());
                self.set(at, LightState::Lit, vec![format!("{counts} of {amount}")]);
            }
        }
    }

    /// The drawn conditions of a top-level `&&`.
    fn drawn_below(&self, node: NodeId) -> Vec<NodeId> {
        if self.plan.conditions.contains_key(&node) {
            return vec![node];
        }
        match self.graph.node(node) {
            Some(super::super::Node::And(a, b)) => {
                let mut list = self.drawn_below(*a);
                list.extend(self.drawn_below(*b));
                list
            }
            _ => Vec::new(),
        }
    }

    fn rejection(&self, kinds: &[&str], id: &str) -> Option<&Rejection> {
        self.outcome.rejected.iter().flatten().find(|r| r.id == id && kinds.contains(&r.kind))
    }

    /// Why a rule did not grant, with the clause where that tells more.
    fn why_not(rejection: &Rejection) -> Vec<String> {
        let mut words = vec![rejection.reason.words().to_owned()];
        let told = matches!(rejection.reason, Reason::ConditionFalse | Reason::AmountTaken | Reason::CutToZero);
        if !told && !rejection.clause.is_empty() {
            let met = if rejection.value.is_empty() { String::new() } else { format!(", met {}", rejection.value) };
            words.push(format!("{}{met}", rejection.clause));
        }
        words
    }

    fn dark_or_cut(rejection: &Rejection) -> LightState {
        match rejection.reason {
            Reason::CutToZero
            | Reason::CapUsed
            | Reason::GroupLost
            | Reason::ExcludedByExclusive
            | Reason::ExclusiveCameLate => LightState::Cut,
            Reason::AmountTaken => LightState::Unreached,
            _ => LightState::Dark,
        }
    }

    /// Lights a rule by its components, or by why there are none.
    fn rule(&mut self, at: usize, kind: ComponentKind, id: &str) {
        let components: Vec<&Component> =
            self.outcome.components.iter().filter(|c| c.kind == kind && c.id == id).collect();
        let granted = components.iter().any(|c| !c.granted.is_zero());
        if granted {
            let mut words: Vec<String> = components.iter().map(|c| component_words(c)).collect();
            words.extend(components.iter().flat_map(|c| cut_words(&c.cuts)));
            let cut = components.iter().any(|c| !c.cuts.is_empty());
            self.set(at, if cut { LightState::Cut } else { LightState::Lit }, words);
            return;
        }
        let kinds: &[&str] = match kind {
            ComponentKind::Base => &["base"],
            ComponentKind::Loyalty => &["loyalty"],
            ComponentKind::Campaign => &["campaign", "points_campaign"],
        };
        match self.rejection(kinds, id) {
            Some(rejection) => {
                let (state, mut words) = (Self::dark_or_cut(rejection), Self::why_not(rejection));
                words.extend(components.iter().flat_map(|c| cut_words(&c.cuts)));
                self.set(at, state, words);
            }
            None => self.set(at, LightState::Dark, vec!["granted nothing".to_owned()]),
        }
    }

    fn points_part(&mut self, at: usize, part: &PointsComponent) {
        let mut words = vec![format!("{} points", words::grouped(&part.granted.to_string()))];
        words.extend(cut_words(&part.cuts));
        self.set(at, if part.cuts.is_empty() { LightState::Lit } else { LightState::Cut }, words);
    }

    fn base(&mut self) {
        let graph = self.graph;
        for (rule, (at, clauses)) in graph.program.base.iter().zip(&self.plan.base) {
            self.rule(*at, ComponentKind::Base, &rule.id);
            let taken = self.rejection(&["base"], &rule.id).is_some_and(|r| r.reason == Reason::AmountTaken);
            if !taken {
                self.asked_in_order(clauses);
            }
        }
        if let (Some(at), true) = (self.plan.base_sum, self.plan.base.len() > 1) {
            let total = self.outcome.totals.base;
            let state = if total.is_zero() { LightState::Dark } else { LightState::Lit };
            self.set(at, state, vec![words::grouped(&total.to_string())]);
        }
    }

    fn levels_and_earn(&mut self) {
        let graph = self.graph;
        for (level, at) in graph.program.tiers.iter().flat_map(|t| &t.levels).zip(&self.plan.levels) {
            let Some(at) = *at else { continue };
            if self.outcome.tier.as_deref() != Some(level.id.as_str()) {
                self.set(at, LightState::Dark, vec!["another tier is held".to_owned()]);
            } else if level.bonus.is_some() {
                self.rule(at, ComponentKind::Loyalty, &level.id);
            } else {
                self.set(at, LightState::Lit, vec!["this tier is held".to_owned()]);
            }
        }
        let Some(at) = self.plan.earn else { return };
        match self.outcome.points.iter().find(|p| p.kind == PointsKind::Earn) {
            Some(part) => self.points_part(at, part),
            None => match self.rejection(&["earn"], "earn") {
                Some(r) => self.set(at, Self::dark_or_cut(r), Self::why_not(r)),
                None => self.set(at, LightState::Dark, vec!["0 points".to_owned()]),
            },
        }
    }

    fn campaigns(&mut self) {
        let graph = self.graph;
        let mut won: Vec<Option<&str>> = vec![None; self.plan.groups.len()];
        for (campaign, (at, clauses)) in graph.program.campaigns.iter().zip(&self.plan.campaigns) {
            let points = self.outcome.points.iter().find(|p| p.kind == PointsKind::Campaign && p.id == campaign.id);
            let money = self
                .outcome
                .components
                .iter()
                .any(|c| c.kind == ComponentKind::Campaign && c.id == campaign.id && !c.granted.is_zero());
            if let (true, Some(group)) = (money || points.is_some(), campaign.group)
                && let Some(slot) = won.get_mut(group)
            {
                *slot = Some(&campaign.id);
            }
            let Some(at) = *at else { continue };
            match points {
                Some(part) => self.points_part(at, part),
                None => self.rule(at, ComponentKind::Campaign, &campaign.id),
            }
            let before_when = self.rejection(&["campaign", "points_campaign"], &campaign.id).is_some_and(|r| {
                matches!(
                    r.reason,
                    Reason::OutsideWindow
                        | Reason::WrongDay
                        | Reason::WrongHour
                        | Reason::BelowMinimum
                        | Reason::WrongTier
                        | Reason::NotInSegment
                        | Reason::OutsideShare
                        | Reason::NotEnrolled
                        | Reason::UsesExhausted
                )
            });
            if !before_when {
                self.asked_in_order(clauses);
            }
        }
        for (at, list) in &self.plan.folds {
            self.set(*at, LightState::Dark, vec![format!("none of {} granted", list.len())]);
        }
        for (at, winner) in self.plan.groups.iter().zip(won) {
            let Some(at) = *at else { continue };
            match winner {
                Some(id) => self.set(at, LightState::Lit, vec![format!("{id} stays")]),
                None => self.set(at, LightState::Dark, vec!["none granted".to_owned()]),
            }
        }
        if let Some(at) = self.plan.stacking {
            let total = self.outcome.totals.campaign;
            let points = self.outcome.points.iter().any(|p| p.kind == PointsKind::Campaign);
            let state = if total.is_zero() && !points { LightState::Dark } else { LightState::Lit };
            self.set(at, state, vec![words::grouped(&total.to_string())]);
        }
    }

    fn caps(&mut self) {
        for (at, prefix) in &self.plan.caps {
            let components = self.outcome.components.iter().flat_map(|c| c.cuts.iter().map(|cut| (c.id.as_str(), cut)));
            let points = self.outcome.points.iter().flat_map(|p| p.cuts.iter().map(|cut| (p.id.as_str(), cut)));
            let of_points = prefix == "program.points.";
            let words: Vec<String> = components
                .chain(points)
                .filter(|(_, cut)| {
                    let program_of_points = cut.cap.starts_with("program.points.");
                    cut.cap.starts_with(prefix.as_str()) && program_of_points == of_points
                })
                .map(|(id, cut)| format!("{} of {id} cut by {}", words::grouped(&cut.cut.to_string()), cut.cap))
                .collect();
            let another = prefix
                .strip_prefix("tier.")
                .is_some_and(|rest| self.outcome.tier.as_deref() != Some(rest.trim_end_matches('.')));
            if another {
                self.set(*at, LightState::Unreached, vec!["another tier is held".to_owned()]);
            } else if words.is_empty() {
                self.set(*at, LightState::Lit, vec!["nothing cut".to_owned()]);
            } else {
                self.set(*at, LightState::Cut, words);
            }
        }
    }

    fn results(&mut self) {
        let outcome = self.outcome;
        let lit = |zero: bool| if zero { LightState::Dark } else { LightState::Lit };
        let total = outcome.totals.total;
        if let Some(at) = self.plan.money {
            self.set(at, lit(total.is_zero()), vec![words::grouped(&total.to_string())]);
        }
        if let Some(at) = self.plan.points {
            let points = outcome.totals.points;
            let words = vec![format!("{} points", words::grouped(&points.to_string()))];
            self.set(at, lit(points.is_zero()), words);
        }
        if let (Some(at), Some(progress)) = (self.plan.progress, &outcome.progress) {
            let decimals = progress.decimals;
            let mut words = vec![format!("{} after this purchase", progress.tier)];
            if let (Some(next), Some(missing)) = (&progress.next, progress.missing) {
                words.push(format!("{} missing to {next}", words::number(missing, decimals)));
            }
            self.set(at, LightState::Lit, words);
        }
    }
}
