//! The operators and built-in functions that scripts have, in terms of `value::ops`.
//!
//! Rhai has decimals of 96 bits that it rounds silently, and divides integers without a rest; so each operator on
//! numbers is ours, for integers, for Rhai's decimals (which only literals are) and for exact values alike.

use std::any::TypeId;
use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use chrono::NaiveDate;
use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, ImmutableString, Module, NativeCallContext, Position};
use rust_decimal::Decimal;

use crate::syntax::expression::BinaryOp;
use crate::value::ops::{self, ArithmeticError};
use crate::value::{Exact, RoundingMode};

type Arguments<'a, 'v> = &'a mut [&'v mut Dynamic];
/// What a part of a date is.
type Part = fn(NaiveDate) -> i64;
type Computed = Result<Dynamic, Box<EvalAltResult>>;

/// A number of a script.
#[derive(Clone, Copy)]
enum Number {
    Integer(i64),
    Decimal(Exact),
}

impl Number {
    fn of(value: &Dynamic) -> Option<Number> {
        if let Ok(integer) = value.as_int() {
            return Some(Number::Integer(integer));
        }
        if let Some(exact) = value.read_lock::<Exact>() {
            return Some(Number::Decimal(*exact));
        }
        value.as_decimal().ok().map(|d| Number::Decimal(Exact::from(d)))
    }

    fn exact(self) -> Exact {
        match self {
            Number::Integer(value) => Exact::from(value),
            Number::Decimal(value) => value,
        }
    }

    fn compare(self, other: Number) -> Ordering {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => a.cmp(&b),
            (a, b) => a.exact().cmp(&b.exact()),
        }
    }

    fn compute(self, op: BinaryOp, other: Number) -> Result<Dynamic, ArithmeticError> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => ops::integer(op, a, b).map(Dynamic::from_int),
            (a, b) => ops::decimal(op, a.exact(), b.exact()).map(Dynamic::from),
        }
    }
}

/// The exact value of a number.
pub(super) fn decimal(value: &Dynamic) -> Option<Exact> {
    Number::of(value).map(Number::exact)
}

fn failed(error: ArithmeticError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(error), Position::NONE))
}

/// The checker lets no other type through.
fn wrong_type() -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime("a value of a type that cannot be here".into(), Position::NONE))
}

fn number(arguments: &[&mut Dynamic], at: usize) -> Result<Number, Box<EvalAltResult>> {
    arguments.get(at).and_then(|value| Number::of(value)).ok_or_else(wrong_type)
}

/// A date, also where a text writes it.
fn date(arguments: &[&mut Dynamic], at: usize) -> Result<NaiveDate, Box<EvalAltResult>> {
    let value = arguments.get(at).ok_or_else(wrong_type)?;
    if let Some(date) = value.read_lock::<NaiveDate>() {
        return Ok(*date);
    }
    let text = value.read_lock::<ImmutableString>().ok_or_else(wrong_type)?;
    ops::date_from_text(&text).ok_or_else(wrong_type)
}

fn numbers() -> [TypeId; 3] {
    [TypeId::of::<INT>(), TypeId::of::<Exact>(), TypeId::of::<Decimal>()]
}

/// Registers everything that scripts can call or write.
pub(super) fn register(engine: &mut Engine, rounding: RoundingMode) {
    engine.register_type_with_name::<Exact>("decimal").register_type_with_name::<NaiveDate>("date");
    arithmetic(engine);
    comparisons(engine);
    membership(engine);
    functions(engine, rounding);
    let mut loops = Module::new();
    loops.set_iterable::<Range<INT>>();
    loops.set_iterable::<RangeInclusive<INT>>();
    loops.set_iterable::<Array>();
    engine.register_global_module(loops.into());
}

fn arithmetic(engine: &mut Engine) {
    use BinaryOp::{Add, Divide, Multiply, Remainder, Subtract};
    for (op, assign) in [(Add, "+="), (Subtract, "-="), (Multiply, "*="), (Divide, "/="), (Remainder, "%=")] {
        let compute = move |arguments: &[&mut Dynamic]| -> Computed {
            number(arguments, 0)?.compute(op, number(arguments, 1)?).map_err(failed)
        };
        for a in numbers() {
            for b in numbers() {
                engine.register_raw_fn(
                    op.text(),
                    [a, b],
                    move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| compute(arguments),
                );
                // Without its own, Rhai would add integers by itself, with an error of its own.
                engine.register_raw_fn(
                    assign,
                    [a, b],
                    move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| {
                        let value = compute(arguments)?;
                        if let Some(target) = arguments.first_mut() {
                            **target = value;
                        }
                        Ok(())
                    },
                );
            }
        }
    }
    engine.register_fn("!", |value: bool| !value);
    for a in numbers() {
        engine.register_raw_fn("-", [a], |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
            match number(arguments, 0)? {
                Number::Integer(value) => ops::negate_integer(value).map(Dynamic::from_int),
                Number::Decimal(value) => ops::negate_decimal(value).map(Dynamic::from),
            }
            .map_err(failed)
        });
    }
}

