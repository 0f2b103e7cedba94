//! `in` and what stands after it: named lists, arrays, and facts that are lists.

use super::bodies::LocalKind;
use super::lowering::can_fail;
use super::values::{pair, to_decimal};
use super::{Checker, Scope, words};
use crate::check::typed::{Constant, Set, SetId, Type, Typed, TypedKind};
use crate::source::{Code, Finding, Span};
use crate::syntax::expression::{BinaryOp, Expr, ExprKind};
use crate::syntax::written::List;
use crate::value::Exact;

/// Members that an array may have which is not all constants.
const MAX_COMPUTED_MEMBERS: usize = 32;

impl Checker<'_> {
    /// `left in right`, or `left !in right`.
    pub(super) fn membership(
        &mut self,
        negated: bool,
        left: &Expr,
        right: &Expr,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Option<Typed> {
        let value = self.value(left, scope)?;
        if value.ty == Type::TextList {
            let finding = Finding::new(Code::TypeMismatch, value.span, "a list of texts is in no other list");
            return self.tell(finding.help("ask for each text: `\"foodies\" in member.segments`"));
        }
        match &right.kind {
            ExprKind::Array(members) => self.in_array(negated, value, members, right.span, span, scope),
            ExprKind::Name(name) => match scope {
                Scope::Facts => match self.input.lists.iter().find(|l| l.name.value == *name) {
                    Some(list) => self.in_list(negated, value, list, right.span, span),
                    None => {
                        let finding = self.unknown_name(name, right.span);
                        let finding = if finding.help.as_ref().is_some_and(|h| h.starts_with("a text stands")) {
                            finding.help(format!("lists are defined under `lists:`, as `{name}`"))
                        } else {
                            finding
                        };
                        self.tell(finding)
                    }
                },
                Scope::Body(body) => match &body.local(name)?.kind {
                    LocalKind::Array(ty) => {
                        let ty = *ty;
                        self.fits(&value, ty, right.span)?;
                        // Bodies with arrays are run by Rhai; only the type counts here.
                        Some(Typed { kind: TypedKind::Constant(Constant::Boolean(false)), ty: Type::Boolean, span })
                    }
                    LocalKind::Value { typed, .. } => {
                        let ty = typed.ty;
                        self.no_list(ty, right.span)
                    }
                },
            },
            ExprKind::Fact(..) => {
                let list = self.value(right, scope)?;
                let TypedKind::Fact(id) = list.kind else { return self.no_list(list.ty, right.span) };
                if list.ty != Type::TextList {
                    return self.no_list(list.ty, right.span);
                }
                self.fits(&value, Type::Text, value.span)?;
                let kind = TypedKind::InList { value: Box::new(value), list: id, negated };
                Some(Typed { kind, ty: Type::Boolean, span })
            }
            _ => {
                let other = self.value(right, scope)?;
                self.no_list(other.ty, right.span)
            }
        }
    }

    fn no_list<T>(&mut self, ty: Type, span: Span) -> Option<T> {
        let finding = Finding::new(Code::TypeMismatch, span, format!("`in` needs a list, and this is {}", words(ty)));
        self.tell(finding.help("write `in [a, b]`, or name a list of `lists:`"))
    }

    /// Whether a value can be in a list of this type.
    fn fits(&mut self, value: &Typed, ty: Type, span: Span) -> Option<()> {
        if value.ty == ty || (super::is_number(value.ty) && super::is_number(ty)) {
            return Some(());
        }
        let message = format!("this looks for {} among values of which each is {}", words(value.ty), words(ty));
        let finding = Finding::new(Code::TypeMismatch, span, message);
        self.tell(match (value.ty, ty) {
            (Type::Text, Type::Integer | Type::Decimal) => finding.help("digits in quotes are a text: \"4829\""),
            (Type::Integer | Type::Decimal, Type::Text) => finding.help("numbers stand without quotes"),
            _ => finding,
        })
    }

    fn in_list(&mut self, negated: bool, value: Typed, list: &List, list_span: Span, span: Span) -> Option<Typed> {
        let mut members = Vec::with_capacity(list.members.len());
        for member in &list.members {
            let (constant, ty) = match &member.kind {
                ExprKind::Text(text) => (Constant::Text(text.clone()), Type::Text),
                ExprKind::Integer(number) => (Constant::Integer(*number), Type::Integer),
                ExprKind::Decimal(number) => (Constant::Decimal(*number), Type::Decimal),
                // Told where the list was checked.
                _ => return None,
            };
            if value.ty == Type::Date
                && let Constant::Text(text) = &constant
            {
                let date = self.date_literal(text, member.span)?;
                members.push(as_constant(&date)?);
                continue;
            }
            self.fits(&value, ty, list_span)?;
            if let Constant::Text(text) = &constant
                && self.impossible(false, &value, text, member.span)
            {
                return None;
            }
            members.push(constant);
        }
        Some(self.in_set(negated, value, Some(list.name.value.clone()), members, span))
    }

    /// In an array that is written out: a set if all its members are constants, else a comparison with each.
    fn in_array(
        &mut self,
        negated: bool,
        value: Typed,
        members: &[Expr],
        array_span: Span,
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Option<Typed> {
        if members.is_empty() {
            let finding = Finding::new(Code::CannotType, array_span, "nothing is in an empty array");
            return self.tell(finding.help("put values into it, or leave the condition out"));
        }
        let mut typed = Vec::with_capacity(members.len());
        for member in members {
            let mut one = self.value(member, scope)?;
            if value.ty == Type::Date
                && let ExprKind::Text(text) = &member.kind
            {
                one = self.date_literal(text, member.span)?;
            }
            self.fits(&value, one.ty, one.span)?;
            if let ExprKind::Text(text) = &member.kind
                && self.impossible(false, &value, text, member.span)
            {
                return None;
            }
            typed.push(one);
        }
        let constants: Option<Vec<Constant>> = typed.iter().map(as_constant).collect();
        match constants {
            Some(constants) if value.ty != Type::Boolean => Some(self.in_set(negated, value, None, constants, span)),
            _ => {
                if typed.len() > MAX_COMPUTED_MEMBERS {
                    let message =
                        format!("an array of facts or computed values has at most {MAX_COMPUTED_MEMBERS} members");
                    return self.tell(Finding::new(Code::TooLarge, array_span, message));
                }
                let either = self.any_equal_after(value, typed, span)?;
                Some(if negated {
                    Typed { kind: TypedKind::Not(Box::new(either)), ty: Type::Boolean, span }
                } else {
                    either
                })
            }
        }
    }

    /// A comparison with each member. In a body all members are computed before the first comparison, as Rhai does.
    fn any_equal_after(&self, value: Typed, members: Vec<Typed>, span: Span) -> Option<Typed> {
        let failing = |typed: &Typed| self.quiet > 0 && can_fail(typed);
        if !members.iter().any(failing) {
            return any_equal(&value, members, span);
        }
        let arguments: Vec<Typed> = members.iter().chain([&value]).filter(|t| can_fail(t)).cloned().collect();
        let body = Box::new(any_equal(&value, members, span)?);
        Some(Typed { kind: TypedKind::Inlined { arguments, body }, ty: Type::Boolean, span })
    }

    fn in_set(
        &mut self,
        negated: bool,
        value: Typed,
        name: Option<String>,
        mut members: Vec<Constant>,
        span: Span,
    ) -> Typed {
        let decimal = value.ty == Type::Decimal || members.iter().any(|m| matches!(m, Constant::Decimal(_)));
        let (value, ty) = if decimal && super::is_number(value.ty) {
            for member in &mut members {
                if let Constant::Integer(number) = member {
                    *member = Constant::Decimal(Exact::from(*number));
                }
            }
            (to_decimal(value), Type::Decimal)
        } else {
            let ty = value.ty;
            (value, ty)
        };
        let set = Set { name, ty, members };
        let sets = &mut self.tables.sets;
        let known = sets.iter().position(|s| *s == set);
        let index = known.unwrap_or(sets.len());
        if known.is_none() {
            sets.push(set);
        }
        let set = SetId(u32::try_from(index).unwrap_or(u32::MAX));
        Typed { kind: TypedKind::InSet { value: Box::new(value), set, negated }, ty: Type::Boolean, span }
    }

    /// The type of the members of an array in a function, for a local or a loop.
    pub(super) fn array_type(&mut self, array: &Expr, scope: &mut Scope<'_>) -> Option<Type> {
        match (&array.kind, &mut *scope) {
            (ExprKind::Name(name), Scope::Body(body)) => match &body.local(name)?.kind {
                LocalKind::Array(ty) => Some(*ty),
                LocalKind::Value { typed, .. } => {
                    let finding = Finding::new(
                        Code::TypeMismatch,
                        array.span,
                        format!("`for` needs a range or an array, and `{name}` is {}", words(typed.ty)),
                    );
                    self.tell(finding.help("a range is written `0..n`, an array `[a, b]`"))
                }
            },
            (ExprKind::Array(members), _) => {
                let mut ty: Option<Type> = None;
                for member in members {
                    let one = self.value(member, scope)?;
                    match ty {
                        Some(first) if first != one.ty => {
                            let message =
                                format!("this array begins with {}, and this is {}", words(first), words(one.ty));
                            let finding = Finding::new(Code::CannotType, one.span, message);
                            return self.tell(finding.help("members of an array have one type; `1.0` is a decimal"));
                        }
                        _ => ty = Some(one.ty),
                    }
                }
                if ty.is_none() {
                    return self.tell(Finding::new(Code::CannotType, array.span, "this array is empty"));
                }
                ty
            }
            _ => {
                let other = self.value(array, scope)?;
                let message = format!("`for` needs a range or an array, and this is {}", words(other.ty));
                let finding = Finding::new(Code::TypeMismatch, array.span, message);
                self.tell(finding.help("a range is written `0..n`, an array `[a, b]`"))
            }
        }
    }
}

fn as_constant(typed: &Typed) -> Option<Constant> {
    match &typed.kind {
        TypedKind::Constant(constant) => Some(constant.clone()),
        _ => None,
    }
}

/// `value == a || value == b || …`, halved again and again so that it does not get deep.
fn any_equal(value: &Typed, mut members: Vec<Typed>, span: Span) -> Option<Typed> {
    if members.len() <= 1 {
        let (mut a, mut b) = (value.clone(), members.pop()?);
        if a.ty != b.ty {
            (a, b) = (to_decimal(a), to_decimal(b));
        }
        return Some(pair(BinaryOp::Equal, a, b, Type::Boolean, span));
    }
    let rest = members.split_off(members.len().div_euclid(2));
    let (a, b) = (any_equal(value, members, span)?, any_equal(value, rest, span)?);
    Some(pair(BinaryOp::Or, a, b, Type::Boolean, span))
}
