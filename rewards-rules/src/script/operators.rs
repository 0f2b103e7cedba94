//! The operators and built-in functions that scripts see, all computed by [`crate::value::ops`].

use std::any::TypeId;
use std::cmp::Ordering;

use chrono::NaiveDate;
use rhai::packages::{BasicArrayPackage, BasicIteratorPackage, Package};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext, Position};
use rust_decimal::Decimal;

use crate::syntax::expression::BinaryOp;
use crate::value::ops::{self, ArithmeticError};
use crate::value::{Exact, RoundingMode};

/// What an operator of ours failed by, as it travels through Rhai.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    DivisionByZero,
    Overflow,
}

type Answer<T> = Result<T, Box<EvalAltResult>>;

fn failed(error: ArithmeticError) -> Box<EvalAltResult> {
    let failure = match error {
        ArithmeticError::DivisionByZero => Failure::DivisionByZero,
        ArithmeticError::Overflow => Failure::Overflow,
    };
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(failure), Position::NONE))
}

/// A number as the engine's decimal: its own, a literal with a point, or an integer that meets one.
pub(super) fn decimal_of(value: &Dynamic) -> Option<Exact> {
    if let Ok(i) = value.as_int() {
        return Some(Exact::from(i));
    }
    if let Some(exact) = value.read_lock::<Exact>() {
        return Some(*exact);
    }
    value.as_decimal().ok().map(Exact::from)
}

fn date_of(value: &Dynamic) -> Option<NaiveDate> {
    if let Some(date) = value.read_lock::<NaiveDate>() {
        return Some(*date);
    }
    let text = value.read_lock::<ImmutableString>()?;
    crate::input::parse_date(&text)
}

const ARITHMETIC: [(&str, BinaryOp); 5] = [
    ("+", BinaryOp::Add),
    ("-", BinaryOp::Subtract),
    ("*", BinaryOp::Multiply),
    ("/", BinaryOp::Divide),
    ("%", BinaryOp::Remainder),
];

const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];

fn holds(operator: &str, order: Ordering) -> bool {
    match operator {
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}

fn compute(op: BinaryOp, a: &Dynamic, b: &Dynamic) -> Answer<Dynamic> {
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return ops::integer(op, a, b).map(Dynamic::from_int).map_err(failed);
    }
    match (decimal_of(a), decimal_of(b)) {
        (Some(a), Some(b)) => ops::decimal(op, a, b).map(Dynamic::from).map_err(failed),
        _ => Err(failed(ArithmeticError::Overflow)),
    }
}

fn pair<'a>(arguments: &'a [&mut Dynamic]) -> Answer<(&'a Dynamic, &'a Dynamic)> {
    match arguments {
        [a, b] => Ok((a, b)),
        _ => Err(failed(ArithmeticError::Overflow)),
    }
}

/// Registers everything a script can call.
pub(super) fn register(engine: &mut Engine, mode: RoundingMode) {
    BasicIteratorPackage::new().register_into_engine(engine);
    BasicArrayPackage::new().register_into_engine(engine);
    engine.register_type_with_name::<Exact>("decimal").register_type_with_name::<NaiveDate>("date");
    let numbers = [TypeId::of::<i64>(), TypeId::of::<Decimal>(), TypeId::of::<Exact>()];
    for left in numbers {
        for right in numbers {
            for (name, op) in ARITHMETIC {
                engine.register_raw_fn(
                    name,
                    [left, right],
                    move |_: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                        let (a, b) = pair(arguments)?;
                        compute(op, a, b)
                    },
                );
                let assign = format!("{name}=");
                engine.register_raw_fn(
                    assign.as_str(),
                    [left, right],
                    move |_: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                        let (a, b) = pair(arguments)?;
                        let result = compute(op, a, b)?;
                        if let Some(target) = arguments.first_mut() {
                            **target = result;
                        }
                        Ok(Dynamic::UNIT)
                    },
                );
            }
            for name in COMPARISONS {
                engine.register_raw_fn(
                    name,
                    [left, right],
                    move |_: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                        let (a, b) = pair(arguments)?;
                        let order = match (decimal_of(a), decimal_of(b)) {
                            (Some(a), Some(b)) => a.cmp(&b),
                            _ => return Err(failed(ArithmeticError::Overflow)),
                        };
                        Ok(Dynamic::from_bool(holds(name, order)))
                    },
                );
            }
        }
    }
    let dates = [TypeId::of::<NaiveDate>(), TypeId::of::<ImmutableString>()];
    for left in dates {
        for right in dates {
            if left == right && left == TypeId::of::<ImmutableString>() {
                continue;
            }
            for name in COMPARISONS {
                engine.register_raw_fn(
                    name,
                    [left, right],
                    move |_: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                        let (a, b) = pair(arguments)?;
                        match (date_of(a), date_of(b)) {
                            (Some(a), Some(b)) => Ok(Dynamic::from_bool(holds(name, a.cmp(&b)))),
                            _ => Err(failed(ArithmeticError::Overflow)),
                        }
                    },
                );
            }
        }
    }
    unary(engine);
    functions(engine, mode);
}

