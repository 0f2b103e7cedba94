//! The functions of the scripts as a whole: which there are, and what can be found wrong with one that nobody calls.
//!
//! Names, the number of arguments, and recursion do not depend on types, so they are looked at once for each function;
//! types are told at each call.

use std::collections::HashMap;

use super::CheckerInput;
use super::calls::{BUILT_IN, takes, wrong_count};
use super::facts::SCOPES;
use crate::check::typed::Type;
use crate::source::{Code, Finding, Span, Spanned, nearest};
use crate::syntax::expression::{BinaryOp, Block, Expr, ExprKind, ForRange, Function, Statement, StatementKind};
use crate::syntax::instead_of_property;

/// A function at certain types of its arguments: its index, and the types.
pub(super) type Key = (usize, Vec<Type>);

/// How far the typing of a function at certain types is.
pub(super) enum Instance {
    /// Something is wrong with it, and was told.
    Failed,
    /// Typed.
    Done(Typing),
}

/// What typing a function at certain types told.
#[derive(Debug, Clone)]
pub(super) struct Typing {
    /// Type of its value.
    pub(super) result: Type,
    /// Whether it has loops or arrays, which only Rhai runs.
    pub(super) needs_rhai: bool,
    /// Where an integer meets a decimal as the value of an `if` that the function goes on to use.
    pub(super) mixed_within: Option<Span>,
    /// Where the function gives an integer on one way and a decimal on another.
    pub(super) mixed_result: Option<Span>,
    /// What it calls.
    pub(super) callees: Vec<Key>,
    /// How many calls stand in one another, with its own.
    pub(super) levels: u32,
    /// How deep its body and what it calls are nested.
    pub(super) depth: u32,
}

/// Every function of the scripts.
pub(super) struct Functions<'a> {
    all: Vec<Known<'a>>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

struct Known<'a> {
    function: &'a Function,
    /// Nothing was found wrong with it so far.
    sound: bool,
}

/// Why a call finds no function.
pub(super) enum Unknown {
    /// No function has this name; the nearest name.
    Name(Option<String>),
    /// One has, with another number of parameters.
    Count(String),
}

impl Unknown {
    pub(super) fn finding(self, name: &Spanned<String>, given: usize, span: Span) -> Finding {
        match self {
            Unknown::Name(guess) => {
                let message = format!("there is no function `{}`", name.value);
                let finding = Finding::new(Code::UnknownName, name.span, message);
                match guess {
                    Some(guess) => finding.help(format!("did you mean `{guess}`?")),
                    None => finding.help("functions are written in `.rhai` files: `fn name(a) { … }`"),
                }
            }
            Unknown::Count(form) => {
                let plural = if given == 1 { "" } else { "s" };
                let message = format!("`{}` does not take {given} argument{plural}", name.value);
                Finding::new(Code::WrongArguments, span, message).help(format!("it is `{form}`"))
            }
        }
    }
}

