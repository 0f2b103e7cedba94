//! The body of a function at certain types of its arguments (semantics §9.2, §9.3).
//!
//! A function is a template: it is typed once for each list of argument types that it is called with. Each local
//! keeps the type it began with, and every way through the function ends with a value.

use super::functions::{Instance, Key, Typing};
use super::{Checker, MAX_DEPTH, Scope, words};
use crate::check::typed::{FactId, Type, Typed, TypedKind};
use crate::source::{Code, Finding, Span, Spanned};
use crate::syntax::expression::{BinaryOp, Block, Expr, ExprKind, ForRange, If, StatementKind};

/// How many calls of functions may stand in one another.
pub(crate) const MAX_CALL_LEVELS: u32 = 16;

/// How many functions at certain types there may be.
const MAX_INSTANCES: usize = 2000;

/// The body at hand.
pub(super) struct Body {
    locals: Vec<Local>,
    mode: Mode,
}

/// A parameter or local.
#[derive(Clone)]
pub(super) struct Local {
    name: String,
    pub(super) kind: LocalKind,
}

/// What a parameter or local is.
#[derive(Clone)]
pub(super) enum LocalKind {
    /// A value. While a body is typed only its type counts.
    Value {
        /// The value.
        typed: Typed,
        /// The size of its tree.
        nodes: usize,
    },
    /// An array with members of one type.
    Array(Type),
}

enum Mode {
    /// Types are told, and what is wrong.
    Typing(Told),
    /// The body becomes an expression; nothing can be wrong any more.
    Lowering,
}

#[derive(Default)]
struct Told {
    result: Option<Type>,
    needs_rhai: bool,
    mixed_within: Option<Span>,
    mixed_result: Option<Span>,
    callees: Vec<Key>,
}

/// How a block ends.
struct Flow {
    /// Type of its value, if it has one and that is asked for.
    value: Option<Type>,
    /// Whether every way through it returns.
    returns: bool,
}

/// A value of which only the type counts.
pub(super) fn unknown(ty: Type, span: Span) -> Typed {
    Typed { kind: TypedKind::Fact(FactId(u32::MAX)), ty, span }
}

impl Body {
    /// A body to be lowered, with nothing in it yet.
    pub(super) fn lowering() -> Body {
        Body { locals: Vec::new(), mode: Mode::Lowering }
    }

    /// The same body on another way through it.
    pub(super) fn fork(&self) -> Body {
        Body { locals: self.locals.clone(), mode: Mode::Lowering }
    }

    pub(super) fn is_lowered(&self) -> bool {
        matches!(self.mode, Mode::Lowering)
    }

    pub(super) fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|l| l.name == name)
    }

    pub(super) fn is_array(&self, name: &str) -> bool {
        self.local(name).is_some_and(|l| matches!(l.kind, LocalKind::Array(_)))
    }

    pub(super) fn push(&mut self, name: &str, typed: Typed, nodes: usize) {
        self.locals.push(Local { name: name.to_owned(), kind: LocalKind::Value { typed, nodes } });
    }

    /// Gives a local that is there another value.
    pub(super) fn assign(&mut self, name: &str, typed: Typed, nodes: usize) {
        if let Some(local) = self.locals.iter_mut().rev().find(|l| l.name == name) {
            local.kind = LocalKind::Value { typed, nodes };
        }
    }

    pub(super) fn count(&self) -> usize {
        self.locals.len()
    }

    pub(super) fn forget_from(&mut self, count: usize) {
        self.locals.truncate(count);
    }

    pub(super) fn calls(&mut self, key: Key) {
        if let Mode::Typing(told) = &mut self.mode
            && !told.callees.contains(&key)
        {
            told.callees.push(key);
        }
    }

    pub(super) fn mixed_within(&mut self, span: Span) {
        if let Mode::Typing(told) = &mut self.mode {
            told.mixed_within.get_or_insert(span);
        }
    }

    fn needs_rhai(&mut self) {
        if let Mode::Typing(told) = &mut self.mode {
            told.needs_rhai = true;
        }
    }
}