fn holds(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Less => order == Ordering::Less,
        BinaryOp::LessEqual => order != Ordering::Greater,
        BinaryOp::Greater => order == Ordering::Greater,
        BinaryOp::GreaterEqual => order != Ordering::Less,
        BinaryOp::NotEqual => order != Ordering::Equal,
        _ => order == Ordering::Equal,
    }
}

fn comparisons(engine: &mut Engine) {
    let dates = [TypeId::of::<NaiveDate>(), TypeId::of::<ImmutableString>()];
    for op in [
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
    ] {
        for a in numbers() {
            for b in numbers() {
                engine.register_raw_fn(
                    op.text(),
                    [a, b],
                    move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
                        let order = number(arguments, 0)?.compare(number(arguments, 1)?);
                        Ok(Dynamic::from_bool(holds(op, order)))
                    },
                );
            }
        }
        for a in dates {
            for b in dates {
                // Two texts are compared as texts, which Rhai does by itself.
                if a == b && a == TypeId::of::<ImmutableString>() {
                    continue;
                }
                engine.register_raw_fn(
                    op.text(),
                    [a, b],
                    move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
                        let order = date(arguments, 0)?.cmp(&date(arguments, 1)?);
                        Ok(Dynamic::from_bool(holds(op, order)))
                    },
                );
            }
        }
    }
}

/// `value in array`, which Rhai writes as `contains(array, value)`.
fn membership(engine: &mut Engine) {
    let others = [TypeId::of::<bool>(), TypeId::of::<ImmutableString>(), TypeId::of::<NaiveDate>()];
    for member in numbers().into_iter().chain(others) {
        engine.register_raw_fn(
            "contains",
            [TypeId::of::<Array>(), member],
            |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
                let [array, value] = arguments else { return Err(wrong_type()) };
                let array = array.read_lock::<Array>().ok_or_else(wrong_type)?;
                Ok(Dynamic::from_bool(array.iter().any(|member| same(member, value))))
            },
        );
    }
}

fn same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (Number::of(a), Number::of(b)) {
        return a.compare(b) == Ordering::Equal;
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return a == b;
    }
    let text = |value: &Dynamic| value.read_lock::<ImmutableString>().map(|t| t.clone());
    let day = |value: &Dynamic| {
        let written = || text(value).and_then(|t| ops::date_from_text(&t));
        value.read_lock::<NaiveDate>().map(|d| *d).or_else(written)
    };
    match (text(a), text(b)) {
        (Some(a), Some(b)) => a == b,
        _ => day(a).is_some() && day(a) == day(b),
    }
}

fn functions(engine: &mut Engine, rounding: RoundingMode) {
    let any = TypeId::of::<Dynamic>();
    for (name, better) in [("min", Ordering::Less), ("max", Ordering::Greater)] {
        for count in 2..=8 {
            engine.register_raw_fn(
                name,
                vec![any; count],
                move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed { best(arguments, better) },
            );
        }
    }
    engine.register_raw_fn("abs", [any], |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
        match number(arguments, 0)? {
            Number::Integer(value) => ops::abs_integer(value).map(Dynamic::from_int),
            Number::Decimal(value) => ops::abs_decimal(value).map(Dynamic::from),
        }
        .map_err(failed)
    });
    engine.register_raw_fn(
        "round",
        [any, TypeId::of::<INT>()],
        move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
            let Number::Integer(decimals) = number(arguments, 1)? else { return Err(wrong_type()) };
            ops::round(number(arguments, 0)?.exact(), decimals, rounding).map(Dynamic::from).map_err(failed)
        },
    );
    let parts: [(&str, Part); 3] = [("year", ops::year), ("month", ops::month), ("day", ops::day)];
    for (name, part) in parts {
        engine.register_raw_fn(
            name,
            [any],
            move |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
                Ok(Dynamic::from_int(part(date(arguments, 0)?)))
            },
        );
    }
    engine.register_raw_fn(
        "days_between",
        [any, any],
        |_: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
            Ok(Dynamic::from_int(ops::days_between(date(arguments, 0)?, date(arguments, 1)?)))
        },
    );
    engine.register_raw_fn(
        "is_birthday",
        [any],
        |context: NativeCallContext<'_>, arguments: Arguments<'_, '_>| -> Computed {
            let today = context.tag().and_then(|tag| tag.as_int().ok()).and_then(|days| i32::try_from(days).ok());
            let today = today.and_then(NaiveDate::from_num_days_from_ce_opt).ok_or_else(wrong_type)?;
            Ok(Dynamic::from_bool(ops::is_birthday(date(arguments, 0)?, today)))
        },
    );
}

/// The least or greatest of numbers: an integer if all are.
fn best(arguments: &[&mut Dynamic], better: Ordering) -> Computed {
    let mut best = number(arguments, 0)?;
    let mut all_integers = matches!(best, Number::Integer(_));
    for at in 1..arguments.len() {
        let other = number(arguments, at)?;
        all_integers &= matches!(other, Number::Integer(_));
        if other.compare(best) == better {
            best = other;
        }
    }
    Ok(match best {
        Number::Integer(value) if all_integers => Dynamic::from_int(value),
        other => Dynamic::from(other.exact()),
    })
}