impl<'a> Functions<'a> {
    /// Looks at all functions; what is wrong goes to `findings`.
    pub(super) fn new(input: CheckerInput<'a>, findings: &mut Vec<Finding>) -> Functions<'a> {
        let mut functions = Functions { all: Vec::new(), by_name: HashMap::new() };
        for function in input.functions {
            let name = function.name.value.as_str();
            let mut sound = !function.broken;
            let same = |index: &&usize| {
                functions.all.get(**index).is_some_and(|k| k.function.parameters.len() == function.parameters.len())
            };
            // Rhai writes `a in b` as a call of `contains`.
            if takes(name, 0).is_some() || name == "contains" {
                sound = false;
                let message = format!("`{name}` is a built-in function");
                findings.push(
                    Finding::new(Code::DuplicateFunction, function.name.span, message).help("choose another name"),
                );
            } else if functions.by_name.get(name).is_some_and(|known| known.iter().any(|i| same(&i))) && sound {
                let count = function.parameters.len();
                let message = format!("there is another function `{name}` with {count} parameters");
                findings.push(
                    Finding::new(Code::DuplicateFunction, function.name.span, message)
                        .help("rename one of them; functions of all scripts share their names"),
                );
                continue;
            }
            functions.by_name.entry(name).or_default().push(functions.all.len());
            functions.all.push(Known { function, sound });
        }
        for index in 0..functions.all.len() {
            functions.look_up_names(index, input, findings);
        }
        functions.find_recursion(findings);
        functions
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&'a Function> {
        self.all.get(index).map(|k| k.function)
    }

    pub(super) fn is_sound(&self, index: usize) -> bool {
        self.all.get(index).is_some_and(|k| k.sound)
    }

    pub(super) fn parameters(&self, index: usize) -> usize {
        self.all.get(index).map_or(0, |k| k.function.parameters.len())
    }

    pub(super) fn span(&self, index: usize) -> Span {
        self.all.get(index).map(|k| k.function.span).unwrap_or_default()
    }

    /// The function that a call means; `Ok(None)` if it is one that something is wrong with.
    pub(super) fn find(&self, name: &str, arguments: usize) -> Result<Option<usize>, Unknown> {
        let Some(indices) = self.by_name.get(name) else {
            let known = self.by_name.keys().copied().chain(BUILT_IN.iter().map(|(n, _)| *n));
            return Err(Unknown::Name(nearest(name, known).map(str::to_owned)));
        };
        let found = indices.iter().copied().find(|i| self.parameters(*i) == arguments);
        match found {
            Some(index) => Ok(self.is_sound(index).then_some(index)),
            None if indices.iter().any(|i| !self.is_sound(*i)) => Ok(None),
            None => {
                let form = indices.first().and_then(|i| self.get(*i)).map_or_else(String::new, |f| {
                    let parameters: Vec<&str> = f.parameters.iter().map(|p| p.value.as_str()).collect();
                    format!("{}({})", f.name.value, parameters.join(", "))
                });
                Err(Unknown::Count(form))
            }
        }
    }

    fn unsound(&mut self, index: usize) {
        if let Some(known) = self.all.get_mut(index) {
            known.sound = false;
        }
    }

    fn look_up_names(&mut self, index: usize, input: CheckerInput<'_>, findings: &mut Vec<Finding>) {
        let Some(function) = self.get(index).filter(|_| self.is_sound(index)) else { return };
        let mut lookup = Lookup { functions: self, input, locals: Vec::new(), found: Vec::new() };
        lookup.locals.extend(function.parameters.iter().map(|p| p.value.as_str()));
        lookup.block(&function.body);
        if !lookup.found.is_empty() {
            findings.append(&mut lookup.found);
            self.unsound(index);
        }
    }

    /// Tells each function that calls itself, directly or through others.
    fn find_recursion(&mut self, findings: &mut Vec<Finding>) {
        let calls: Vec<Vec<usize>> = (0..self.all.len()).map(|index| self.called_by(index)).collect();
        // Functions that end are taken away until only those are left that call themselves, or that call such ones.
        let mut open: Vec<usize> = calls.iter().map(Vec::len).collect();
        let mut callers: Vec<Vec<usize>> = vec![Vec::new(); calls.len()];
        for (caller, callees) in calls.iter().enumerate() {
            for callee in callees {
                if let Some(list) = callers.get_mut(*callee) {
                    list.push(caller);
                }
            }
        }
        let mut ends: Vec<usize> = (0..open.len()).filter(|i| open.get(*i) == Some(&0)).collect();
        let mut ended = vec![false; open.len()];
        while let Some(index) = ends.pop() {
            if let Some(flag) = ended.get_mut(index) {
                *flag = true;
            }
            for caller in callers.get(index).into_iter().flatten() {
                if let Some(left) = open.get_mut(*caller) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        ends.push(*caller);
                    }
                }
            }
        }
        let mut told = vec![false; calls.len()];
        for index in 0..calls.len() {
            if ended.get(index) == Some(&true) {
                continue;
            }
            self.unsound(index);
            let Some(circle) = circle_from(index, &calls).filter(|c| !c.iter().any(|i| told.get(*i) == Some(&true)))
            else {
                continue;
            };
            for member in &circle {
                if let Some(flag) = told.get_mut(*member) {
                    *flag = true;
                }
            }
            let Some(function) = self.get(index) else { continue };
            let name = &function.name.value;
            let through: Vec<String> =
                circle.iter().skip(1).filter_map(|i| self.get(*i)).map(|f| format!("`{}`", f.name.value)).collect();
            let message = if through.is_empty() {
                format!("`{name}` calls itself")
            } else {
                format!("`{name}` calls itself through {}", through.join(", "))
            };
            let finding = Finding::new(Code::Recursion, function.name.span, message);
            findings.push(finding.help("use a loop: `while` or `for`"));
        }
    }

    /// Functions that a function calls, each once.
    fn called_by(&self, index: usize) -> Vec<usize> {
        let mut called = Vec::new();
        if let Some(function) = self.get(index).filter(|_| self.is_sound(index)) {
            each_call(&function.body, &mut |name, count| {
                if let Ok(Some(callee)) = self.find(name, count)
                    && !called.contains(&callee)
                {
                    called.push(callee);
                }
            });
        }
        called
    }
}

