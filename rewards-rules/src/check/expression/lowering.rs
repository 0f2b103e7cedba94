//! Functions without loops become part of the expression that calls them (semantics §9.3).
//!
//! Each way through a body is followed with the values of its locals, so that what is left is an expression in which
//! the arguments stand where the parameters stood. What a `let` computes is computed first even where no way uses it,
//! since it may fail. A body that would grow too large that way is left to Rhai, which gives the same answer.

use super::bodies::Body;
use super::functions::{Instance, Key};
use super::values::to_decimal;
use super::{Checker, MAX_DEPTH, Scope};
use crate::check::typed::{Builtin, Type, Typed, TypedKind};
use crate::source::Span;
use crate::syntax::expression::{BinaryOp, Block, ExprKind, Statement, StatementKind};

/// Nodes that one lowered call may have.
const MAX_CALL_NODES: usize = 512;
/// Nodes that the lowered calls of one expression may have.
const MAX_EXPRESSION_NODES: usize = 4096;
/// How high the tree of a lowered call may be.
const MAX_HEIGHT: usize = 160;

/// How many nodes may still be made.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Budget {
    spent: usize,
    limit: usize,
}

impl Budget {
    pub(super) fn for_expression() -> Budget {
        Budget { spent: 0, limit: MAX_EXPRESSION_NODES }
    }

    /// Whether so many nodes may be made.
    pub(super) fn spend(&mut self, nodes: usize) -> bool {
        self.spent = self.spent.saturating_add(nodes);
        self.spent <= self.limit
    }
}

/// What is left to do of a body: statements, then those after the block in which they stand.
#[derive(Clone, Copy)]
struct Rest<'r> {
    statements: &'r [Statement],
    after: Option<&'r Rest<'r>>,
    /// How many locals there were before the block.
    outside: usize,
    /// Whether a value at the end is the value of the whole.
    gives: bool,
}

impl Checker<'_> {
    /// The call as an expression, if its function can be one.
    pub(super) fn lowered(&mut self, key: &Key, arguments: &[Typed], span: Span) -> Option<Typed> {
        if self.never_lowered.contains(key) {
            return None;
        }
        let Some(Instance::Done(typing)) = self.instances.get(key) else { return None };
        let result = typing.result;
        let function = self.functions.get(key.0).filter(|_| !typing.needs_rhai)?;
        let (sets, calls, depth, budget) = (self.tables.sets.len(), self.tables.calls.len(), self.depth, self.budget);
        self.budget.limit = budget.limit.min(budget.spent.saturating_add(MAX_CALL_NODES));
        self.quiet = self.quiet.saturating_add(1);
        let mut body = Body::lowering();
        for (parameter, argument) in function.parameters.iter().zip(arguments) {
            let (nodes, _) = size(argument);
            self.budget.spend(nodes);
            body.push(&parameter.value, argument.clone(), nodes);
        }
        let rest = Rest { statements: &function.body.statements, after: None, outside: 0, gives: true };
        let lowered = self.rest(rest, &mut body);
        self.quiet = self.quiet.saturating_sub(1);
        self.depth = depth;
        let lowered = lowered
            .map(|body| if result == Type::Decimal { to_decimal(body) } else { body })
            .map(|body| Typed {
                kind: TypedKind::Inlined { arguments: arguments.to_vec(), body: Box::new(body) },
                ty: result,
                span,
            })
            .filter(|typed| size(typed).1 <= MAX_HEIGHT);
        self.budget.limit = budget.limit;
        if lowered.is_none() {
            self.tables.sets.truncate(sets);
            self.tables.calls.truncate(calls);
            self.budget = budget;
            self.never_lowered.insert(key.clone());
        }
        lowered
    }

    /// A block as the value of an `if`, unless it does more than that.
    pub(super) fn lowered_block(&mut self, block: &Block, body: &mut Body) -> Option<Typed> {
        if acts(block) {
            return None;
        }
        let outside = body.count();
        let rest = Rest { statements: &block.statements, after: None, outside, gives: true };
        let value = self.rest(rest, &mut body.fork());
        body.forget_from(outside);
        value
    }

    fn rest(&mut self, rest: Rest<'_>, body: &mut Body) -> Option<Typed> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth = self.depth.saturating_add(1);
        let value = self.rest_within(rest, body);
        self.depth = self.depth.saturating_sub(1);
        value
    }

    fn rest_within(&mut self, rest: Rest<'_>, body: &mut Body) -> Option<Typed> {
        let Some((statement, tail)) = rest.statements.split_first() else {
            body.forget_from(rest.outside);
            return self.rest(*rest.after?, body);
        };
        let tail = Rest { statements: tail, ..rest };
        match &statement.kind {
            StatementKind::Let(name, value) => {
                let typed = self.value(value, &mut Scope::Body(body))?;
                body.push(&name.value, typed.clone(), size(&typed).0);
                self.after(typed, tail, body)
            }
            StatementKind::Assign(name, op, value) => {
                let mut typed = self.value(value, &mut Scope::Body(body))?;
                if let Some(op) = op {
                    let kind = ExprKind::Name(name.value.clone());
                    let local = crate::syntax::expression::Expr { kind, span: name.span };
                    let before = self.value(&local, &mut Scope::Body(body))?;
                    typed = self.arithmetic(*op, before, typed, statement.span)?;
                }
                body.assign(&name.value, typed.clone(), size(&typed).0);
                self.after(typed, tail, body)
            }
            StatementKind::Return(Some(value)) => self.value(value, &mut Scope::Body(body)),
            StatementKind::While(..) | StatementKind::For(..) | StatementKind::Return(None) => None,
            StatementKind::Expression { value, terminated } => {
                let gives = rest.gives && tail.statements.is_empty() && !terminated;
                let ExprKind::If(branches) = &value.kind else {
                    let typed = self.value(value, &mut Scope::Body(body))?;
                    return if gives { Some(typed) } else { self.after(typed, tail, body) };
                };
                let condition = self.value(&branches.condition, &mut Scope::Body(body))?;
                let outside = body.count();
                let mut other = body.fork();
                let then = Rest { statements: &branches.then.statements, after: Some(&tail), outside, gives };
                let then = self.rest(then, body)?;
                let otherwise = match &branches.otherwise {
                    Some(block) => {
                        let rest = Rest { statements: &block.statements, after: Some(&tail), outside, gives };
                        self.rest(rest, &mut other)?
                    }
                    None => self.rest(tail, &mut other)?,
                };
                let (then, otherwise) =
                    if then.ty == otherwise.ty { (then, otherwise) } else { (to_decimal(then), to_decimal(otherwise)) };
                let ty = then.ty;
                let kind = TypedKind::If(Box::new(condition), Box::new(then), Box::new(otherwise));
                Some(Typed { kind, ty, span: value.span })
            }
        }
    }

    /// What follows a value that was computed, which may have failed.
    fn after(&mut self, first: Typed, rest: Rest<'_>, body: &mut Body) -> Option<Typed> {
        let value = self.rest(rest, body)?;
        if !can_fail(&first) {
            return Some(value);
        }
        let (ty, span) = (value.ty, value.span);
        let kind = TypedKind::Inlined { arguments: vec![first], body: Box::new(value) };
        Some(Typed { kind, ty, span })
    }
}

