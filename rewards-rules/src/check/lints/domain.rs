//! Which values something can have: a superset of them, made of constants.
//!
//! A room of its own because all that the lints conclude rests on it: a domain may be too large, never too small. So
//! an empty one is proof.

use std::collections::BTreeSet;
use std::rc::Rc;

use chrono::{Datelike, NaiveDate};

use crate::check::typed::Constant;
use crate::syntax::expression::BinaryOp;
use crate::value::Exact;

/// The most whole numbers between two bounds that are tried one by one.
const MAX_TRIED: usize = 400;

/// A value as domains compare it. True is 1, a date the number of its day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A number, a date or a boolean.
    Number(Exact),
    /// A text, by its bytes.
    Text(String),
}

impl Key {
    pub(super) fn day(date: NaiveDate) -> Key {
        Key::Number(Exact::from(i64::from(date.num_days_from_ce())))
    }

    pub(super) fn number(n: i64) -> Key {
        Key::Number(Exact::from(n))
    }
}

impl From<&Constant> for Key {
    fn from(constant: &Constant) -> Key {
        match constant {
            Constant::Boolean(b) => Key::number(i64::from(*b)),
            Constant::Integer(i) => Key::number(*i),
            Constant::Decimal(d) => Key::Number(*d),
            Constant::Text(t) => Key::Text(t.clone()),
            Constant::Date(d) => Key::day(*d),
        }
    }
}

/// One end of a range, and whether it belongs to it.
pub(super) type Bound = (Key, bool);

/// A set of values; shared, as lists can be long.
pub(super) type Keys = Rc<BTreeSet<Key>>;

/// The values that something can have while it is there.
#[derive(Debug, Clone, Default)]
pub(super) struct Domain {
    /// If not `None`, no others than these.
    only: Option<Keys>,
    /// None of these.
    not: Vec<Keys>,
    low: Option<Bound>,
    high: Option<Bound>,
    /// Only whole numbers.
    whole: bool,
}

impl Domain {
    /// Any value; if `whole`, any whole number.
    pub(super) fn any(whole: bool) -> Domain {
        Domain { whole, ..Domain::default() }
    }

    /// One of these.
    pub(super) fn of(keys: Keys) -> Domain {
        Domain { only: Some(keys), ..Domain::default() }
    }

    /// One of these texts.
    pub(super) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Domain {
        Domain::of(Rc::new(texts.into_iter().map(|t| Key::Text(t.to_owned())).collect()))
    }

    /// Exactly this.
    pub(super) fn one(key: Key) -> Domain {
        Domain::of(Rc::new(BTreeSet::from([key])))
    }

    /// A range.
    pub(super) fn range(low: Option<Bound>, high: Option<Bound>, whole: bool) -> Domain {
        let mut domain = Domain::any(whole);
        domain.raise(low);
        domain.lower(high);
        domain
    }

    pub(super) fn booleans() -> Domain {
        Domain::of(Rc::new(BTreeSet::from([Key::number(0), Key::number(1)])))
    }

    /// The same values, where numbers between the whole ones count too.
    pub(super) fn with_decimals(mut self) -> Domain {
        self.whole = false;
        self
    }

    fn contains(&self, key: &Key) -> bool {
        let above = self.low.as_ref().is_none_or(|(low, inclusive)| key > low || (*inclusive && key == low));
        let below = self.high.as_ref().is_none_or(|(high, inclusive)| key < high || (*inclusive && key == high));
        let listed = self.only.as_ref().is_none_or(|only| only.contains(key));
        above && below && listed && !self.not.iter().any(|not| not.contains(key))
    }

    /// Whether it is certain that there is no value.
    pub(super) fn is_empty(&self) -> bool {
        if let Some(only) = &self.only {
            return !only.iter().any(|key| self.contains(key));
        }
        let (Some((low, low_in)), Some((high, high_in))) = (&self.low, &self.high) else { return false };
        if low > high || (low == high && !(*low_in && *high_in)) {
            return true;
        }
        if low == high {
            return !self.contains(low);
        }
        let (true, Key::Number(from), Key::Number(to)) = (self.whole, low, high) else { return false };
        // Bounds of whole numbers are whole and belong to the range.
        let mut at = *from;
        for _ in 0..MAX_TRIED {
            if self.contains(&Key::Number(at)) {
                return false;
            }
            match at.checked_add(Exact::ONE) {
                Ok(next) if next <= *to => at = next,
                _ => return true,
            }
        }
        false
    }