/// The shortest way from a function back to itself: the functions on it, the first one first.
fn circle_from(start: usize, calls: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(index) = queue.pop_front() {
        for &callee in calls.get(index).into_iter().flatten() {
            if callee == start {
                let mut way = vec![index];
                let mut at = index;
                while at != start {
                    at = *came_from.get(&at)?;
                    way.push(at);
                }
                way.reverse();
                return Some(way);
            }
            came_from.entry(callee).or_insert_with(|| {
                queue.push_back(callee);
                index
            });
        }
    }
    None
}

/// Looks up the names of one body.
struct Lookup<'f, 'a, 'n> {
    functions: &'f Functions<'a>,
    input: CheckerInput<'f>,
    locals: Vec<&'n str>,
    found: Vec<Finding>,
}

impl<'n> Lookup<'_, '_, 'n> {
    fn block(&mut self, block: &'n Block) {
        let outside = self.locals.len();
        for Statement { kind, .. } in &block.statements {
            match kind {
                StatementKind::Let(name, value) => {
                    self.expr(value);
                    self.locals.push(&name.value);
                }
                StatementKind::Assign(name, _, value) => {
                    self.local(&name.value, name.span);
                    self.expr(value);
                }
                StatementKind::While(condition, block) => {
                    self.expr(condition);
                    self.block(block);
                }
                StatementKind::For(name, range, block) => {
                    match range {
                        ForRange::Range { from, to, .. } => {
                            self.expr(from);
                            self.expr(to);
                        }
                        ForRange::Each(array) => self.expr(array),
                    }
                    self.locals.push(&name.value);
                    self.block(block);
                    self.locals.pop();
                }
                StatementKind::Return(Some(value)) | StatementKind::Expression { value, .. } => self.expr(value),
                StatementKind::Return(None) => {}
            }
        }
        self.locals.truncate(outside);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Decimal(_) | ExprKind::Text(_) => {}
            ExprKind::Array(members) => members.iter().for_each(|m| self.expr(m)),
            ExprKind::Name(name) => self.local(name, expr.span),
            ExprKind::Fact(scope, name) => self.fact(scope, name, expr.span),
            ExprKind::Unary(_, inner) => self.expr(inner),
            ExprKind::Binary(op, left, right) => {
                if *op == BinaryOp::Divide
                    && matches!((&left.kind, &right.kind), (ExprKind::Integer(_), ExprKind::Integer(_)))
                {
                    let finding = Finding::new(Code::IntegerDivision, expr.span, "this divides two integers");
                    self.found.push(finding.help("write one of them with a point: `2.0` for `2`"));
                    return;
                }
                self.expr(left);
                self.expr(right);
            }
            ExprKind::If(branches) => {
                self.expr(&branches.condition);
                self.block(&branches.then);
                if let Some(block) = &branches.otherwise {
                    self.block(block);
                }
            }
            ExprKind::Call(name, arguments) => {
                if name.value == "has" {
                    let message = "`has` asks for a fact, and a function sees its arguments alone";
                    let finding = Finding::new(Code::FactNotHere, expr.span, message);
                    self.found.push(finding.help("ask where the function is called: `has(tx.category) && f(…)`"));
                    return;
                }
                match takes(&name.value, arguments.len()) {
                    Some(true) => {}
                    Some(false) => self.found.push(wrong_count(&name.value, arguments.len(), expr.span)),
                    None => {
                        if let Err(unknown) = self.functions.find(&name.value, arguments.len()) {
                            self.found.push(unknown.finding(name, arguments.len(), expr.span));
                        }
                    }
                }
                arguments.iter().for_each(|a| self.expr(a));
            }
        }
    }

    fn local(&mut self, name: &str, span: Span) {
        if self.locals.contains(&name) {
            return;
        }
        let finding = Finding::new(Code::UnknownName, span, format!("there is no parameter or local `{name}`"));
        let help = if self.input.lists.iter().any(|l| l.name.value == name) {
            format!("a function sees its arguments alone; ask `… in {name}` where it is called")
        } else if let Some(guess) = nearest(name, self.locals.iter().copied()) {
            format!("did you mean `{guess}`?")
        } else {
            "a function sees its arguments alone; a local begins with `let`".to_owned()
        };
        self.found.push(finding.help(help));
    }

    fn fact(&mut self, scope: &str, name: &str, span: Span) {
        let whole = format!("{scope}.{name}");
        self.found.push(if self.locals.contains(&scope) {
            Finding::new(Code::NotAllowed, span, "rules have no properties and methods (`.`)")
                .help(instead_of_property(scope, name))
        } else if SCOPES.contains(&scope) {
            Finding::new(Code::FactNotHere, span, format!("`{whole}` cannot be read in a function"))
                .help(format!("a function sees its arguments alone: call it with `{whole}`"))
        } else {
            Finding::new(Code::UnknownName, span, format!("there is no `{whole}`"))
                .help("a function sees its arguments alone")
        });
    }
}

