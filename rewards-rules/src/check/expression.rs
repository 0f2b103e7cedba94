//! Names and types of expressions (semantics §9): what is written becomes [`Typed`], or a finding.
//!
//! One [`Checker`] sees all expressions of a rule set and gathers what they share: the facts they read, the sets
//! they look into and the functions that Rhai has to run. It holds nothing of Rhai; what it lets through cannot
//! fail by a wrong name or type at run time.

mod arrays;
mod bodies;
mod calls;
mod facts;
mod functions;
mod lowering;
mod operators;
#[cfg(test)]
pub(crate) mod tests;
mod values;

pub(crate) use bodies::MAX_CALL_LEVELS;
pub(crate) use calls::BUILT_IN as BUILT_IN_FUNCTIONS;
pub(crate) use facts::{BuiltInFact, built_in_facts};

use std::collections::{HashMap, HashSet};

use super::program::Declared;
use super::typed::{Fact, ScriptCall, Set, Type, Typed};
use crate::source::{Code, Finding, Span};
use crate::syntax::expression::{Expr, Function};
use crate::syntax::written::List;

/// What expressions may name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckerInput<'a> {
    /// Declared facts.
    pub(crate) declared: &'a [Declared],
    /// Lists.
    pub(crate) lists: &'a [List],
    /// Functions of scripts.
    pub(crate) functions: &'a [Function],
    /// Whether `member.tier` is there.
    pub(crate) has_tiers: bool,
    /// Ids of the tiers.
    pub(crate) tier_ids: &'a [String],
}

/// Where an expression stands, which tells what it may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `when`
    When,
    /// `eligible.when`: before there is an eligible amount.
    EligibleWhen,
    /// `eligible.lines`: a line at hand, and no eligible amount yet.
    EligibleLines,
    /// `lines`: a line at hand.
    Lines,
    /// `reward.amount`
    Amount,
}

/// What the value of an expression must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A condition.
    Boolean,
    /// An integer or a decimal.
    Number,
}

/// What the expressions of a rule set share, and what was found in them.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    /// Facts that are read.
    pub(crate) facts: Vec<Fact>,
    /// Constant sets.
    pub(crate) sets: Vec<Set>,
    /// Functions that Rhai runs, by argument types.
    pub(crate) calls: Vec<ScriptCall>,
    /// What was found.
    pub(crate) findings: Vec<Finding>,
}

/// How deep expressions and the functions that they call may be nested, all together. Keeps the stack bounded
/// here, in the graph and in Rhai.
const MAX_DEPTH: u32 = 400;

/// Checks expressions one by one.
pub(crate) struct Checker<'a> {
    input: CheckerInput<'a>,
    tables: Tables,
    place: Place,
    depth: u32,
    /// The greatest depth since a function's typing began.
    deepest: u32,
    functions: functions::Functions<'a>,
    instances: HashMap<functions::Key, functions::Instance>,
    /// What the functions whose bodies are being typed are called with, for help texts.
    called: Vec<String>,
    /// Above 0 while a body is lowered: whatever is wrong with it was found when it was typed.
    quiet: u32,
    budget: lowering::Budget,
    never_lowered: HashSet<functions::Key>,
}

/// Where the names of an expression come from.
enum Scope<'s> {
    /// Facts and lists: an expression of a rule.
    Facts,
    /// Parameters and locals: the body of a function.
    Body(&'s mut bodies::Body),
}

impl<'a> Checker<'a> {
    /// A checker for one rule set. Functions that call themselves, stand twice or name what does not exist are
    /// found at once, called or not.
    pub(crate) fn new(input: CheckerInput<'a>) -> Checker<'a> {
        let mut tables = Tables::default();
        let functions = functions::Functions::new(input, &mut tables.findings);
        Checker {
            input,
            tables,
            place: Place::When,
            depth: 0,
            deepest: 0,
            functions,
            instances: HashMap::new(),
            called: Vec::new(),
            quiet: 0,
            budget: lowering::Budget::default(),
            never_lowered: HashSet::new(),
        }
    }

    /// Checks one expression. `None` if something is wrong with it or with a function that it calls; that is then
    /// among the findings.
    pub(crate) fn check(&mut self, expr: &Expr, place: Place, expected: Expected) -> Option<Typed> {
        self.place = place;
        self.depth = 0;
        self.budget = lowering::Budget::for_expression();
        let typed = self.value(expr, &mut Scope::Facts)?;
        let fits = match expected {
            Expected::Boolean => typed.ty == Type::Boolean,
            Expected::Number => is_number(typed.ty),
        };
        if fits {
            return Some(typed);
        }
        let due = match expected {
            Expected::Boolean => "a condition must be true or false",
            Expected::Number => "an amount must be a number",
        };
        self.tell(Finding::new(Code::TypeMismatch, expr.span, format!("{due}, and this is {}", words(typed.ty))))
    }

    /// What was gathered. Functions without parameters that nothing calls are typed here; others can only be typed
    /// where they are called.
    pub(crate) fn finish(mut self) -> Tables {
        for index in 0..self.functions.len() {
            if self.functions.is_sound(index) && self.functions.parameters(index) == 0 {
                let span = self.functions.span(index);
                self.depth = 0;
                self.instance((index, Vec::new()), span);
            }
        }
        self.tables
    }

    /// Puts a finding down. Always `None`, the value of what was found wrong.
    fn tell<T>(&mut self, mut finding: Finding) -> Option<T> {
        if self.quiet > 0 {
            return None;
        }
        if let Some(called) = self.called.last().filter(|c| !c.is_empty()) {
            // A function that is called with several lists of types has its mistake once.
            let known = |f: &Finding| f.code == finding.code && f.span == finding.span && f.message == finding.message;
            if self.tables.findings.iter().any(known) {
                return None;
            }
            finding.help = Some(match finding.help {
                Some(help) => format!("{help}; {called}"),
                None => called.clone(),
            });
        }
        self.tables.findings.push(finding);
        None
    }

    fn too_deep<T>(&mut self, span: Span) -> Option<T> {
        self.tell(
            Finding::new(Code::TooLarge, span, "the expression and the functions that it calls are nested too deeply")
                .help("functions that call functions can go some way, but not this far"),
        )
    }
}

fn is_number(ty: Type) -> bool {
    matches!(ty, Type::Integer | Type::Decimal)
}

/// A type as people call it.
fn words(ty: Type) -> &'static str {
    match ty {
        Type::Boolean => "true or false",
        Type::Integer => "an integer",
        Type::Decimal => "a decimal",
        Type::Text => "a text",
        Type::Date => "a date",
        Type::TextList => "a list of texts",
    }
}
