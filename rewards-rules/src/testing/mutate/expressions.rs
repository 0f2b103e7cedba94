//! Changes of conditions, amounts and functions: operators, constants, operands.

use super::edits::Edits;
use super::numbers::Step;
use crate::source::Span;
use crate::syntax::expression::{BinaryOp, Block, Expr, ExprKind, ForRange, StatementKind, UnaryOp};

/// What an operator becomes.
fn other(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Or => BinaryOp::And,
        BinaryOp::And => BinaryOp::Or,
        BinaryOp::Equal => BinaryOp::NotEqual,
        BinaryOp::NotEqual => BinaryOp::Equal,
        BinaryOp::In => BinaryOp::NotIn,
        BinaryOp::NotIn => BinaryOp::In,
        BinaryOp::Less => BinaryOp::LessEqual,
        BinaryOp::LessEqual => BinaryOp::Less,
        BinaryOp::Greater => BinaryOp::GreaterEqual,
        BinaryOp::GreaterEqual => BinaryOp::Greater,
        BinaryOp::Add => BinaryOp::Subtract,
        BinaryOp::Subtract | BinaryOp::Multiply => BinaryOp::Add,
        BinaryOp::Divide | BinaryOp::Remainder => BinaryOp::Multiply,
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

impl Edits<'_> {
    /// A condition: it and its opposite, and everything in it.
    pub(super) fn condition(&mut self, condition: &Expr) {
        let span = self.closed(condition.span);
        if let Some(text) = self.text(span) {
            self.replace("condition", span, format!("(!({text}))"));
        }
        self.expression(condition, false);
    }

    /// Everything in an expression; of a number that is compared, both neighbours.
    pub(super) fn expression(&mut self, expr: &Expr, compared: bool) {
        match &expr.kind {
            ExprKind::Bool(value) => self.replace("constant", expr.span, (!value).to_string()),
            ExprKind::Integer(_) | ExprKind::Decimal(_) => {
                let steps: &[Step] = if compared { &[Step::Up, Step::Down] } else { &[Step::Up] };
                self.number("constant", expr.span, steps);
            }
            ExprKind::Text(_) => self.another_text("constant", expr.span),
            ExprKind::Array(items) => items.iter().for_each(|item| self.expression(item, false)),
            ExprKind::Name(_) | ExprKind::Fact(..) => {}
            ExprKind::Unary(op, a) => {
                let kind = if *op == UnaryOp::Not { "condition" } else { "operator" };
                let sign = Span { end: expr.span.start.saturating_add(1), ..expr.span };
                self.replace(kind, sign, "");
                self.expression(a, compared);
            }
            ExprKind::Binary(op, a, b) => {
                self.between("operator", a.span, b.span, op.text(), other(*op).text());
                if matches!(op, BinaryOp::And | BinaryOp::Or) {
                    let whole = self.closed(expr.span);
                    for kept in [a, b] {
                        if let Some(text) = self.text(self.closed(kept.span)) {
                            self.replace("operand", whole, format!("({text})"));
                        }
                    }
                }
                let compared = is_comparison(*op);
                self.expression(a, compared);
                self.expression(b, compared);
            }
            ExprKind::If(branches) => {
                self.condition(&branches.condition);
                self.block(&branches.then);
                branches.otherwise.iter().for_each(|block| self.block(block));
            }
            ExprKind::Call(_, arguments) => arguments.iter().for_each(|a| self.expression(a, false)),
        }
    }

    /// Everything in the statements of a function.
    pub(super) fn block(&mut self, block: &Block) {
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Let(_, value) => self.expression(value, false),
                StatementKind::Assign(_, op, value) => {
                    if let Some(op) = op {
                        let (old, new) = (format!("{}=", op.text()), format!("{}=", other(*op).text()));
                        self.word("operator", statement.span, &old, &new);
                    }
                    self.expression(value, false);
                }
                StatementKind::While(condition, inner) => {
                    self.condition(condition);
                    self.block(inner);
                }
                StatementKind::For(_, range, inner) => {
                    match range {
                        ForRange::Range { from, to, inclusive } => {
                            let (old, new) = if *inclusive { ("..=", "..") } else { ("..", "..=") };
                            self.between("operator", from.span, to.span, old, new);
                            self.expression(from, false);
                            self.expression(to, false);
                        }
                        ForRange::Each(list) => self.expression(list, false),
                    }
                    self.block(inner);
                }
                StatementKind::Return(value) => value.iter().for_each(|v| self.expression(v, false)),
                StatementKind::Expression { value, .. } => self.expression(value, false),
            }
        }
    }

    /// A text that is compared: one that nothing has.
    pub(super) fn another_text(&mut self, kind: &'static str, span: Span) {
        let Some(text) = self.text(span) else { return };
        let quote = text.find(['"', '\'']).map_or(0, |at| at.saturating_add(1));
        if let (Some(open), Some(rest)) = (text.get(..quote), text.get(quote..)) {
            self.replace(kind, span, format!("{open}no-{rest}"));
        }
    }
}