/// Name and number of arguments of each call in a block.
fn each_call(block: &Block, visit: &mut impl FnMut(&str, usize)) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::Let(_, value)
            | StatementKind::Assign(_, _, value)
            | StatementKind::Return(Some(value))
            | StatementKind::Expression { value, .. } => each_call_in(value, visit),
            StatementKind::While(condition, block) => {
                each_call_in(condition, visit);
                each_call(block, visit);
            }
            StatementKind::For(_, range, block) => {
                match range {
                    ForRange::Range { from, to, .. } => {
                        each_call_in(from, visit);
                        each_call_in(to, visit);
                    }
                    ForRange::Each(array) => each_call_in(array, visit),
                }
                each_call(block, visit);
            }
            StatementKind::Return(None) => {}
        }
    }
}

fn each_call_in(expr: &Expr, visit: &mut impl FnMut(&str, usize)) {
    match &expr.kind {
        ExprKind::Array(members) => members.iter().for_each(|m| each_call_in(m, visit)),
        ExprKind::Unary(_, inner) => each_call_in(inner, visit),
        ExprKind::Binary(_, left, right) => {
            each_call_in(left, visit);
            each_call_in(right, visit);
        }
        ExprKind::If(branches) => {
            each_call_in(&branches.condition, visit);
            each_call(&branches.then, visit);
            if let Some(block) = &branches.otherwise {
                each_call(block, visit);
            }
        }
        ExprKind::Call(name, arguments) => {
            visit(&name.value, arguments.len());
            arguments.iter().for_each(|a| each_call_in(a, visit));
        }
        _ => {}
    }
}
