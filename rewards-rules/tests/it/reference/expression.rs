//! An interpreter of expressions and script functions, walking the tree as written (semantics §2.4, §9).

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use rewards_rules::input::ErrorCode;
use rewards_rules::syntax::expression::{
    BinaryOp, Block, Expr, ExprKind, ForRange, Function, If, Statement, StatementKind, UnaryOp,
};
use rewards_rules::value::RoundingMode;

use super::number::{Number, decimals_of, number, round, ten_to, whole};
use super::rules::Rules;

/// What an expression can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// §2.4: an absent fact, and what was computed from one.
    Absent,
    Boolean(bool),
    Integer(i64),
    Decimal(Number),
    Text(String),
    Date(NaiveDate),
    List(Vec<Value>),
    /// What a statement without a value leaves.
    Nothing,
}

/// Why evaluation does not go on in order: an error, or a `return`.
enum Stop {
    Error(ErrorCode),
    Return(Value),
}

impl From<ErrorCode> for Stop {
    fn from(code: ErrorCode) -> Stop {
        Stop::Error(code)
    }
}

type Result<T> = std::result::Result<T, Stop>;

/// Names of a function's parameters and locals, one map for each open block.
type Locals = Vec<BTreeMap<String, Value>>;

/// Steps after which a script counts as endless.
const STEPS: u32 = 2_000_000;

/// Where facts come from.
pub(crate) trait Lookup {
    /// The value of `scope.name`; `Absent` where it is not there.
    fn fact(&self, scope: &str, name: &str) -> std::result::Result<Value, ErrorCode>;
    /// The local date of the transaction.
    fn today(&self) -> NaiveDate;
}

/// Evaluates expressions of one rule set over one set of facts.
pub(crate) struct Interpreter<'a> {
    rules: &'a Rules<'a>,
    facts: &'a dyn Lookup,
    steps: Cell<u32>,
}

/// §9.1: the value of an expression over facts.
pub(crate) fn value_of(rules: &Rules<'_>, facts: &dyn Lookup, expr: &Expr) -> std::result::Result<Value, ErrorCode> {
    let interpreter = Interpreter { rules, facts, steps: Cell::new(0) };
    match interpreter.expression(expr, &mut None) {
        Ok(value) => Ok(value),
        Err(Stop::Error(code)) => Err(code),
        Err(Stop::Return(_)) => Err(ErrorCode::ScriptError),
    }
}

/// §2.4: whether a condition holds; absent counts as false.
pub(crate) fn holds(rules: &Rules<'_>, facts: &dyn Lookup, expr: &Expr) -> std::result::Result<bool, ErrorCode> {
    truth(&value_of(rules, facts, expr)?)
}

/// §2.4: an absent boolean counts as false.
fn truth(value: &Value) -> std::result::Result<bool, ErrorCode> {
    match value {
        Value::Boolean(b) => Ok(*b),
        Value::Absent => Ok(false),
        _ => Err(ErrorCode::ScriptError),
    }
}