    /// The single value that is possible, if it is certain that there is no other.
    pub(super) fn single(&self) -> Option<&Key> {
        let only = self.only.as_ref()?;
        let mut possible = only.iter().filter(|key| self.contains(key));
        match (possible.next(), possible.next()) {
            (Some(key), None) => Some(key),
            _ => None,
        }
    }

    pub(super) fn low(&self) -> Option<Bound> {
        let least = self.only.as_ref().and_then(|only| only.iter().find(|key| self.contains(key)));
        least.map(|key| (key.clone(), true)).or_else(|| self.low.clone())
    }

    pub(super) fn high(&self) -> Option<Bound> {
        let greatest = self.only.as_ref().and_then(|only| only.iter().rev().find(|key| self.contains(key)));
        greatest.map(|key| (key.clone(), true)).or_else(|| self.high.clone())
    }

    /// Without what lies below a bound.
    fn raise(&mut self, bound: Option<Bound>) {
        let Some((mut key, mut inclusive)) = bound else { return };
        if let (true, Key::Number(number)) = (self.whole, &key) {
            let up = ceiling(*number);
            let next = if !inclusive && up == *number { up.checked_add(Exact::ONE).ok() } else { Some(up) };
            if let Some(next) = next {
                (key, inclusive) = (Key::Number(next), true);
            }
        }
        let stronger = self.low.as_ref().is_none_or(|(low, was)| key > *low || (key == *low && *was && !inclusive));
        if stronger {
            self.low = Some((key, inclusive));
        }
    }

    /// Without what lies above a bound.
    fn lower(&mut self, bound: Option<Bound>) {
        let Some((mut key, mut inclusive)) = bound else { return };
        if let (true, Key::Number(number)) = (self.whole, &key) {
            let down = ceiling(*number);
            let down = if down == *number && inclusive { Some(down) } else { down.checked_sub(Exact::ONE).ok() };
            if let Some(down) = down {
                (key, inclusive) = (Key::Number(down), true);
            }
        }
        let stronger = self.high.as_ref().is_none_or(|(high, was)| key < *high || (key == *high && *was && !inclusive));
        if stronger {
            self.high = Some((key, inclusive));
        }
    }

    /// What both have.
    pub(super) fn and(mut self, other: &Domain) -> Domain {
        if other.whole && !self.whole {
            self.whole = true;
            let (low, high) = (self.low.take(), self.high.take());
            self.raise(low);
            self.lower(high);
        }
        self.only = match (self.only.take(), &other.only) {
            (Some(a), Some(b)) if !Rc::ptr_eq(&a, b) => Some(Rc::new(a.intersection(b).cloned().collect())),
            (Some(a), _) => Some(a),
            (None, b) => b.clone(),
        };
        // Both mostly grew out of the same: taken together blindly, each step would double the list.
        let new = |keys: &&Keys| !self.not.iter().any(|known| Rc::ptr_eq(known, keys));
        let more: Vec<Keys> = other.not.iter().filter(new).cloned().collect();
        self.not.extend(more);
        self.raise(other.low.clone());
        self.lower(other.high.clone());
        self
    }

    /// Without these.
    pub(super) fn without(mut self, keys: Keys) -> Domain {
        self.not.push(keys);
        self
    }

    /// Only what compares so with some value of `other`, a superset of it.
    pub(super) fn where_compares(mut self, op: BinaryOp, other: &Domain) -> Domain {
        match op {
            BinaryOp::Equal => {
                let whole = self.whole;
                let mut both = self.and(other);
                both.whole = whole;
                return both;
            }
            BinaryOp::Less => self.lower(other.high().map(|(key, _)| (key, false))),
            BinaryOp::LessEqual => self.lower(other.high()),
            BinaryOp::Greater => self.raise(other.low().map(|(key, _)| (key, false))),
            BinaryOp::GreaterEqual => self.raise(other.low()),
            _ => {}
        }
        self
    }

