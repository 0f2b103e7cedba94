//! Facts that may be absent where their absence surprises.
//!
//! A comparison with an absent fact is false, and in `when` that is what nearly everybody means: a purchase without a
//! category is not in `dining`. It surprises where it is turned round: `tx.category != "dining"` and
//! `!(tx.floor > 3)` are true without the fact. And an `amount` that is computed from an absent fact grants nothing.
//! `eligible` is left out, since there "not one of those" is how exclusions are written, and so are lists of a member:
//! who has no segments is in none. A rule that asks for the fact anywhere has spoken of it.

use super::reasoning::{Known, Subject, assume, subject};
use super::{Whole, at_campaign};
use crate::check::expression::children;
use crate::check::program::Reward;
use crate::check::report::Reporter;
use crate::check::typed::{LineFact, Type, Typed, TypedKind};
use crate::source::{Code, Span};
use crate::syntax::expression::BinaryOp;

/// Looks at base rules and campaigns.
pub(super) fn tell(whole: &Whole<'_>, known: &Known<'_, '_>, report: &mut Reporter<'_>) {
    let mut look = Look { report, told: Vec::new(), asked: Vec::new() };
    for rule in &whole.program.base {
        look.rule(rule.when.as_ref(), rule.lines.as_ref(), None, known.clone());
    }
    for campaign in &whole.program.campaigns {
        let Some(known) = at_campaign(whole.program, campaign, known.clone()) else { continue };
        let amount = match &campaign.reward {
            Reward::Amount(amount) => Some(amount),
            _ => None,
        };
        look.rule(campaign.when.as_ref(), campaign.lines.as_ref(), amount, known);
    }
}

struct Look<'r, 'a> {
    report: &'r mut Reporter<'a>,
    /// Places that were told of: a function is seen at each of its calls.
    told: Vec<Span>,
    /// Facts that the rule at hand asks for anywhere with `has`.
    asked: Vec<Subject>,
}

impl Look<'_, '_> {
    fn rule(&mut self, when: Option<&Typed>, lines: Option<&Typed>, amount: Option<&Typed>, known: Known<'_, '_>) {
        self.asked.clear();
        for part in [when, lines, amount].into_iter().flatten() {
            asked(part, &mut self.asked);
        }
        let mut known = Some(known);
        for condition in [when, lines].into_iter().flatten() {
            if let Some(so_far) = known {
                self.condition(condition, true, so_far.clone());
                known = assume(condition, true, so_far);
            }
        }
        if let (Some(amount), Some(known)) = (amount, known) {
            self.amount(amount, known);
        }
    }

    /// A condition that the rule wants to be `want`.
    fn condition(&mut self, condition: &Typed, want: bool, known: Known<'_, '_>) {
        match &condition.kind {
            TypedKind::Not(inner) => self.condition(inner, !want, known),
            TypedKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
                self.condition(a, want, known.clone());
                if let Some(known) = assume(a, *op == BinaryOp::And, known) {
                    self.condition(b, want, known);
                }
            }
            TypedKind::If(question, then, otherwise) => {
                if let Some(known) = assume(question, true, known.clone()) {
                    self.condition(then, want, known);
                }
                if let Some(known) = assume(question, false, known) {
                    self.condition(otherwise, want, known);
                }
            }
            TypedKind::Binary(BinaryOp::NotEqual, a, b) => self.compared([a, b], !want, condition.span, &known),
            TypedKind::Binary(_, a, b) => self.compared([a, b], want, condition.span, &known),
            TypedKind::InSet { value, negated, .. } => {
                self.compared([value, value], want != *negated, condition.span, &known);
            }
            TypedKind::Fact(_) | TypedKind::Line(_) => {
                self.compared([condition, condition], want, condition.span, &known);
            }
            _ => {}
        }
    }

    /// A question that is false where a side is absent: that is meant if the rule wants it to be true.
    fn compared(&mut self, sides: [&Typed; 2], want: bool, span: Span, known: &Known<'_, '_>) {
        if want {
            return;
        }
        if let Some(name) = sides.iter().find_map(|side| self.may_be_absent(side, known)) {
            let message = format!("this is true of a purchase without `{name}`");
            let help = format!("say what holds without it: `has({name}) && …`, or `!has({name}) || …`");
            self.tell(span, message, help);
        }
    }

    fn amount(&mut self, amount: &Typed, known: Known<'_, '_>) {
        match &amount.kind {
            TypedKind::If(question, then, otherwise) => {
                if let Some(known) = assume(question, true, known.clone()) {
                    self.amount(then, known);
                }
                if let Some(known) = assume(question, false, known) {
                    self.amount(otherwise, known);
                }
            }
            TypedKind::Negate(a) | TypedKind::ToDecimal(a) if subject(a).is_none() => self.amount(a, known),
            TypedKind::Binary(_, a, b) => {
                self.amount(a, known.clone());
                self.amount(b, known);
            }
            TypedKind::Call(_, arguments)
            | TypedKind::Script { arguments, .. }
            | TypedKind::Inlined { arguments, .. } => {
                arguments.iter().for_each(|a| self.amount(a, known.clone()));
            }
            _ => {
                if let Some(name) = self.may_be_absent(amount, &known) {
                    let message = format!("without `{name}` this campaign grants nothing");
                    let help = format!(
                        "ask for it in `when`: `has({name})`, or say what is granted without it: `if has({name}) {{ … }} \
                         else {{ … }}`"
                    );
                    self.tell(amount.span, message, help);
                }
            }
        }
    }

    fn tell(&mut self, span: Span, message: String, help: String) {
        if !self.told.contains(&span) {
            self.told.push(span);
            self.report.tell(Code::OptionalFact, span, message, help);
        }
    }
}

/// The facts that an expression asks for with `has`.
fn asked(typed: &Typed, into: &mut Vec<Subject>) {
    match &typed.kind {
        TypedKind::Has(id) => into.push(Subject::Fact(*id)),
        TypedKind::HasLine(line) => into.push(Subject::Line(*line)),
        _ => children(typed).into_iter().for_each(|child| asked(child, into)),
    }
}

impl Look<'_, '_> {
    /// The name of a fact that may be absent here, and that the rule does not ask for.
    fn may_be_absent(&self, typed: &Typed, known: &Known<'_, '_>) -> Option<String> {
        let subject = subject(typed)?;
        if typed.ty == Type::TextList || !known.get(subject).absent || self.asked.contains(&subject) {
            return None;
        }
        name(subject, known)
    }
}

fn name(subject: Subject, known: &Known<'_, '_>) -> Option<String> {
    Some(match subject {
        Subject::Fact(id) => known.model.fact(id)?.name.clone(),
        Subject::Line(line) => {
            let name = match line {
                LineFact::Sku => "sku",
                LineFact::Category => "category",
                LineFact::Quantity => "quantity",
                LineFact::Amount => "amount",
            };
            format!("line.{name}")
        }
    })
}
