//! What the operators and built-in functions of expressions compute (semantics §1.5, §1.6, §9.1).
//!
//! A room of its own because conditions are computed in two places, the graph and Rhai, and must come out the same:
//! both call these functions and neither computes by itself.

use chrono::{Datelike, NaiveDate};

use super::{Exact, Overflow, RoundingMode, clamped_date};
use crate::syntax::expression::BinaryOp;

/// Decimals of a quotient (semantics §1.5).
const QUOTIENT_DECIMALS: u32 = 12;
/// The largest number of decimals that `round` takes (semantics §9.1).
pub(crate) const MAX_ROUND_DECIMALS: i64 = 12;

/// Why a computation has no result (semantics §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArithmeticError {
    /// A divisor is zero.
    DivisionByZero,
    /// The result does not fit.
    Overflow,
}

impl From<Overflow> for ArithmeticError {
    fn from(_: Overflow) -> ArithmeticError {
        ArithmeticError::Overflow
    }
}

type Computed<T> = Result<T, ArithmeticError>;

/// `-a`
pub(crate) fn negate_integer(a: i64) -> Computed<i64> {
    a.checked_neg().ok_or(ArithmeticError::Overflow)
}

/// `-a`
pub(crate) fn negate_decimal(a: Exact) -> Computed<Exact> {
    Ok(a.checked_neg()?)
}

/// `abs(a)`
pub(crate) fn abs_integer(a: i64) -> Computed<i64> {
    a.checked_abs().ok_or(ArithmeticError::Overflow)
}

/// `abs(a)`
pub(crate) fn abs_decimal(a: Exact) -> Computed<Exact> {
    Ok(a.checked_abs()?)
}

/// `a + b`, `a - b`, `a * b` and `a % b` of integers; the remainder has the sign of `a`. The checker lets no `/`
/// of two integers through, nor any operator that is no arithmetic; asked for one, this is an overflow.
pub(crate) fn integer(op: BinaryOp, a: i64, b: i64) -> Computed<i64> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Remainder if b == 0 => return Err(ArithmeticError::DivisionByZero),
        // The least integer has a remainder by -1, though no quotient.
        BinaryOp::Remainder if b == -1 => Some(0),
        BinaryOp::Remainder => a.checked_rem(b),
        _ => None,
    };
    result.ok_or(ArithmeticError::Overflow)
}

/// `a + b`, `a - b` and `a * b` exactly, `a / b` rounded half even to 12 decimals, `a % b` with the sign of `a`.
pub(crate) fn decimal(op: BinaryOp, a: Exact, b: Exact) -> Computed<Exact> {
    match op {
        BinaryOp::Add => Ok(a.checked_add(b)?),
        BinaryOp::Subtract => Ok(a.checked_sub(b)?),
        BinaryOp::Multiply => Ok(a.checked_mul(b)?),
        BinaryOp::Divide => {
            a.checked_div(b, QUOTIENT_DECIMALS, RoundingMode::HalfEven)?.ok_or(ArithmeticError::DivisionByZero)
        }
        BinaryOp::Remainder => a.checked_rem(b)?.ok_or(ArithmeticError::DivisionByZero),
        _ => Err(ArithmeticError::Overflow),
    }
}

/// `round(a, n)` by the program's mode, of a negative number its magnitude. Another `n` than 0 to 12, which only
/// a computed one can be, is an overflow.
pub(crate) fn round(a: Exact, n: i64, mode: RoundingMode) -> Computed<Exact> {
    let decimals = u32::try_from(n).ok().filter(|_| n <= MAX_ROUND_DECIMALS).ok_or(ArithmeticError::Overflow)?;
    Ok(a.round(decimals, mode))
}

/// `year(d)`
pub(crate) fn year(date: NaiveDate) -> i64 {
    date.year().into()
}

/// `month(d)`, 1 to 12.
pub(crate) fn month(date: NaiveDate) -> i64 {
    date.month().into()
}

/// `day(d)`, 1 to 31.
pub(crate) fn day(date: NaiveDate) -> i64 {
    date.day().into()
}

/// `days_between(a, b)`: b - a.
pub(crate) fn days_between(a: NaiveDate, b: NaiveDate) -> i64 {
    b.signed_duration_since(a).num_days()
}

/// Whether `today` is the birthday of who was born on `birthday`; 29 February is 28 February in other years.
pub(crate) fn is_birthday(birthday: NaiveDate, today: NaiveDate) -> bool {
    clamped_date(today.year(), birthday.month(), birthday.day()) == Some(today)
}

/// The date that a text `YYYY-MM-DD` writes.
pub(crate) fn date_from_text(text: &str) -> Option<NaiveDate> {
    has_shape_of_date(text).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten()
}

fn has_shape_of_date(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() })
}

