//! Numbers of a rule set: from decimals as written to whole minor units, whole units of points, rates and multipliers.
//!
//! A room of its own so that every amount in every section has one range and one wording. Each function answers
//! `None` after it told what is wrong.

use super::report::Report;
use crate::source::{Code, Spanned};
use crate::value::{Currency, Exact};

/// Decimals that a rate, share or multiplier can have, a rate as a fraction.
const RATE_DECIMALS: u32 = 8;
/// The largest rate (100,000 %) and multiplier.
const LARGEST_FACTOR: i64 = 1000;
/// The most points that `earn` gives at a time.
const LARGEST_EARN: i64 = 1_000_000_000;

/// What an amount is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    /// The currency; `None` if it could not be told. Then two decimals are taken, and more are not a mistake.
    Money(Option<Currency>),
    /// Points with so many decimals; `None` if the number was out of its range.
    Points(Option<u8>),
}

impl Unit {
    /// Decimals of one unit.
    pub(super) fn decimals(&self) -> u8 {
        match self {
            Unit::Money(currency) => currency.map_or(2, Currency::decimals),
            Unit::Points(decimals) => decimals.unwrap_or(0),
        }
    }

    fn is_known(&self) -> bool {
        matches!(self, Unit::Money(Some(_)) | Unit::Points(Some(_)))
    }

    /// 10^15 where its units fit 64 bits, as they do with up to 3 decimals.
    fn largest(&self) -> Exact {
        let digits = 18_u32.saturating_sub(u32::from(self.decimals())).min(15);
        Exact::from(10_i64.saturating_pow(digits))
    }

    fn decimals_sentence(&self) -> String {
        match self {
            Unit::Money(Some(currency)) => match currency.decimals() {
                0 => format!("amounts in {} have no decimals", currency.code()),
                n => format!("amounts in {} have at most {n} decimals", currency.code()),
            },
            Unit::Points(Some(0)) => "points have no decimals here, as `points.decimals` is 0".to_owned(),
            Unit::Points(Some(n)) => format!("points have at most {n} decimals here, as `points.decimals` says"),
            Unit::Money(None) | Unit::Points(None) => String::new(),
        }
    }
}