impl Interpreter<'_> {
    fn step(&self) -> Result<()> {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get() > STEPS { Err(ErrorCode::ScriptLimit.into()) } else { Ok(()) }
    }

    /// One expression. `locals` is `None` outside of functions, where bare names are lists.
    fn expression(&self, expr: &Expr, locals: &mut Option<Locals>) -> Result<Value> {
        self.step()?;
        match &expr.kind {
            ExprKind::Bool(b) => Ok(Value::Boolean(*b)),
            ExprKind::Integer(i) => Ok(Value::Integer(*i)),
            ExprKind::Decimal(d) => Ok(Value::Decimal(number(*d))),
            ExprKind::Text(t) => Ok(Value::Text(t.clone())),
            ExprKind::Array(members) => {
                Ok(Value::List(members.iter().map(|m| self.expression(m, locals)).collect::<Result<_>>()?))
            }
            ExprKind::Name(name) => self.name(name, locals),
            ExprKind::Fact(scope, name) => Ok(self.facts.fact(scope, name)?),
            ExprKind::Unary(op, operand) => {
                let value = self.expression(operand, locals)?;
                match (op, value) {
                    (UnaryOp::Not, value) => Ok(Value::Boolean(!truth(&value)?)),
                    (UnaryOp::Negate, Value::Absent) => Ok(Value::Absent),
                    (UnaryOp::Negate, Value::Integer(i)) => {
                        Ok(Value::Integer(i.checked_neg().ok_or(ErrorCode::Overflow)?))
                    }
                    (UnaryOp::Negate, Value::Decimal(d)) => Ok(Value::Decimal(-d)),
                    _ => Err(ErrorCode::ScriptError.into()),
                }
            }
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right, locals),
            ExprKind::If(choice) => self.choose(choice, locals),
            ExprKind::Call(name, arguments) => self.call(&name.value, arguments, locals),
        }
    }

    /// §9.3: a function sees its arguments alone; elsewhere a bare name is one of `lists`.
    fn name(&self, name: &str, locals: &mut Option<Locals>) -> Result<Value> {
        match locals {
            Some(blocks) => {
                let found = blocks.iter().rev().find_map(|block| block.get(name));
                found.cloned().ok_or(ErrorCode::ScriptError.into())
            }
            None => {
                let list = self.rules.program.lists.iter().find(|l| l.name.value == name);
                let members = &list.ok_or(ErrorCode::ScriptError)?.members;
                Ok(Value::List(members.iter().map(|m| self.expression(m, &mut None)).collect::<Result<_>>()?))
            }
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr, locals: &mut Option<Locals>) -> Result<Value> {
        let a = self.expression(left, locals)?;
        // `&&` and `||` look at their right side only where the left one leaves it open.
        match op {
            BinaryOp::And if !truth(&a)? => return Ok(Value::Boolean(false)),
            BinaryOp::Or if truth(&a)? => return Ok(Value::Boolean(true)),
            _ => {}
        }
        let b = self.expression(right, locals)?;
        Ok(match op {
            BinaryOp::And | BinaryOp::Or => Value::Boolean(truth(&b)?),
            BinaryOp::Equal => Value::Boolean(equal(&a, &b)?),
            BinaryOp::NotEqual => Value::Boolean(!equal(&a, &b)?),
            BinaryOp::In => Value::Boolean(contained(&a, &b)?),
            BinaryOp::NotIn => Value::Boolean(!contained(&a, &b)?),
            BinaryOp::Less => Value::Boolean(ordered(&a, &b, Ordering::is_lt)?),
            BinaryOp::LessEqual => Value::Boolean(ordered(&a, &b, Ordering::is_le)?),
            BinaryOp::Greater => Value::Boolean(ordered(&a, &b, Ordering::is_gt)?),
            BinaryOp::GreaterEqual => Value::Boolean(ordered(&a, &b, Ordering::is_ge)?),
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => {
                arithmetic(op, &a, &b)?
            }
        })
    }

    fn choose(&self, choice: &If, locals: &mut Option<Locals>) -> Result<Value> {
        if truth(&self.expression(&choice.condition, locals)?)? {
            self.block(&choice.then, locals)
        } else if let Some(otherwise) = &choice.otherwise {
            self.block(otherwise, locals)
        } else {
            Ok(Value::Nothing)
        }
    }

    /// §9.1: built-in functions and those of the scripts. A call with an absent argument is absent, but for `has`.
    fn call(&self, name: &str, arguments: &[Expr], locals: &mut Option<Locals>) -> Result<Value> {
        let values: Vec<Value> = arguments.iter().map(|a| self.expression(a, locals)).collect::<Result<_>>()?;
        if name == "has" {
            return Ok(Value::Boolean(values[0] != Value::Absent));
        }
        if values.contains(&Value::Absent) {
            return Ok(Value::Absent);
        }
        let function =
            self.rules.files.functions.iter().find(|f| f.name.value == name && f.parameters.len() == arguments.len());
        match function {
            Some(function) => self.run(function, values),
            None => Ok(self.builtin(name, &values)?),
        }
    }

    /// §9.3: runs the body of a function over its arguments.
    fn run(&self, function: &Function, arguments: Vec<Value>) -> Result<Value> {
        let names = function.parameters.iter().map(|p| p.value.clone());
        let mut locals = Some(vec![names.zip(arguments).collect()]);
        match self.block(&function.body, &mut locals) {
            Err(Stop::Return(value)) => Ok(value),
            other => other,
        }
    }

    /// §9.1: the functions that every rule set has.
    fn builtin(&self, name: &str, values: &[Value]) -> std::result::Result<Value, ErrorCode> {
        let smaller = |a: &Value, b: &Value| ordered(a, b, Ordering::is_lt);
        Ok(match (name, values) {
            ("min" | "max", [first, rest @ ..]) => {
                let mut best = first.clone();
                for value in rest {
                    let better = if name == "min" { smaller(value, &best)? } else { smaller(&best, value)? };
                    if better {
                        best = value.clone();
                    }
                }
                best
            }
            ("abs", [Value::Integer(i)]) => Value::Integer(i.checked_abs().ok_or(ErrorCode::Overflow)?),
            ("abs", [Value::Decimal(d)]) => Value::Decimal(d.abs()),
            // The program's mode, of a negative number its magnitude.
            ("round", [x, Value::Integer(n @ 0..=12)]) => {
                Value::Decimal(round(&numeric(x)?, u32::try_from(*n).unwrap(), self.rules.mode))
            }
            ("year", [d]) => Value::Integer(i64::from(date(d)?.year())),
            ("month", [d]) => Value::Integer(i64::from(date(d)?.month())),
            ("day", [d]) => Value::Integer(i64::from(date(d)?.day())),
            ("days_between", [a, b]) => Value::Integer((date(b)? - date(a)?).num_days()),
            ("is_birthday", [d]) => Value::Boolean(is_birthday(date(d)?, self.facts.today())),
            _ => return Err(ErrorCode::ScriptError),
        })
    }

    /// §9.3: statements in order; the value is that of a last expression without `;`.
    fn block(&self, block: &Block, locals: &mut Option<Locals>) -> Result<Value> {
        if let Some(blocks) = locals {
            blocks.push(BTreeMap::new());
        }
        let mut last = Value::Nothing;
        for statement in &block.statements {
            last = self.statement(statement, locals)?;
        }
        if let Some(blocks) = locals {
            blocks.pop();
        }
        Ok(last)
    }

    fn statement(&self, statement: &Statement, locals: &mut Option<Locals>) -> Result<Value> {
        self.step()?;
        match &statement.kind {
            StatementKind::Let(name, value) => {
                let value = self.expression(value, locals)?;
                let block = locals.as_mut().and_then(|blocks| blocks.last_mut()).ok_or(ErrorCode::ScriptError)?;
                block.insert(name.value.clone(), value);
            }
            StatementKind::Assign(name, op, value) => {
                let mut value = self.expression(value, locals)?;
                if let Some(op) = op {
                    value = arithmetic(*op, &self.name(&name.value, locals)?, &value)?;
                }
                let blocks = locals.as_mut().ok_or(ErrorCode::ScriptError)?;
                let place = blocks.iter_mut().rev().find_map(|block| block.get_mut(&name.value));
                *place.ok_or(ErrorCode::ScriptError)? = value;
            }
            StatementKind::While(condition, body) => {
                while truth(&self.expression(condition, locals)?)? {
                    self.block(body, locals)?;
                }
            }
            StatementKind::For(name, range, body) => self.repeat(&name.value, range, body, locals)?,
            StatementKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Nothing), |v| self.expression(v, locals))?;
                return Err(Stop::Return(value));
            }
            StatementKind::Expression { value, terminated } => {
                let value = self.expression(value, locals)?;
                if !terminated {
                    return Ok(value);
                }
            }
        }
        Ok(Value::Nothing)
    }

    /// §9.3: `for` over a range of integers or the elements of an array.
    fn repeat(&self, name: &str, range: &ForRange, body: &Block, locals: &mut Option<Locals>) -> Result<()> {
        let once = |value: Value, locals: &mut Option<Locals>| -> Result<()> {
            self.step()?;
            let blocks = locals.as_mut().ok_or(ErrorCode::ScriptError)?;
            blocks.push(BTreeMap::from([(name.to_owned(), value)]));
            self.block(body, locals)?;
            locals.as_mut().ok_or(ErrorCode::ScriptError)?.pop();
            Ok(())
        };
        match range {
            ForRange::Range { from, to, inclusive } => {
                let from = self.expression(from, locals)?;
                let to = self.expression(to, locals)?;
                let (Value::Integer(from), Value::Integer(to)) = (from, to) else {
                    return Err(ErrorCode::ScriptError.into());
                };
                let mut i = from;
                while i < to || (*inclusive && i == to) {
                    once(Value::Integer(i), locals)?;
                    i = i.checked_add(1).ok_or(ErrorCode::Overflow)?;
                }
            }
            ForRange::Each(list) => {
                let Value::List(members) = self.expression(list, locals)? else {
                    return Err(ErrorCode::ScriptError.into());
                };
                for member in members {
                    once(member, locals)?;
                }
            }
        }
        Ok(())
    }
}

