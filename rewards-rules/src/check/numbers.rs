//! Numbers of a rule set: from decimals as written to whole minor units and whole units of points.
//!
//! A room of its own so that every amount in every section has one wording. The reader has seen to the ranges that
//! hold everywhere; here it is decided what fits this program's currency and points. Each function answers `None`
//! after it told what is wrong.

use super::report::Reporter;
use crate::source::{Code, Span, Spanned};
use crate::value::{Currency, Exact};

/// From so many percent on a rate without a percent sign was probably meant as a percentage.
const BARE_PERCENT: i64 = 20;
/// Decimals that `earn.points` can have, as many as a rate.
const EARN_DECIMALS: u32 = 8;

/// What an amount is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// The currency; `None` if it could not be told. Then two decimals are taken, and more are not a mistake.
    Money(Option<Currency>),
    /// Points with so many decimals; `None` if that could not be told.
    Points(Option<u8>),
}

impl Unit {
    fn decimals(self) -> u32 {
        u32::from(match self {
            Unit::Money(currency) => currency.map_or(2, Currency::decimals),
            Unit::Points(decimals) => decimals.unwrap_or(0),
        })
    }

    fn is_known(self) -> bool {
        matches!(self, Unit::Money(Some(_)) | Unit::Points(Some(_)))
    }

    /// The largest amount whose units fit 64 bits, as a power of ten. With up to 3 decimals that is the 10^15 which
    /// holds everywhere.
    fn largest(self) -> Exact {
        Exact::from(10_i64.saturating_pow(18_u32.saturating_sub(self.decimals()).min(15)))
    }

    fn about_decimals(self) -> String {
        match self {
            Unit::Money(currency) => {
                let code = currency.as_ref().map_or("the currency", Currency::code);
                match self.decimals() {
                    0 => format!("amounts in {code} have no decimals"),
                    n => format!("amounts in {code} have at most {n} decimals"),
                }
            }
            Unit::Points(Some(0) | None) => "points have no decimals, as `points.decimals` is 0 here".to_owned(),
            Unit::Points(Some(n)) => format!("points have at most {n} decimals, as `points.decimals` says"),
        }
    }
}

