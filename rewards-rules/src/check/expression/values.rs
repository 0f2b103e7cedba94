//! The type of one expression, whatever it stands in.

use super::bodies::LocalKind;
use super::{Checker, MAX_DEPTH, Scope, words};
use crate::check::typed::{Constant, Type, Typed, TypedKind};
use crate::source::{Code, Finding, Span};
use crate::syntax::expression::{BinaryOp, Expr, ExprKind, If, UnaryOp};
use crate::value::ops::no_such_day;
use crate::value::{Exact, ops};

impl Checker<'_> {
    /// The expression with its type, or `None` after a finding.
    pub(super) fn value(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> Option<Typed> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep(expr.span);
        }
        self.depth = self.depth.saturating_add(1);
        self.deepest = self.deepest.max(self.depth);
        let typed = self.value_of_kind(expr, scope);
        self.depth = self.depth.saturating_sub(1);
        if self.quiet > 0 && !self.budget.spend(1) {
            return None;
        }
        typed
    }

    fn value_of_kind(&mut self, expr: &Expr, scope: &mut Scope<'_>) -> Option<Typed> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Bool(value) => Some(constant(Constant::Boolean(*value), Type::Boolean, span)),
            ExprKind::Integer(value) => Some(constant(Constant::Integer(*value), Type::Integer, span)),
            ExprKind::Decimal(value) => Some(constant(Constant::Decimal(*value), Type::Decimal, span)),
            ExprKind::Text(value) => Some(constant(Constant::Text(value.clone()), Type::Text, span)),
            ExprKind::Array(_) => {
                let finding = Finding::new(Code::TypeMismatch, span, "an array can only stand after `in`");
                self.tell(finding.help("for example `tx.category in [\"dining\", \"fuel\"]`"))
            }
            ExprKind::Name(name) => self.name(name, span, scope),
            ExprKind::Fact(scope_name, name) => match scope {
                Scope::Facts => self.fact(scope_name, name, span),
                // Told when the function's names were looked up.
                Scope::Body(_) => None,
            },
            ExprKind::Unary(op, inner) => self.unary(*op, inner, span, scope),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, span, scope),
            ExprKind::If(branches) => self.if_value(branches, span, scope),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span, scope),
        }
    }

    fn name(&mut self, name: &str, span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        match scope {
            Scope::Facts => {
                if self.input.lists.iter().any(|l| l.name.value == name) {
                    let finding = Finding::new(Code::TypeMismatch, span, format!("`{name}` is a list"));
                    return self.tell(finding.help(format!("ask whether a value is in it: `tx.category in {name}`")));
                }
                let finding = self.unknown_name(name, span);
                self.tell(finding)
            }
            Scope::Body(body) => match &body.local(name)?.kind {
                LocalKind::Value { typed, nodes } => {
                    let nodes = *nodes;
                    let typed = Typed { span, ..typed.clone() };
                    (self.quiet == 0 || self.budget.spend(nodes)).then_some(typed)
                }
                LocalKind::Array(_) => {
                    let finding = Finding::new(Code::TypeMismatch, span, format!("`{name}` is an array"));
                    self.tell(
                        finding.help("an array is used after `in` only, as in `x in values` or `for x in values`"),
                    )
                }
            },
        }
    }

    fn unary(&mut self, op: UnaryOp, inner: &Expr, span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        let typed = self.value(inner, scope)?;
        match op {
            UnaryOp::Not => {
                let typed = self.boolean(typed, "`!` turns true into false and back")?;
                Some(Typed { kind: TypedKind::Not(Box::new(typed)), ty: Type::Boolean, span })
            }
            UnaryOp::Negate => {
                let typed = self.number(typed, "`-` needs a number")?;
                let ty = typed.ty;
                Some(Typed { kind: TypedKind::Negate(Box::new(typed)), ty, span })
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        match op {
            BinaryOp::In | BinaryOp::NotIn => self.membership(op == BinaryOp::NotIn, left, right, span, scope),
            BinaryOp::Or | BinaryOp::And => {
                let a = self.value(left, scope);
                let b = self.value(right, scope);
                let why = format!("`{}` joins two conditions", op.text());
                let a = a.and_then(|a| self.boolean(a, &why));
                let b = b.and_then(|b| self.boolean(b, &why));
                Some(pair(op, a?, b?, Type::Boolean, span))
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
                let a = self.value(left, scope);
                let b = self.value(right, scope);
                self.arithmetic(op, a?, b?, span)
            }
            _ => {
                let a = self.value(left, scope);
                let b = self.value(right, scope);
                self.comparison(op, (a?, left), (b?, right), span)
            }
        }
    }

    /// `if` as a value in an expression or body.
    fn if_value(&mut self, branches: &If, span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        let condition = self.value(&branches.condition, scope);
        let condition = condition.and_then(|c| self.boolean(c, "`if` needs a condition"));
        let Some(otherwise) = &branches.otherwise else {
            let finding = Finding::new(Code::CannotType, span, "this `if` has no value where its condition is false");
            return self.tell(finding.help("write `if c { a } else { b }`"));
        };
        let then = self.block_value(&branches.then, scope);
        let otherwise = self.block_value(otherwise, scope);
        let (condition, (then, otherwise)) = (condition?, (then?, otherwise?));
        let (then, otherwise) = match (then, otherwise) {
            // A branch that returns has no value, and the other one tells the type.
            (Some(then), Some(otherwise)) => self.join(then, otherwise, span, scope)?,
            (Some(only), None) | (None, Some(only)) => (only.clone(), only),
            (None, None) => {
                let finding = Finding::new(Code::CannotType, span, "this `if` has no value: both branches return");
                return self.tell(finding.help("write it as a statement"));
            }
        };
        let ty = then.ty;
        let kind = TypedKind::If(Box::new(condition), Box::new(then), Box::new(otherwise));
        Some(Typed { kind, ty, span })
    }

    /// Two branches as one type.
    fn join(&mut self, a: Typed, b: Typed, span: Span, scope: &mut Scope<'_>) -> Option<(Typed, Typed)> {
        match (a.ty, b.ty) {
            (Type::TextList, _) | (_, Type::TextList) => {
                self.tell(Finding::new(Code::TypeMismatch, span, "a list cannot be the value of an `if`"))
            }
            (x, y) if x == y => Some((a, b)),
            (Type::Integer, Type::Decimal) | (Type::Decimal, Type::Integer) => {
                if let Scope::Body(body) = scope {
                    body.mixed_within(span);
                }
                Some((to_decimal(a), to_decimal(b)))
            }
            (x, y) => {
                let message = format!("one branch gives {}, the other {}", words(x), words(y));
                let code = if matches!(scope, Scope::Facts) { Code::TypeMismatch } else { Code::CannotType };
                self.tell(Finding::new(code, span, message).help("both branches must give the same type"))
            }
        }
    }

    pub(super) fn boolean(&mut self, typed: Typed, why: &str) -> Option<Typed> {
        if typed.ty == Type::Boolean {
            return Some(typed);
        }
        let message = format!("{why}, and this is {}", words(typed.ty));
        self.tell(Finding::new(Code::TypeMismatch, typed.span, message).help("compare it with a value"))
    }

    pub(super) fn number(&mut self, typed: Typed, why: &str) -> Option<Typed> {
        if super::is_number(typed.ty) {
            return Some(typed);
        }
        let message = format!("{why}, and this is {}", words(typed.ty));
        self.tell(Finding::new(Code::TypeMismatch, typed.span, message))
    }

    /// The date that a text literal writes, where a date is due; told if it writes none.
    pub(super) fn date_literal(&mut self, text: &str, span: Span) -> Option<Typed> {
        match ops::date_from_text(text) {
            Some(date) => Some(constant(Constant::Date(date), Type::Date, span)),
            None => {
                let finding = Finding::new(Code::InvalidDateText, span, format!("\"{text}\" is not a date"));
                self.tell(finding.help(match no_such_day(text) {
                    Some(why) => why,
                    None => "a date is written \"YYYY-MM-DD\", for example \"2026-03-31\"".to_owned(),
                }))
            }
        }
    }
}

pub(super) fn constant(constant: Constant, ty: Type, span: Span) -> Typed {
    Typed { kind: TypedKind::Constant(constant), ty, span }
}

pub(super) fn pair(op: BinaryOp, a: Typed, b: Typed, ty: Type, span: Span) -> Typed {
    Typed { kind: TypedKind::Binary(op, Box::new(a), Box::new(b)), ty, span }
}

/// A number as a decimal; a constant becomes one at once.
pub(super) fn to_decimal(typed: Typed) -> Typed {
    if typed.ty != Type::Integer {
        return typed;
    }
    let span = typed.span;
    if let TypedKind::Constant(Constant::Integer(value)) = typed.kind {
        return constant(Constant::Decimal(Exact::from(value)), Type::Decimal, span);
    }
    Typed { kind: TypedKind::ToDecimal(Box::new(typed)), ty: Type::Decimal, span }
}