/// What is wrong with a text of that shape that names no day; `None` for any other text.
pub(crate) fn no_such_day(text: &str) -> Option<String> {
    let numbers: Vec<u32> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let (&[year, month, day], true) = (numbers.as_slice(), has_shape_of_date(text)) else { return None };
    let Some(name) = month.checked_sub(1).and_then(|at| MONTHS.get(usize::try_from(at).ok()?)) else {
        return Some("months are 01 to 12".to_owned());
    };
    let last = (28..=31).rev().find(|last| date_from_text(&format!("{year:04}-{month:02}-{last}")).is_some());
    let last = last.filter(|last| !(1..=*last).contains(&day))?;
    Some(if month == 2 { format!("{name} {year} has {last} days") } else { format!("{name} has {last} days") })
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn date(text: &str) -> NaiveDate {
        date_from_text(text).unwrap()
    }

    #[test]
    fn integers_never_wrap() {
        use ArithmeticError::*;
        use BinaryOp::*;
        for (op, a, b, result) in [
            (Add, i64::MAX, 1, Err(Overflow)),
            (Subtract, i64::MIN, 1, Err(Overflow)),
            (Multiply, i64::MAX, 2, Err(Overflow)),
            (Remainder, -7, 3, Ok(-1)),
            (Remainder, 7, -3, Ok(1)),
            (Remainder, 7, 0, Err(DivisionByZero)),
            (Remainder, i64::MIN, -1, Ok(0)),
        ] {
            assert_eq!(integer(op, a, b), result, "{a} {op:?} {b}");
        }
        assert_eq!(negate_integer(i64::MIN), Err(Overflow));
        assert_eq!(abs_integer(i64::MIN), Err(Overflow));
    }

    #[test]
    fn a_quotient_has_twelve_decimals_and_a_remainder_the_sign_of_the_dividend() {
        use BinaryOp::*;
        for (op, a, b, result) in [
            (Divide, "1", "3", Ok("0.333333333333")),
            (Divide, "-2", "3", Ok("-0.666666666667")),
            (Divide, "1", "0.0", Err(ArithmeticError::DivisionByZero)),
            (Remainder, "-7.5", "2", Ok("-1.5")),
            (Remainder, "7.5", "-2", Ok("1.5")),
            (Remainder, "1", "0", Err(ArithmeticError::DivisionByZero)),
        ] {
            let computed = decimal(op, a.parse().unwrap(), b.parse().unwrap());
            assert_eq!(computed, result.map(|r: &str| r.parse().unwrap()), "{a} {op:?} {b}");
        }
    }

    #[test]
    fn rounding_of_a_negative_number_rounds_its_magnitude() {
        for (mode, rounded) in [
            (RoundingMode::HalfEven, "-1.2"),
            (RoundingMode::HalfUp, "-1.3"),
            (RoundingMode::Down, "-1.2"),
            (RoundingMode::Up, "-1.3"),
        ] {
            assert_eq!(round("-1.25".parse().unwrap(), 1, mode), Ok(rounded.parse().unwrap()), "{mode:?}");
        }
        for n in [-1, 13, i64::MAX] {
            assert_eq!(round(Exact::ONE, n, RoundingMode::Down), Err(ArithmeticError::Overflow));
        }
    }

    #[test]
    fn the_birthday_of_a_leap_day_is_the_28th_in_other_years() {
        for (birthday, today, is) in [
            ("2000-02-29", "2026-02-28", true),
            ("2000-02-29", "2024-02-28", false),
            ("2000-02-29", "2024-02-29", true),
            ("2000-02-28", "2024-02-28", true),
            ("2000-02-28", "2024-02-29", false),
            ("1990-05-17", "2026-05-17", true),
            ("1990-05-17", "2026-05-18", false),
        ] {
            assert_eq!(is_birthday(date(birthday), date(today)), is, "{birthday} on {today}");
        }
        assert_eq!(days_between(date("2026-02-28"), date("2026-03-01")), 1);
        assert_eq!(days_between(date("2026-03-01"), date("2026-02-28")), -1);
    }

    #[test]
    fn a_date_has_one_spelling() {
        assert!(date_from_text("2026-02-28").is_some());
        for bad in ["2026-2-28", "2026-02-30", "+026-01-01", " 026-01-01", "2026-02-28 ", "2026/02/28", ""] {
            assert_eq!(date_from_text(bad), None, "{bad}");
        }
        for (bad, why) in [
            ("2026-02-29", Some("February 2026 has 28 days")),
            ("2024-02-30", Some("February 2024 has 29 days")),
            ("2026-05-32", Some("May has 31 days")),
            ("2026-06-00", Some("June has 30 days")),
            ("2026-13-01", Some("months are 01 to 12")),
            ("2026-00-01", Some("months are 01 to 12")),
            ("2026-05-31", None),
            ("01.03.1990", None),
            ("20-6-05-31", None),
        ] {
            assert_eq!(no_such_day(bad).as_deref(), why, "{bad}");
        }
    }
}