impl Reporter<'_> {
    /// An amount in whole units.
    pub(super) fn amount(&mut self, unit: Unit, what: &str, written: &Spanned<Exact>) -> Option<i64> {
        let value = written.value.normalized();
        let largest = unit.largest();
        if value > largest || value.is_negative() {
            let message = format!("`{what}` is {value}, which is out of range");
            self.tell(Code::OutOfRange, written.span, message, format!("it is from 0 to {largest}"));
            return None;
        }
        if value.scale() > unit.decimals() && unit.is_known() {
            let message = format!("`{what}` is {value}, which has too many decimals");
            self.tell(Code::TooManyDecimals, written.span, message, unit.about_decimals());
            return None;
        }
        value.to_units_exact(unit.decimals())
    }

    /// A rate as a fraction. One above 100 % is a warning, and so is a large one that was written as a fraction.
    pub(super) fn rate(&mut self, what: &str, written: &Spanned<Exact>) -> Exact {
        let rate = written.value.normalized();
        let percent = rate.checked_mul(Exact::from(100)).unwrap_or(rate);
        if rate <= Exact::ONE && percent >= Exact::from(BARE_PERCENT) && self.is_bare(written.span) {
            let message = format!("`{what}` is {rate} without a percent sign, which is {percent} %");
            let help = format!("if you mean {rate} %, write `{rate}%`; if you mean {percent} %, write `{percent}%`");
            self.tell(Code::RateWithoutPercent, written.span, message, help);
        }
        if rate > Exact::ONE {
            let message = format!("`{what}` is {percent} %");
            let help = format!("this is {rate} times the amount; if you mean {rate} %, write `{rate}%`");
            self.tell(Code::RateAboveOne, written.span, message, help);
        }
        rate
    }

    fn is_bare(&self, written: Span) -> bool {
        self.written(written).is_some_and(|text| !text.contains('%'))
    }

    /// How many points `earn` gives. Not bound to `points.decimals`, as only what is granted is rounded.
    pub(super) fn points_earned(&mut self, written: &Spanned<Exact>) -> Option<Exact> {
        let points = written.value.normalized();
        if points.scale() > EARN_DECIMALS {
            let message = format!("`points` is {points}, which has too many decimals");
            let help = format!("it has at most {EARN_DECIMALS}; write more points per more money");
            self.tell(Code::TooManyDecimals, written.span, message, help);
            return None;
        }
        Some(points)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;
    use crate::source::{SourceFile, Sources};

    fn told<T>(read: impl FnOnce(&mut Reporter<'_>) -> T) -> (T, Vec<&'static str>) {
        let sources = Sources::default();
        let mut findings = Vec::new();
        let value = read(&mut Reporter::new(&sources, &mut findings));
        (value, findings.iter().map(|f| f.code.as_str()).collect())
    }

    fn x(text: &str) -> Spanned<Exact> {
        Spanned { value: text.parse().unwrap(), span: Span::default() }
    }

    #[test]
    fn an_amount_is_whole_units_of_its_currency() {
        let money = |code: &str| Unit::Money(Currency::from_code(code));
        for (unit, text, units, codes) in [
            (money("USD"), "12.50", Some(1250), vec![]),
            (money("USD"), "12.505", None, vec!["R0106"]),
            (money("USD"), "12.500", Some(1250), vec![]),
            (money("JPY"), "12", Some(12), vec![]),
            (money("JPY"), "12.5", None, vec!["R0106"]),
            (money("KWD"), "0.001", Some(1), vec![]),
            (money("USD"), "-0.01", None, vec!["R0107"]),
            (money("USD"), "1000000000000000", Some(100_000_000_000_000_000), vec![]),
            (money("USD"), "1000000000000000.01", None, vec!["R0107"]),
            (money("CLF"), "100000000000000", Some(1_000_000_000_000_000_000), vec![]),
            (money("CLF"), "1000000000000000", None, vec!["R0107"]),
            (Unit::Money(None), "1.234", None, vec![]),
            (Unit::Money(None), "1.23", Some(123), vec![]),
            (Unit::Points(Some(3)), "9.775", Some(9775), vec![]),
            (Unit::Points(Some(0)), "0.5", None, vec!["R0106"]),
            (Unit::Points(None), "0.5", None, vec![]),
        ] {
            assert_eq!(told(|r| r.amount(unit, "fixed", &x(text))), (units, codes), "{unit:?} {text}");
        }
    }

    #[test]
    fn a_rate_above_one_is_probably_a_percentage() {
        for (value, codes) in [("0.06", vec![]), ("1", vec![]), ("6", vec!["R0402"])] {
            assert_eq!(told(|r| r.rate("rate", &x(value))).1, codes, "{value}");
        }
    }

    #[test]
    fn a_large_rate_is_written_with_its_percent_sign() {
        for (text, value, message) in [
            ("0.1999", "0.1999", None),
            ("0.2", "0.2", Some("`rate` is 0.2 without a percent sign, which is 20 %")),
            ("1", "1", Some("`rate` is 1 without a percent sign, which is 100 %")),
            ("1.00", "1", Some("`rate` is 1 without a percent sign, which is 100 %")),
            ("20%", "0.2", None),
            ("100 %", "1", None),
            ("1.5", "1.5", Some("`rate` is 150 %")),
        ] {
            let sources = Sources::new([SourceFile { path: "p.yaml".to_owned(), bytes: text.into() }]);
            let mut findings = Vec::new();
            let end = u32::try_from(text.len()).unwrap();
            let written = Spanned { value: value.parse().unwrap(), span: Span { file: 0, start: 0, end } };
            Reporter::new(&sources, &mut findings).rate("rate", &written);
            let messages: Vec<&str> = findings.iter().map(|f| f.message.as_str()).collect();
            assert_eq!(messages, Vec::from_iter(message), "{text}");
        }
    }
}
