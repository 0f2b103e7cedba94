//! Which operands of conditions a purchase reaches, and which way each goes: for the coverage of tests.
//!
//! A room of its own, beside the evaluation and not in it: a condition is walked as it was checked, over the facts of
//! a purchase that was evaluated already, so that an evaluation that nobody watches records nothing.

use super::{Graph, Memo, Node, NodeId, Scope, Value};
use crate::check::typed::{Typed, TypedKind};
use crate::source::Span;
use crate::syntax::expression::BinaryOp;

/// What a walk meets.
pub(crate) trait Watch {
    /// An operand of a condition, and whether it held.
    fn side(&mut self, span: Span, held: bool);
    /// The body of a function, or anything in it.
    fn within(&mut self, span: Span);
}

/// Calls `found` with each operand that a condition has, reached or not.
pub(crate) fn operands(typed: &Typed, found: &mut impl FnMut(Span)) {
    match &typed.kind {
        TypedKind::Binary(BinaryOp::And | BinaryOp::Or, a, b) => {
            operands(a, found);
            operands(b, found);
        }
        TypedKind::Not(a) => operands(a, found),
        TypedKind::If(c, a, b) => {
            operands(c, found);
            operands(a, found);
            operands(b, found);
        }
        TypedKind::Constant(_) => {}
        TypedKind::Inlined { arguments, body } => {
            arguments.iter().for_each(|a| inner(a, found));
            if is_compound(body) {
                operands(body, found);
            } else {
                found(typed.span);
                inner(body, found);
            }
        }
        _ => {
            found(typed.span);
            parts(typed).into_iter().for_each(|part| inner(part, found));
        }
    }
}

/// The operands of conditions in an expression that is none itself.
pub(crate) fn inner(typed: &Typed, found: &mut impl FnMut(Span)) {
    match &typed.kind {
        TypedKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | TypedKind::Not(_) => operands(typed, found),
        TypedKind::If(c, a, b) => {
            operands(c, found);
            inner(a, found);
            inner(b, found);
        }
        TypedKind::Inlined { arguments, body } => {
            arguments.iter().for_each(|a| inner(a, found));
            inner(body, found);
        }
        _ => parts(typed).into_iter().for_each(|part| inner(part, found)),
    }
}

/// What an expression without branches is made of.
fn parts(typed: &Typed) -> Vec<&Typed> {
    match &typed.kind {
        TypedKind::Negate(a) | TypedKind::ToDecimal(a) | TypedKind::Not(a) => vec![a],
        TypedKind::Binary(_, a, b) => vec![a, b],
        TypedKind::InSet { value, .. } | TypedKind::InList { value, .. } => vec![value],
        TypedKind::Call(_, arguments) | TypedKind::Script { arguments, .. } => arguments.iter().collect(),
        _ => Vec::new(),
    }
}

/// Whether a condition has operands of its own: a call of such a function is none beside them.
fn is_compound(typed: &Typed) -> bool {
    matches!(typed.kind, TypedKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | TypedKind::Not(_) | TypedKind::If(..))
}

/// A walk over the facts of one purchase.
pub(crate) struct Trace<'a, W> {
    pub(crate) scope: Scope<'a>,
    pub(crate) memo: &'a mut Memo,
    pub(crate) watch: &'a mut W,
}

impl<W: Watch> Trace<'_, W> {
    fn graph(&self) -> &Graph {
        self.scope.graph
    }

    /// An error was one of the evaluation too, and such a purchase is not walked.
    fn get(&mut self, node: NodeId) -> Value {
        self.scope.value(node, self.memo).unwrap_or(Value::Absent)
    }

    /// Walks a condition and tells whether it holds. Operands behind one that decides are not reached.
    pub(crate) fn condition(&mut self, typed: &Typed, node: NodeId) -> bool {
        match (&typed.kind, self.graph().node(node).cloned()) {
            (TypedKind::Binary(BinaryOp::And, a, b), Some(Node::And(x, y))) => {
                self.condition(a, x) && self.condition(b, y)
            }
            (TypedKind::Binary(BinaryOp::Or, a, b), Some(Node::Or(x, y))) => {
                self.condition(a, x) || self.condition(b, y)
            }
            (TypedKind::Not(a), Some(Node::Not(x))) => !self.condition(a, x),
            (TypedKind::If(c, a, b), Some(Node::If(x, y, z))) => {
                if self.condition(c, x) {
                    self.condition(a, y)
                } else {
                    self.condition(b, z)
                }
            }
            (TypedKind::Constant(_), _) => self.get(node).holds(),
            (TypedKind::Inlined { arguments, body }, Some(Node::Inlined(nodes, y))) => {
                let there = self.arguments(arguments, &nodes);
                if is_compound(body) {
                    self.watch.within(body.span);
                    return there && self.condition(body, y);
                }
                let held = self.get(node).holds();
                self.watch.side(typed.span, held);
                if there {
                    self.watch.within(body.span);
                    self.value(body, y);
                }
                held
            }
            (_, kind) => {
                let held = self.get(node).holds();
                self.watch.side(typed.span, held);
                self.parts(typed, kind);
                held
            }
        }
    }

    /// Walks an expression that is no condition.
    pub(crate) fn value(&mut self, typed: &Typed, node: NodeId) {
        match (&typed.kind, self.graph().node(node).cloned()) {
            (TypedKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | TypedKind::Not(_), _) => {
                self.condition(typed, node);
            }
            (TypedKind::If(c, a, b), Some(Node::If(x, y, z))) => {
                if self.condition(c, x) {
                    self.value(a, y);
                } else {
                    self.value(b, z);
                }
            }
            (TypedKind::Inlined { arguments, body }, Some(Node::Inlined(nodes, y))) => {
                if self.arguments(arguments, &nodes) {
                    self.watch.within(body.span);
                    self.value(body, y);
                }
            }
            (_, kind) => self.parts(typed, kind),
        }
    }

    /// Walks arguments; whether all of them are there.
    fn arguments(&mut self, arguments: &[Typed], nodes: &[NodeId]) -> bool {
        let mut there = true;
        for (argument, node) in arguments.iter().zip(nodes) {
            self.value(argument, *node);
            there &= self.get(*node) != Value::Absent;
        }
        there
    }

    fn parts(&mut self, typed: &Typed, kind: Option<Node>) {
        // `!=` and `!in` are a `Not` of their opposite.
        let kind = match (&typed.kind, kind) {
            (TypedKind::Binary(..) | TypedKind::InSet { .. } | TypedKind::InList { .. }, Some(Node::Not(inner))) => {
                self.graph().node(inner).cloned()
            }
            (_, kind) => kind,
        };
        if let (TypedKind::Script { function, .. }, Some(Node::Script(_, nodes))) = (&typed.kind, &kind) {
            let called = self.graph().program.scripts.calls.get(function.0 as usize).map(|call| call.span);
            let there = nodes.iter().all(|n| self.get(*n) != Value::Absent);
            if let Some(span) = called.filter(|_| there) {
                self.watch.within(span);
            }
        }
        let nodes: Vec<NodeId> = match kind {
            Some(Node::Negate(a) | Node::ToDecimal(a) | Node::InSet(a, _) | Node::InList(a, _)) => vec![a],
            Some(Node::Compare(_, a, b) | Node::Arithmetic(_, a, b)) => vec![a, b],
            Some(Node::Call(_, list) | Node::Script(_, list)) => list.to_vec(),
            _ => Vec::new(),
        };
        for (part, node) in parts(typed).into_iter().zip(nodes) {
            self.value(part, node);
        }
    }
}