impl Report<'_> {
    /// An amount from 0 up in whole units.
    pub(super) fn amount(&mut self, unit: &Unit, what: &str, written: &Spanned<Exact>) -> Option<i64> {
        let value = written.value.normalized();
        let largest = unit.largest();
        if value.is_negative() {
            self.tell(Code::OutOfRange, written.span, format!("`{what}` is below 0"), "write an amount of 0 or more");
            return None;
        }
        if value > largest {
            let message = format!("`{what}` is larger than any amount can be");
            self.tell(Code::OutOfRange, written.span, message, format!("write at most {largest}"));
            return None;
        }
        if value.scale() > u32::from(unit.decimals()) && unit.is_known() {
            let message = format!("`{what}` is {value}, which has too many decimals");
            self.tell(Code::TooManyDecimals, written.span, message, unit.decimals_sentence());
            return None;
        }
        value.to_units_exact(u32::from(unit.decimals()))
    }

    /// An amount above 0 in whole units.
    pub(super) fn amount_above_zero(&mut self, unit: &Unit, what: &str, written: &Spanned<Exact>) -> Option<i64> {
        if written.value.is_zero() {
            let message = format!("`{what}` is 0");
            self.tell(Code::OutOfRange, written.span, message, "write an amount above 0");
            return None;
        }
        self.amount(unit, what, written)
    }

    /// A rate from 0 up, as a fraction. One above 100 % is a warning.
    pub(super) fn rate(&mut self, what: &str, written: &Spanned<Exact>) -> Option<Exact> {
        let rate = self.factor(what, written, LARGEST_FACTOR)?;
        if rate.is_negative() {
            self.tell(Code::OutOfRange, written.span, format!("`{what}` is below 0 %"), "write a rate of 0 % or more");
            return None;
        }
        if rate > Exact::ONE {
            let percent = rate.checked_mul(Exact::from(100)).unwrap_or(rate);
            let help = format!("this grants {rate} times the amount; if you mean {rate} %, write `{rate}%`");
            self.tell(Code::RateAboveOne, written.span, format!("`{what}` is {percent} %"), help);
        }
        Some(rate)
    }

    /// A multiplier of 1 or more.
    pub(super) fn multiplier(&mut self, what: &str, written: &Spanned<Exact>) -> Option<Exact> {
        let multiplier = self.factor(what, written, LARGEST_FACTOR)?;
        if multiplier < Exact::ONE {
            let message = format!("`{what}` is {multiplier}, and a multiplier is at least 1");
            self.tell(Code::OutOfRange, written.span, message, "1.5 adds half of what is multiplied, 1 adds nothing");
            return None;
        }
        Some(multiplier)
    }

    /// A share from 0 to 1.
    pub(super) fn share(&mut self, what: &str, written: &Spanned<Exact>) -> Option<Exact> {
        if written.value.is_negative() || written.value > Exact::ONE {
            let message = format!("`{what}` is not between 0 % and 100 %");
            self.tell(Code::OutOfRange, written.span, message, "write a part of the members, for example `50%`");
            return None;
        }
        self.factor(what, written, LARGEST_FACTOR)
    }

    /// A whole number within a range, as a smaller integer.
    pub(super) fn whole<T: TryFrom<i64>>(
        &mut self,
        what: &str,
        written: &Spanned<i64>,
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<T> {
        if range.contains(&written.value) {
            return T::try_from(written.value).ok();
        }
        let message = format!("`{what}` is {}", written.value);
        let help = match *range.end() {
            i64::MAX => format!("write a whole number of {} or more", range.start()),
            end => format!("write a whole number from {} to {end}", range.start()),
        };
        self.tell(Code::OutOfRange, written.span, message, help);
        None
    }

    /// How many points `earn` gives: from 0 up, and not bound to `points.decimals`, as only what is granted is rounded.
    pub(super) fn points_earned(&mut self, what: &str, written: &Spanned<Exact>) -> Option<Exact> {
        if written.value.is_negative() {
            self.tell(Code::OutOfRange, written.span, format!("`{what}` is below 0"), "write a number of 0 or more");
            return None;
        }
        self.factor(what, written, LARGEST_EARN)
    }

    /// A number with at most the decimals and the size that products of amounts and factors have room for.
    fn factor(&mut self, what: &str, written: &Spanned<Exact>, largest: i64) -> Option<Exact> {
        let value = written.value.normalized();
        if value > Exact::from(largest) {
            let message = format!("`{what}` is {value}, which is too large");
            self.tell(Code::OutOfRange, written.span, message, format!("write at most {largest}"));
            return None;
        }
        if value.scale() > RATE_DECIMALS {
            let message = format!("`{what}` has {} decimals as a plain number", value.scale());
            let help = format!("write at most {RATE_DECIMALS} decimals, in a percentage at most 6");
            self.tell(Code::TooManyDecimals, written.span, message, help);
            return None;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::source::{Sources, Span};

    fn told(read: impl FnOnce(&mut Report<'_>) -> Option<String>) -> (Option<String>, Vec<&'static str>) {
        let sources = Sources::default();
        let mut findings = Vec::new();
        let value = read(&mut Report::new(&sources, false, &mut findings));
        (value, findings.iter().map(|f| f.code.as_str()).collect())
    }

    fn x(text: &str) -> Spanned<Exact> {
        Spanned { value: text.parse().unwrap(), span: Span::default() }
    }

    #[test]
    fn an_amount_is_whole_units_in_its_range() {
        let money = |code: &str| Unit::Money(Currency::from_code(code));
        for (unit, text, units, codes) in [
            (money("USD"), "12.50", Some("1250"), vec![]),
            (money("USD"), "12.505", None, vec!["R0106"]),
            (money("USD"), "12.500", Some("1250"), vec![]),
            (money("JPY"), "12", Some("12"), vec![]),
            (money("JPY"), "12.5", None, vec!["R0106"]),
            (money("KWD"), "0.001", Some("1"), vec![]),
            (money("USD"), "-0.01", None, vec!["R0107"]),
            (money("USD"), "1000000000000000", Some("100000000000000000"), vec![]),
            (money("USD"), "1000000000000000.01", None, vec!["R0107"]),
            (money("CLF"), "100000000000000", Some("1000000000000000000"), vec![]),
            (money("CLF"), "1000000000000000", None, vec!["R0107"]),
            (Unit::Money(None), "1.234", None, vec![]),
            (Unit::Points(Some(3)), "9.775", Some("9775"), vec![]),
            (Unit::Points(Some(0)), "0.5", None, vec!["R0106"]),
        ] {
            let found = told(|r| r.amount(&unit, "fixed", &x(text)).map(|n| n.to_string()));
            assert_eq!(found, (units.map(str::to_owned), codes), "{unit:?} {text}");
        }
        let zero = told(|r| r.amount_above_zero(&money("USD"), "per", &x("0")).map(|n| n.to_string()));
        assert_eq!(zero, (None, vec!["R0107"]));
    }

    #[test]
    fn rates_multipliers_and_shares_have_their_ranges() {
        let text = |v: Exact| v.to_string();
        for (value, codes) in [
            ("0.06", vec![]),
            ("0", vec![]),
            ("1.5", vec!["R0402"]),
            ("-0.01", vec!["R0107"]),
            ("1001", vec!["R0107"]),
            ("0.123456789", vec!["R0106"]),
        ] {
            assert_eq!(told(|r| r.rate("rate", &x(value)).map(text)).1, codes, "{value}");
        }
        for (value, codes) in [("1", vec![]), ("1.75", vec![]), ("0.99", vec!["R0107"]), ("1001", vec!["R0107"])] {
            assert_eq!(told(|r| r.multiplier("multiplier", &x(value)).map(text)).1, codes, "{value}");
        }
        for (value, codes) in [("0", vec![]), ("1", vec![]), ("1.01", vec!["R0107"]), ("-0.5", vec!["R0107"])] {
            assert_eq!(told(|r| r.share("share", &x(value)).map(text)).1, codes, "{value}");
        }
    }
}
