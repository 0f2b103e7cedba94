//! Rates, money, periods and times as an English reader says them: `2 %`, `6,000.00`, `a month`.
//!
//! A room of its own because drawings and comparisons of programs speak of the same things, and are to do it alike.
//! Nothing here is read back by a machine.

use chrono::NaiveTime;

use crate::value::{Duration, Exact, Period};

/// A number with commas between thousands: `1234567.50` becomes `1,234,567.50`.
pub(crate) fn grouped(number: &str) -> String {
    let (sign, rest) = number.strip_prefix('-').map_or(("", number), |rest| ("-", rest));
    let (whole, part) = rest.split_once('.').map_or((rest, ""), |(whole, part)| (whole, part));
    let mut text = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push('.');
        text.push_str(part);
    }
    text
}

/// A value with at least so many decimals.
pub(crate) fn number(value: Exact, decimals: u8) -> String {
    grouped(&value.to_fixed(u32::from(decimals)))
}

/// Whole units of 10^-decimals.
pub(crate) fn units(units: i64, decimals: u8) -> String {
    number(Exact::from_units(units, decimals), decimals)
}

/// A fraction as a percentage, digit for digit.
pub(crate) fn percent(rate: Exact) -> String {
    match rate.checked_mul(Exact::from(100)) {
        Ok(percent) => format!("{} %", percent.normalized()),
        Err(_) => rate.to_string(),
    }
}

/// A period after a quantity: `6,000.00 a year`.
pub(crate) fn per(period: Period) -> &'static str {
    match period {
        Period::Day => "a day",
        Period::Week => "a week",
        Period::Month => "a month",
        Period::Quarter => "a quarter",
        Period::Year => "a year",
        Period::BillingCycle => "a billing cycle",
        Period::Anniversary => "a membership year",
        Period::Campaign => "in the whole campaign",
        Period::Lifetime => "for ever",
    }
}

/// A length of time.
pub(crate) fn duration(duration: Duration) -> String {
    let (count, unit) = match duration {
        Duration::Days(n) => (n, "day"),
        Duration::Months(n) => (n, "month"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A time of day; seconds only where there are some.
pub(crate) fn time(time: NaiveTime) -> String {
    let text = time.format("%H:%M:%S").to_string();
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

/// Names after each other, at most so many of them.
pub(crate) fn some_of<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let shown: Vec<&str> = names.iter().take(most).map(AsRef::as_ref).collect();
    let text = shown.join(", ");
    match names.len().saturating_sub(most) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_have_commas_and_nothing_else_changes() {
        for (number, said) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.05", "-1,234,567.05"),
            ("123456", "123,456"),
            ("0.0001", "0.0001"),
        ] {
            assert_eq!(grouped(number), said);
        }
    }

    #[test]
    fn names_that_are_too_many_are_counted() {
        assert_eq!(some_of(&["a", "b"], 2), "a, b");
        assert_eq!(some_of(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }
}
