//! Arithmetic and comparisons: which types go together (semantics §9.1, §9.2).

use super::values::{pair, to_decimal};
use super::{Checker, words};
use crate::check::typed::{Type, Typed};
use crate::source::{Code, Finding, Span};
use crate::syntax::expression::{BinaryOp, Expr, ExprKind};

impl Checker<'_> {
    /// `+ - * / %`; an integer that meets a decimal becomes one.
    pub(super) fn arithmetic(&mut self, op: BinaryOp, a: Typed, b: Typed, span: Span) -> Option<Typed> {
        let sign = op.text();
        let wrong = [&a, &b].into_iter().find(|t| !super::is_number(t.ty)).map(|t| (t.ty, t.span));
        if let Some((ty, at)) = wrong {
            let finding =
                Finding::new(Code::TypeMismatch, at, format!("`{sign}` needs two numbers, and this is {}", words(ty)));
            return self.tell(match ty {
                Type::Text => finding.help("texts are only compared; a number stands without quotes"),
                Type::Date => finding.help("the days between two dates are `days_between(a, b)`"),
                _ => finding,
            });
        }
        if a.ty == Type::Integer && b.ty == Type::Integer {
            if op == BinaryOp::Divide {
                let finding = Finding::new(Code::IntegerDivision, span, "this divides two integers");
                return self.tell(finding.help(
                    "make one of them a decimal: `2.0` for `2`, or `a * 1.0` for `a`; the quotient is then exact to 12 decimals",
                ));
            }
            return Some(pair(op, a, b, Type::Integer, span));
        }
        Some(pair(op, to_decimal(a), to_decimal(b), Type::Decimal, span))
    }

    /// `== != < <= > >=` of two values of one type; an integer may meet a decimal, and a date a text that is
    /// written out.
    pub(super) fn comparison(
        &mut self,
        op: BinaryOp,
        (a, a_expr): (Typed, &Expr),
        (b, b_expr): (Typed, &Expr),
        span: Span,
    ) -> Option<Typed> {
        let ordering = !matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
        let (a, b) = match (a.ty, b.ty, &a_expr.kind, &b_expr.kind) {
            (Type::TextList, ..) | (_, Type::TextList, ..) => {
                let at = if a.ty == Type::TextList { a.span } else { b.span };
                let finding = Finding::new(Code::TypeMismatch, at, "a list of texts cannot be compared");
                return self.tell(finding.help("ask with `in`, as in `\"foodies\" in member.segments`"));
            }
            (Type::Boolean, Type::Boolean, ..) if ordering => {
                let message = format!("`{}` compares true with false, which have no order", op.text());
                return self.tell(Finding::new(Code::TypeMismatch, span, message).help("compare with `==` or `!=`"));
            }
            (x, y, ..) if x == y => (a, b),
            (Type::Integer, Type::Decimal, ..) | (Type::Decimal, Type::Integer, ..) => (to_decimal(a), to_decimal(b)),
            (Type::Date, Type::Text, _, ExprKind::Text(text)) => (a, self.date_literal(text, b.span)?),
            (Type::Text, Type::Date, ExprKind::Text(text), _) => (self.date_literal(text, a.span)?, b),
            (x, y, ..) => return self.mismatch(op, (x, a_expr), (y, b_expr), span),
        };
        let impossible = match (&a_expr.kind, &b_expr.kind) {
            (_, ExprKind::Text(text)) => self.impossible(ordering, &a, text, b.span),
            (ExprKind::Text(text), _) => self.impossible(ordering, &b, text, a.span),
            _ => false,
        };
        if impossible {
            return None;
        }
        Some(pair(op, a, b, Type::Boolean, span))
    }

    fn mismatch(&mut self, op: BinaryOp, a: (Type, &Expr), b: (Type, &Expr), span: Span) -> Option<Typed> {
        let message = format!("`{}` compares {} with {}", op.text(), words(a.0), words(b.0));
        let finding = Finding::new(Code::TypeMismatch, span, message);
        let text_and_number = |x: Type, y: Type| x == Type::Text && super::is_number(y);
        let literal = [a.1, b.1]
            .into_iter()
            .find(|e| matches!(e.kind, ExprKind::Text(_) | ExprKind::Integer(_) | ExprKind::Decimal(_)));
        let help = match literal.map(|e| &e.kind) {
            Some(ExprKind::Integer(n)) if text_and_number(a.0, b.0) || text_and_number(b.0, a.0) => {
                format!("a text stands in double quotes: \"{n}\"")
            }
            Some(ExprKind::Text(t)) if super::is_number(a.0) || super::is_number(b.0) => {
                format!("a number stands without quotes: {t}")
            }
            _ => "both sides must have the same type".to_owned(),
        };
        self.tell(finding.help(help))
    }
}