impl Checker<'_> {
    /// The type of a function's value at these types of its arguments; `None` if something is wrong with it.
    pub(super) fn instance(&mut self, key: Key, at: Span) -> Option<Type> {
        if !self.instances.contains_key(&key) {
            if self.depth >= MAX_DEPTH || u32::try_from(self.called.len()).unwrap_or(u32::MAX) >= MAX_CALL_LEVELS {
                return self.too_deep(at);
            }
            if self.instances.len() >= MAX_INSTANCES {
                let message = "the functions are called with too many combinations of types";
                let finding = Finding::new(Code::TooLarge, at, message);
                return self.tell(
                    finding.help(format!("at most {MAX_INSTANCES}, counting each function with each list of types")),
                );
            }
            let quiet = std::mem::take(&mut self.quiet);
            let deepest = std::mem::replace(&mut self.deepest, self.depth);
            let typing = self.type_function(&key);
            self.deepest = deepest.max(self.deepest);
            self.quiet = quiet;
            self.instances.insert(key.clone(), typing.map_or(Instance::Failed, Instance::Done));
        }
        let Some(Instance::Done(typing)) = self.instances.get(&key) else { return None };
        let (result, depth) = (typing.result, self.depth.saturating_add(typing.depth));
        if depth > MAX_DEPTH {
            return self.too_deep(at);
        }
        self.deepest = self.deepest.max(depth);
        Some(result)
    }

    fn type_function(&mut self, key: &Key) -> Option<Typing> {
        let (index, types) = key;
        let function = self.functions.get(*index).filter(|_| self.functions.is_sound(*index))?;
        let start = self.depth;
        let mut body = Body { locals: Vec::new(), mode: Mode::Typing(Told::default()) };
        for (parameter, ty) in function.parameters.iter().zip(types) {
            body.push(&parameter.value, unknown(*ty, parameter.span), 1);
        }
        let name = &function.name.value;
        let given: Vec<&str> = types.iter().map(|t| words(*t)).collect();
        let called =
            if given.is_empty() { String::new() } else { format!("`{name}` is called with {}", given.join(", ")) };
        self.called.push(called);
        let flow = self.block(&function.body, Want::Result, &mut body);
        let typing = flow.and_then(|flow| self.end_of_function(flow, body, &function.name));
        self.called.pop();
        let mut typing = typing?;
        typing.depth = self.deepest.saturating_sub(start);
        let levels = typing.callees.iter().filter_map(|k| match self.instances.get(k) {
            Some(Instance::Done(callee)) => Some(callee.levels),
            _ => None,
        });
        typing.levels = levels.max().unwrap_or(0).saturating_add(1);
        if typing.levels > MAX_CALL_LEVELS {
            let message = format!("`{name}` calls functions that call functions, more than {MAX_CALL_LEVELS} deep");
            return self.tell(Finding::new(Code::TooLarge, function.name.span, message));
        }
        Some(typing)
    }

    fn end_of_function(&mut self, flow: Flow, body: Body, name: &Spanned<String>) -> Option<Typing> {
        let Mode::Typing(told) = body.mode else { return None };
        let result = told.result.filter(|_| flow.value.is_some() || flow.returns);
        let Some(result) = result else {
            let finding =
                Finding::new(Code::CannotType, name.span, format!("`{}` can end without a value", name.value));
            return self.tell(finding.help("end it with a value: a last expression without `;`"));
        };
        Some(Typing {
            result,
            needs_rhai: told.needs_rhai,
            mixed_within: told.mixed_within,
            mixed_result: told.mixed_result,
            callees: told.callees,
            levels: 1,
            depth: 0,
        })
    }

    /// A block as the value of an `if` in an expression. `Some(None)` if it returns from the function instead.
    pub(super) fn block_value(&mut self, block: &Block, scope: &mut Scope<'_>) -> Option<Option<Typed>> {
        let body = match scope {
            Scope::Facts => {
                let StatementKind::Expression { value, terminated: false } = &block.statements.first()?.kind else {
                    return None;
                };
                return self.value(value, scope).map(Some);
            }
            Scope::Body(body) => body,
        };
        if body.is_lowered() {
            return self.lowered_block(block, body).map(Some);
        }
        let flow = self.block(block, Want::Value, body)?;
        match flow {
            Flow { value: Some(ty), .. } => Some(Some(unknown(ty, block.span))),
            Flow { returns: true, .. } => Some(None),
            _ => {
                let finding = Finding::new(Code::CannotType, block.span, "this block can end without a value");
                self.tell(finding.help("end it with a value: a last expression without `;`"))
            }
        }
    }

    fn block(&mut self, block: &Block, want: Want, body: &mut Body) -> Option<Flow> {
        if self.depth >= MAX_DEPTH {
            return self.too_deep(block.span);
        }
        self.depth = self.depth.saturating_add(1);
        self.deepest = self.deepest.max(self.depth);
        let outside = body.count();
        let flow = self.statements(block, want, body);
        body.forget_from(outside);
        self.depth = self.depth.saturating_sub(1);
        flow
    }

    fn statements(&mut self, block: &Block, want: Want, body: &mut Body) -> Option<Flow> {
        let mut flow = Flow { value: None, returns: false };
        let last = block.statements.len().saturating_sub(1);
        for (position, statement) in block.statements.iter().enumerate() {
            match &statement.kind {
                StatementKind::Let(name, value) => self.let_local(name, value, body)?,
                StatementKind::Assign(name, op, value) => self.assignment(name, *op, value, statement.span, body)?,
                StatementKind::While(condition, inner) => {
                    body.needs_rhai();
                    let condition = self.value(condition, &mut Scope::Body(body))?;
                    self.boolean(condition, "`while` needs a condition")?;
                    self.block(inner, Want::Nothing, body)?;
                }
                StatementKind::For(name, range, inner) => {
                    body.needs_rhai();
                    let ty = self.range_type(range, body)?;
                    let outside = body.count();
                    body.push(&name.value, unknown(ty, name.span), 1);
                    self.block(inner, Want::Nothing, body)?;
                    body.forget_from(outside);
                }
                StatementKind::Return(Some(value)) => {
                    let typed = self.value(value, &mut Scope::Body(body))?;
                    self.gives(typed.ty, value.span, body)?;
                    flow.returns = true;
                }
                StatementKind::Return(None) => {
                    let finding = Finding::new(Code::CannotType, statement.span, "this `return` gives no value");
                    return self.tell(finding.help("write `return value;`"));
                }
                StatementKind::Expression { value, terminated } => {
                    let wanted = if position == last && !terminated { want } else { Want::Nothing };
                    let ends = self.expression_statement(value, wanted, body)?;
                    flow.value = ends.value;
                    flow.returns |= ends.returns;
                }
            }
        }
        Some(flow)
    }

    fn expression_statement(&mut self, value: &Expr, want: Want, body: &mut Body) -> Option<Flow> {
        if let ExprKind::If(branches) = &value.kind {
            return self.if_statement(branches, value.span, want, body);
        }
        let typed = self.value(value, &mut Scope::Body(body))?;
        match want {
            Want::Nothing => return Some(Flow { value: None, returns: false }),
            Want::Value => {}
            Want::Result => self.gives(typed.ty, value.span, body)?,
        }
        Some(Flow { value: Some(typed.ty), returns: false })
    }

    fn if_statement(&mut self, branches: &If, span: Span, want: Want, body: &mut Body) -> Option<Flow> {
        let condition = self.value(&branches.condition, &mut Scope::Body(body))?;
        self.boolean(condition, "`if` needs a condition")?;
        let then = self.block(&branches.then, want, body)?;
        let otherwise = match &branches.otherwise {
            Some(block) => self.block(block, want, body)?,
            None => Flow { value: None, returns: false },
        };
        let returns = then.returns && otherwise.returns;
        let value = match (then.value, otherwise.value) {
            (Some(a), Some(b)) if a == b => Some(a),
            (Some(a), Some(b)) if super::is_number(a) && super::is_number(b) => {
                if want == Want::Value {
                    body.mixed_within(span);
                }
                Some(Type::Decimal)
            }
            // Of the result this was told where the second value stands.
            (Some(a), Some(b)) => {
                let message = format!("one branch gives {}, the other {}", words(a), words(b));
                let finding = Finding::new(Code::CannotType, span, message);
                return self.tell(finding.help("both branches must give the same type"));
            }
            (Some(a), None) if otherwise.returns => Some(a),
            (None, Some(b)) if then.returns => Some(b),
            _ => None,
        };
        Some(Flow { value, returns })
    }

    /// A value that the function gives on one of its ways.
    fn gives(&mut self, ty: Type, span: Span, body: &mut Body) -> Option<()> {
        let Mode::Typing(told) = &mut body.mode else { return None };
        match told.result {
            None => told.result = Some(ty),
            Some(other) if other == ty => {}
            Some(other) if super::is_number(other) && super::is_number(ty) => {
                told.mixed_result.get_or_insert(span);
                told.result = Some(Type::Decimal);
            }
            Some(other) => {
                let message = format!("the function gives {} here, and {} on another way", words(ty), words(other));
                let finding = Finding::new(Code::CannotType, span, message);
                return self.tell(finding.help("every way through a function must give the same type"));
            }
        }
        Some(())
    }

    fn let_local(&mut self, name: &Spanned<String>, value: &Expr, body: &mut Body) -> Option<()> {
        let array = match &value.kind {
            ExprKind::Array(_) => true,
            ExprKind::Name(other) => body.is_array(other),
            _ => false,
        };
        if array {
            body.needs_rhai();
            let ty = self.array_type(value, &mut Scope::Body(body))?;
            body.locals.push(Local { name: name.value.clone(), kind: LocalKind::Array(ty) });
        } else {
            let typed = self.value(value, &mut Scope::Body(body))?;
            body.push(&name.value, unknown(typed.ty, name.span), 1);
        }
        Some(())
    }

    fn assignment(
        &mut self,
        name: &Spanned<String>,
        op: Option<BinaryOp>,
        value: &Expr,
        span: Span,
        body: &mut Body,
    ) -> Option<()> {
        let ty = match &body.local(&name.value)?.kind {
            LocalKind::Value { typed, .. } => typed.ty,
            LocalKind::Array(_) => {
                let finding = Finding::new(Code::CannotType, name.span, "an array cannot be assigned to");
                return self.tell(finding.help("begin another local with `let`"));
            }
        };
        let given = self.value(value, &mut Scope::Body(body))?;
        let given = match op {
            Some(op) => self.arithmetic(op, unknown(ty, name.span), given, span)?,
            None => given,
        };
        if given.ty == ty {
            return Some(());
        }
        let message = format!("`{}` began as {}, and is given {}", name.value, words(ty), words(given.ty));
        let finding = Finding::new(Code::CannotType, value.span, message);
        self.tell(match (ty, given.ty, &value.kind) {
            (Type::Decimal, Type::Integer, ExprKind::Integer(n)) => finding.help(format!("write `{n}.0`")),
            (Type::Integer, Type::Decimal, _) => finding.help("begin it as a decimal, for example with `0.0`"),
            (Type::Decimal, Type::Integer, _) => finding.help("make it a decimal: `a * 1.0` for `a`"),
            _ => finding.help("begin another local with `let`"),
        })
    }

    fn range_type(&mut self, range: &ForRange, body: &mut Body) -> Option<Type> {
        match range {
            ForRange::Each(array) => self.array_type(array, &mut Scope::Body(body)),
            ForRange::Range { from, to, .. } => {
                for end in [from, to] {
                    let typed = self.value(end, &mut Scope::Body(body))?;
                    if typed.ty != Type::Integer {
                        let message = format!("a range goes from integer to integer, and this is {}", words(typed.ty));
                        return self.tell(Finding::new(Code::TypeMismatch, end.span, message));
                    }
                }
                Some(Type::Integer)
            }
        }
    }

    /// Tells what keeps a function from being run by Rhai, which tells integers from decimals by the value at hand:
    /// a value that is now one and now the other.
    pub(super) fn runs_in_rhai(&mut self, key: &Key) -> Option<()> {
        let mut seen = vec![key.clone()];
        let mut next = 0;
        let mut fine = true;
        while let Some(at) = seen.get(next).cloned() {
            let Some(Instance::Done(typing)) = self.instances.get(&at) else { return None };
            // What the first one gives is made a decimal when it comes back.
            let mixed = typing.mixed_within.or(typing.mixed_result.filter(|_| next > 0));
            for callee in &typing.callees {
                if !seen.contains(callee) {
                    seen.push(callee.clone());
                }
            }
            if let Some(span) = mixed {
                fine = false;
                let finding =
                    Finding::new(Code::CannotType, span, "this is an integer on one way and a decimal on another")
                        .help("make both decimals: write `1.0` for `1`, or `a * 1.0` for `a`");
                if !self.tables.findings.contains(&finding) {
                    self.tables.findings.push(finding);
                }
            }
            next = next.saturating_add(1);
        }
        fine.then_some(())
    }
}

/// What a block is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Nothing: a value at its end is dropped.
    Nothing,
    /// A value.
    Value,
    /// The value of the function.
    Result,
}