/// §9.1: 29 February is 28 February in other years.
fn is_birthday(born: NaiveDate, today: NaiveDate) -> bool {
    let this_year = NaiveDate::from_ymd_opt(today.year(), born.month(), born.day())
        .unwrap_or_else(|| NaiveDate::from_ymd_opt(today.year(), 2, 28).unwrap());
    this_year == today
}

fn numeric(value: &Value) -> std::result::Result<Number, ErrorCode> {
    match value {
        Value::Integer(i) => Ok(whole(*i)),
        Value::Decimal(d) => Ok(d.clone()),
        _ => Err(ErrorCode::ScriptError),
    }
}

/// §9.1: a date, or the text of one.
fn date(value: &Value) -> std::result::Result<NaiveDate, ErrorCode> {
    match value {
        Value::Date(d) => Ok(*d),
        Value::Text(t) => t.parse().map_err(|_| ErrorCode::ScriptError),
        _ => Err(ErrorCode::ScriptError),
    }
}

/// §9.1: an integer meets a decimal as a decimal; text compares case-sensitively; a date compares with its text.
fn compare(a: &Value, b: &Value) -> std::result::Result<Ordering, ErrorCode> {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => Ok(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => Ok(a.as_bytes().cmp(b.as_bytes())),
        (Value::Date(_), _) | (_, Value::Date(_)) => Ok(date(a)?.cmp(&date(b)?)),
        _ => Ok(numeric(a)?.cmp(&numeric(b)?)),
    }
}