    /// What one of the two has.
    pub(super) fn or(self, other: &Domain) -> Domain {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self;
        }
        let whole = self.whole && other.whole;
        if let (Some(a), Some(b)) = (&self.only, &other.only) {
            let a = a.iter().filter(|k| self.contains(k));
            let b = b.iter().filter(|k| other.contains(k));
            return Domain { whole, ..Domain::of(Rc::new(a.chain(b).cloned().collect())) };
        }
        let low = match (self.low(), other.low()) {
            (Some(a), Some(b)) => Some(if a.0 < b.0 || (a.0 == b.0 && a.1) { a } else { b }),
            _ => None,
        };
        let high = match (self.high(), other.high()) {
            (Some(a), Some(b)) => Some(if a.0 > b.0 || (a.0 == b.0 && a.1) { a } else { b }),
            _ => None,
        };
        let mut not: Vec<Keys> = Vec::new();
        for excluded in &self.not {
            if other.not.iter().any(|o| Rc::ptr_eq(o, excluded)) {
                not.push(excluded.clone());
            } else {
                let both: BTreeSet<Key> = excluded.iter().filter(|k| !other.contains(k)).cloned().collect();
                not.push(Rc::new(both));
            }
        }
        for excluded in &other.not {
            if !self.not.iter().any(|o| Rc::ptr_eq(o, excluded)) {
                let both: BTreeSet<Key> = excluded.iter().filter(|k| !self.contains(k)).cloned().collect();
                not.push(Rc::new(both));
            }
        }
        Domain { only: None, not, low, high, whole }
    }
}

/// The least whole number that is not below this one.
fn ceiling(number: Exact) -> Exact {
    let down = number.checked_rem(Exact::ONE).ok().flatten().and_then(|part| number.checked_sub(part).ok());
    match down {
        Some(whole) if whole < number => whole.checked_add(Exact::ONE).unwrap_or(number),
        Some(whole) => whole,
        None => number,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn bound(text: &str, inclusive: bool) -> Option<Bound> {
        Some((Key::Number(text.parse().unwrap()), inclusive))
    }

    #[test]
    fn a_domain_is_empty_only_when_nothing_is_left() {
        let keys = |numbers: &[i64]| Rc::new(numbers.iter().map(|n| Key::number(*n)).collect::<BTreeSet<_>>());
        for (domain, empty) in [
            (Domain::any(false), false),
            (Domain::range(bound("1", true), bound("1", true), false), false),
            (Domain::range(bound("1", true), bound("1", false), false), true),
            (Domain::range(bound("1", false), bound("2", false), false), false),
            (Domain::range(bound("1", false), bound("2", false), true), true),
            (Domain::range(bound("1.2", true), bound("1.8", true), true), true),
            (Domain::range(bound("-1.8", true), bound("-1.2", true), true), true),
            (Domain::range(bound("-1.2", true), bound("-0.2", true), true), false),
            (Domain::range(bound("1", true), bound("3", true), true).without(keys(&[1, 2, 3])), true),
            (Domain::range(bound("1", true), bound("3", true), true).without(keys(&[1, 3])), false),
            (Domain::of(keys(&[1, 2])).without(keys(&[1])).without(keys(&[2])), true),
            (Domain::of(keys(&[1, 2])).and(&Domain::of(keys(&[2, 3]))), false),
            (Domain::of(keys(&[1, 2])).and(&Domain::range(bound("3", true), None, false)), true),
            (Domain::of(keys(&[])).or(&Domain::of(keys(&[1]))), false),
            (Domain::of(keys(&[])), true),
        ] {
            assert_eq!(domain.is_empty(), empty, "{domain:?}");
        }
    }

    #[test]
    fn a_union_has_what_each_has() {
        let keys = |numbers: &[i64]| Rc::new(numbers.iter().map(|n| Key::number(*n)).collect::<BTreeSet<_>>());
        let parts = [
            Domain::of(keys(&[1, 5, 9])),
            Domain::any(true).without(keys(&[1, 2])),
            Domain::range(bound("2", false), bound("6", true), true),
            Domain::range(None, bound("4", true), false).without(keys(&[3])),
            Domain::of(keys(&[3])),
        ];
        for a in &parts {
            for b in &parts {
                let both = a.clone().or(b);
                let common = a.clone().and(b);
                for n in -1..12 {
                    let key = Key::number(n);
                    assert!(both.contains(&key) || !(a.contains(&key) || b.contains(&key)), "{n} {a:?} {b:?}");
                    assert_eq!(common.contains(&key), a.contains(&key) && b.contains(&key), "{n} {a:?} {b:?}");
                }
            }
        }
    }
}