fn unary(engine: &mut Engine) {
    engine.register_fn("-", |a: i64| -> Answer<i64> { ops::negate_integer(a).map_err(failed) });
    engine.register_fn("-", |a: Decimal| -> Answer<Exact> { ops::negate_decimal(a.into()).map_err(failed) });
    engine.register_fn("-", |a: Exact| -> Answer<Exact> { ops::negate_decimal(a).map_err(failed) });
    engine.register_fn("abs", |a: i64| -> Answer<i64> { ops::abs_integer(a).map_err(failed) });
    engine.register_fn("abs", |a: Decimal| -> Answer<Exact> { ops::abs_decimal(a.into()).map_err(failed) });
    engine.register_fn("abs", |a: Exact| -> Answer<Exact> { ops::abs_decimal(a).map_err(failed) });
}

/// Most arguments that `min` and `max` take inside a script.
const MAX_ARGUMENTS: usize = 16;

fn functions(engine: &mut Engine, mode: RoundingMode) {
    for (name, better) in [("min", Ordering::Less), ("max", Ordering::Greater)] {
        for count in 2..=MAX_ARGUMENTS {
            let types = vec![TypeId::of::<Dynamic>(); count];
            engine.register_raw_fn(name, types, move |_: NativeCallContext, arguments: &mut [&mut Dynamic]| {
                extreme(arguments, better)
            });
        }
    }
    let round = move |a: Exact, n: i64| -> Answer<Exact> { ops::round(a, n, mode).map_err(failed) };
    engine.register_fn("round", round);
    engine.register_fn("round", move |a: Decimal, n: i64| round(a.into(), n));
    engine.register_fn("round", move |a: i64, n: i64| round(a.into(), n));
    engine.register_fn("year", |d: NaiveDate| ops::year(d));
    engine.register_fn("month", |d: NaiveDate| ops::month(d));
    engine.register_fn("day", |d: NaiveDate| ops::day(d));
    engine.register_fn("days_between", |a: NaiveDate, b: NaiveDate| ops::days_between(a, b));
    engine.register_fn("is_birthday", |context: NativeCallContext, d: NaiveDate| -> bool {
        let today = context.tag().and_then(|tag| tag.clone().try_cast::<NaiveDate>());
        today.is_some_and(|today| ops::is_birthday(d, today))
    });
}

/// The least or greatest number. Integers stay integers; with a decimal among them all are decimals.
fn extreme(arguments: &[&mut Dynamic], better: Ordering) -> Answer<Dynamic> {
    let all_integers = arguments.iter().all(|a| a.is_int());
    let mut best: Option<Exact> = None;
    for argument in arguments {
        let value = decimal_of(argument).ok_or_else(|| failed(ArithmeticError::Overflow))?;
        if best.is_none_or(|b| value.cmp(&b) == better) {
            best = Some(value);
        }
    }
    let best = best.unwrap_or(Exact::ZERO);
    Ok(match best.to_units_exact(0) {
        Some(integer) if all_integers => Dynamic::from_int(integer),
        _ => Dynamic::from(best),
    })
}
