//! Numbers of the reference: fractions of unbounded integers, and how they become text (semantics §1).

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use rewards_rules::value::{Exact, RoundingMode};

/// A number without any bound and without any rounding.
pub(crate) type Number = BigRational;

/// §1.1: the value of a decimal, digit for digit.
pub(crate) fn number(exact: Exact) -> Number {
    Number::new(BigInt::from(exact.mantissa()), ten_to(exact.scale()))
}

/// The decimal of a number that ends; inputs of an evaluation hold decimals.
pub(crate) fn exact(value: &Number) -> Exact {
    plain(value).parse().unwrap()
}

/// A whole number.
pub(crate) fn whole(value: i64) -> Number {
    Number::from_integer(BigInt::from(value))
}

/// 10 to the power of `n`.
pub(crate) fn ten_to(n: u32) -> BigInt {
    BigInt::from(10).pow(n)
}

/// The larger of a number and zero.
pub(crate) fn at_least_zero(value: Number) -> Number {
    if value.is_negative() { Number::zero() } else { value }
}

/// §1.2: rounded once to `decimals` places. All four modes treat a negative number as its magnitude.
pub(crate) fn round(value: &Number, decimals: u32, mode: RoundingMode) -> Number {
    let unit = Number::from_integer(ten_to(decimals));
    let scaled = value.abs() * &unit;
    let floor = scaled.floor();
    let rest = &scaled - &floor;
    let half = Number::new(BigInt::one(), BigInt::from(2));
    let away = match mode {
        RoundingMode::Down => false,
        RoundingMode::Up => !rest.is_zero(),
        RoundingMode::HalfUp => rest >= half,
        RoundingMode::HalfEven => {
            let odd = !(floor.to_integer() % BigInt::from(2)).is_zero();
            rest > half || (rest == half && odd)
        }
    };
    let magnitude = (if away { floor + Number::one() } else { floor }) / unit;
    if value.is_negative() { -magnitude } else { magnitude }
}

/// Cut after `decimals` places.
pub(crate) fn cut_after(value: &Number, decimals: u32) -> Number {
    round(value, decimals, RoundingMode::Down)
}

/// How many decimals a number has; `None` if it does not end.
pub(crate) fn decimals_of(value: &Number) -> Option<u32> {
    let mut rest = value.denom().clone();
    let mut count = [0u32; 2];
    for (prime, count) in [2, 5].into_iter().zip(&mut count) {
        let prime = BigInt::from(prime);
        while (&rest % &prime).is_zero() {
            rest /= &prime;
            *count += 1;
        }
    }
    rest.is_one().then_some(count[0].max(count[1]))
}

/// §1.5 and the outcome's format: a plain decimal without trailing zeros; what does not end is cut after 12 decimals.
pub(crate) fn plain(value: &Number) -> String {
    fixed(value, 0)
}

/// Money and points: at least `decimals` places, more if the value has more (cut after 12 if it does not end).
pub(crate) fn fixed(value: &Number, decimals: u32) -> String {
    let shown = if decimals_of(value).is_some() { value.clone() } else { cut_after(value, 12) };
    let places = decimals_of(&shown).unwrap().max(decimals);
    let digits = (shown.abs() * Number::from_integer(ten_to(places))).to_integer().to_string();
    let places = places as usize;
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (before, after) = padded.split_at(padded.len() - places);
    let sign = if shown.is_negative() { "-" } else { "" };
    if after.is_empty() { format!("{sign}{before}") } else { format!("{sign}{before}.{after}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn x(text: &str) -> Number {
        number(text.parse().unwrap())
    }

    #[test]
    fn numbers_become_text_digit_for_digit() {
        for (value, decimals, text) in [
            (x("1.50"), 0, "1.5"),
            (x("-0.005"), 2, "-0.005"),
            (x("12"), 2, "12.00"),
            (x("0"), 2, "0.00"),
            (x("0"), 0, "0"),
            (x("1") / x("3"), 2, "0.333333333333"),
            (x("-2") / x("3"), 0, "-0.666666666666"),
            (x("1") / x("8192"), 0, "0.0001220703125"),
            (x("100"), 0, "100"),
        ] {
            assert_eq!(fixed(&value, decimals), text);
        }
    }

    #[test]
    fn rounding_follows_its_mode() {
        use RoundingMode::{Down, HalfEven, HalfUp, Up};
        for (value, mode, rounded) in [
            ("0.125", HalfEven, "0.12"),
            ("0.135", HalfEven, "0.14"),
            ("-0.125", HalfEven, "-0.12"),
            ("0.125", HalfUp, "0.13"),
            ("-0.125", HalfUp, "-0.13"),
            ("0.129", Down, "0.12"),
            ("0.121", Up, "0.13"),
            ("0.12", Up, "0.12"),
        ] {
            assert_eq!(round(&x(value), 2, mode), x(rounded), "{value} {mode:?}");
        }
    }
}