/// Whether a block returns, assigns or loops, and not only has a value.
fn acts(block: &Block) -> bool {
    block.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Let(..) => false,
        StatementKind::Expression { value, .. } => match &value.kind {
            ExprKind::If(branches) => acts(&branches.then) || branches.otherwise.as_ref().is_some_and(acts),
            _ => false,
        },
        _ => true,
    })
}

pub(in crate::check) fn children(typed: &Typed) -> Vec<&Typed> {
    match &typed.kind {
        TypedKind::Constant(_)
        | TypedKind::Fact(_)
        | TypedKind::Line(_)
        | TypedKind::Has(_)
        | TypedKind::HasLine(_) => Vec::new(),
        TypedKind::Not(a)
        | TypedKind::Negate(a)
        | TypedKind::ToDecimal(a)
        | TypedKind::InSet { value: a, .. }
        | TypedKind::InList { value: a, .. } => vec![a],
        TypedKind::Binary(_, a, b) => vec![a, b],
        TypedKind::If(a, b, c) => vec![a, b, c],
        TypedKind::Call(_, arguments) | TypedKind::Script { arguments, .. } => arguments.iter().collect(),
        TypedKind::Inlined { arguments, body } => arguments.iter().chain([&**body]).collect(),
    }
}

/// Nodes and height of a tree.
fn size(typed: &Typed) -> (usize, usize) {
    let (mut nodes, mut height) = (1_usize, 0_usize);
    for child in children(typed) {
        let (n, h) = size(child);
        nodes = nodes.saturating_add(n);
        height = height.max(h);
    }
    (nodes, height.saturating_add(1))
}

/// Whether computing this can be an error.
pub(in crate::check) fn can_fail(typed: &Typed) -> bool {
    let itself = match &typed.kind {
        TypedKind::Negate(_) | TypedKind::Script { .. } => true,
        TypedKind::Binary(op, _, _) => matches!(
            op,
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder
        ),
        TypedKind::Call(builtin, _) => matches!(builtin, Builtin::Abs | Builtin::Round),
        _ => false,
    };
    itself || children(typed).into_iter().any(can_fail)
}
