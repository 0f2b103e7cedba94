//! Lists, facts, pools and functions that no rule mentions.

use std::collections::BTreeSet;

use super::Whole;
use crate::check::program::UpTo;
use crate::check::report::Reporter;
use crate::source::Code;
use crate::syntax::expression::{Block, Expr, ExprKind, ForRange, Function, StatementKind};
use crate::syntax::written::{FactScope, RuleFiles};

/// Tells of each.
pub(super) fn tell(whole: &Whole<'_>, files: &RuleFiles, report: &mut Reporter<'_>) {
    let mut used = Used::default();
    let program = whole.written;
    let conditions = program.eligible_when.iter().chain(&program.eligible_lines);
    let of_base = program.base.iter().flat_map(|r| r.when.iter().chain(&r.lines));
    let of_campaigns = files.campaigns.iter().flat_map(|c| {
        let amount = c.reward.as_ref().and_then(|r| r.amount.as_ref());
        c.when.iter().chain(&c.lines).chain(amount)
    });
    for expression in conditions.chain(of_base).chain(of_campaigns) {
        used.expression(expression);
    }
    used.follow(&files.functions);

    for list in program.lists.iter().filter(|l| !used.names.contains(l.name.value.as_str())) {
        let message = format!("no rule looks into the list `{}`", list.name.value);
        let help = "take it out, or use it: `tx.merchant in NAME`";
        report.tell(Code::UnusedList, list.name.span, message, help.replace("NAME", &list.name.value));
    }
    for fact in &program.facts {
        let scope = match fact.scope {
            FactScope::Tx => "tx",
            FactScope::Member => "member",
        };
        let name = format!("{scope}.{}", fact.name.value);
        if !used.facts.contains(name.as_str()) {
            let help = "take it out: who sends purchases is asked for it for nothing";
            report.tell(Code::UnusedFact, fact.name.span, format!("no rule reads `{name}`"), help);
        }
    }
    let pools: BTreeSet<usize> = whole
        .program
        .base
        .iter()
        .filter_map(|r| match r.up_to {
            Some(UpTo::Pool(pool)) => Some(pool),
            _ => None,
        })
        .collect();
    for (_, pool) in program.pools.iter().enumerate().filter(|(at, _)| !pools.contains(at)) {
        let message = format!("no base rule takes from the pool `{}`", pool.id.value);
        let help = format!("take it out, or use it: `up_to: {{pool: {}}}`", pool.id.value);
        report.tell(Code::UnusedPool, pool.id.span, message, help);
    }
    for function in &files.functions {
        let key = (function.name.value.as_str(), function.parameters.len());
        if !used.functions.contains(&key) {
            let message = format!("no rule calls the function `{}`", function.name.value);
            report.tell(Code::UnusedFunction, function.name.span, message, "take it out, or call it");
        }
    }
}

/// What expressions mention.
#[derive(Default)]
struct Used<'e> {
    /// Bare names: in rules, those of lists.
    names: BTreeSet<&'e str>,
    /// `scope.name`.
    facts: BTreeSet<String>,
    /// Names and numbers of arguments.
    functions: BTreeSet<(&'e str, usize)>,
}

impl<'e> Used<'e> {
    /// Adds what the functions call that are called.
    fn follow(&mut self, functions: &'e [Function]) {
        let mut done: BTreeSet<(&str, usize)> = BTreeSet::new();
        // Names in a function are its own, and it reads no facts.
        while let Some(function) = functions.iter().find(|f| {
            let key = (f.name.value.as_str(), f.parameters.len());
            self.functions.contains(&key) && !done.contains(&key)
        }) {
            done.insert((function.name.value.as_str(), function.parameters.len()));
            let mut within = Used::default();
            within.block(&function.body);
            self.functions.append(&mut within.functions);
        }
    }

    fn expression(&mut self, expr: &'e Expr) {
        match &expr.kind {
            ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Decimal(_) | ExprKind::Text(_) => {}
            ExprKind::Array(members) => members.iter().for_each(|m| self.expression(m)),
            ExprKind::Name(name) => {
                self.names.insert(name);
            }
            ExprKind::Fact(scope, name) => {
                self.facts.insert(format!("{scope}.{name}"));
            }
            ExprKind::Unary(_, inner) => self.expression(inner),
            ExprKind::Binary(_, a, b) => {
                self.expression(a);
                self.expression(b);
            }
            ExprKind::If(branches) => {
                self.expression(&branches.condition);
                self.block(&branches.then);
                if let Some(otherwise) = &branches.otherwise {
                    self.block(otherwise);
                }
            }
            ExprKind::Call(name, arguments) => {
                self.functions.insert((&name.value, arguments.len()));
                arguments.iter().for_each(|a| self.expression(a));
            }
        }
    }

    fn block(&mut self, block: &'e Block) {
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Let(_, value) | StatementKind::Assign(_, _, value) => self.expression(value),
                StatementKind::While(condition, body) => {
                    self.expression(condition);
                    self.block(body);
                }
                StatementKind::For(_, range, body) => {
                    match range {
                        ForRange::Range { from, to, .. } => {
                            self.expression(from);
                            self.expression(to);
                        }
                        ForRange::Each(array) => self.expression(array),
                    }
                    self.block(body);
                }
                StatementKind::Return(value) => value.iter().for_each(|v| self.expression(v)),
                StatementKind::Expression { value, .. } => self.expression(value),
            }
        }
    }
}