/// §2.4: `==` with an absent side is false.
fn equal(a: &Value, b: &Value) -> std::result::Result<bool, ErrorCode> {
    match (a, b) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(false),
        (Value::List(a), Value::List(b)) => {
            let mut same = a.len() == b.len();
            for (a, b) in a.iter().zip(b) {
                same &= equal(a, b)?;
            }
            Ok(same)
        }
        _ => Ok(compare(a, b)?.is_eq()),
    }
}

/// §2.4: `< <= > >=` with an absent side are false.
fn ordered(a: &Value, b: &Value, fits: fn(Ordering) -> bool) -> std::result::Result<bool, ErrorCode> {
    match (a, b) {
        (Value::Absent, _) | (_, Value::Absent) => Ok(false),
        _ => Ok(fits(compare(a, b)?)),
    }
}

/// §2.4: `in` with an absent side is false.
fn contained(a: &Value, list: &Value) -> std::result::Result<bool, ErrorCode> {
    match list {
        Value::Absent => Ok(false),
        Value::List(members) => {
            for member in members {
                if equal(a, member)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(ErrorCode::ScriptError),
    }
}

/// §1.5: exact sums and products, quotients of 12 decimals half even, `%` with the sign of the dividend, 64-bit
/// integers. §2.4: with an absent value absent. §1.6: a division by zero is an error.
fn arithmetic(op: BinaryOp, a: &Value, b: &Value) -> std::result::Result<Value, ErrorCode> {
    if *a == Value::Absent || *b == Value::Absent {
        return Ok(Value::Absent);
    }
    if let (Value::Integer(a), Value::Integer(b)) = (a, b) {
        let result = match op {
            BinaryOp::Add => a.checked_add(*b),
            BinaryOp::Subtract => a.checked_sub(*b),
            BinaryOp::Multiply => a.checked_mul(*b),
            BinaryOp::Remainder if *b == 0 => return Err(ErrorCode::DivisionByZero),
            BinaryOp::Remainder => a.checked_rem(*b),
            _ => return Err(ErrorCode::ScriptError),
        };
        return result.map(Value::Integer).ok_or(ErrorCode::Overflow);
    }
    let (a, b) = (numeric(a)?, numeric(b)?);
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide | BinaryOp::Remainder if b.is_zero() => return Err(ErrorCode::DivisionByZero),
        BinaryOp::Divide => round(&(a / b), 12, RoundingMode::HalfEven),
        BinaryOp::Remainder => &a - &b * (&a / &b).trunc(),
        _ => return Err(ErrorCode::ScriptError),
    };
    if fits(&result) { Ok(Value::Decimal(result)) } else { Err(ErrorCode::Overflow) }
}

/// What the engine's exact decimals hold: a 128-bit mantissa and at most 38 decimals. A number that does not end
/// comes from a refund's share of the amount only, and is let through.
fn fits(value: &Number) -> bool {
    let Some(decimals) = decimals_of(value) else { return true };
    let mantissa = (value * Number::from_integer(ten_to(decimals))).to_integer();
    decimals <= 38 && mantissa <= BigInt::from(i128::MAX) && mantissa >= BigInt::from(i128::MIN)
}
