//! Money and points between the ledger and the store.
//!
//! The ledger counts units (minor units of the currency, units of 10^-`points.decimals`). PostgreSQL keeps `numeric`,
//! SQLite keeps INTEGER units; both are written as a decimal with a fixed number of digits, and read as either.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Units with their decimals, on the way into the store: `1230` with 2 is `"12.30"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Units {
    /// The number of units.
    pub(crate) units: i64,
    /// How many decimals a whole has.
    pub(crate) decimals: u8,
}

impl Units {
    pub(crate) fn new(units: i64, decimals: u8) -> Units {
        Units { units, decimals }
    }
}

impl std::fmt::Display for Units {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits =
            format!("{:0width$}", self.units.unsigned_abs(), width = usize::from(self.decimals).saturating_add(1));
        let (whole, part) = digits.split_at(digits.len().saturating_sub(usize::from(self.decimals)));
        let sign = if self.units < 0 { "-" } else { "" };
        match part {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number as a store answers it: a decimal, or units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// A decimal, of PostgreSQL.
    Decimal(String),
    /// Units, of SQLite.
    Units(i64),
}

impl Default for Stored {
    fn default() -> Stored {
        Stored::Units(0)
    }
}

impl Stored {
    /// As units of as many decimals as it was written with: a column of which every row has the same number of decimals
    /// is read so without knowing it. Zero, which may stand without decimals, is zero.
    pub(crate) fn raw(&self) -> Option<i64> {
        match self {
            Stored::Units(units) => Some(*units),
            Stored::Decimal(text) => text.replace('.', "").parse().ok(),
        }
    }

    /// As units of so many decimals; `None` if it is no whole number of them.
    pub(crate) fn units(&self, decimals: u8) -> Option<i64> {
        match self {
            Stored::Units(units) => Some(*units),
            Stored::Decimal(text) => {
                let (whole, part) = text.split_once('.').unwrap_or((text, ""));
                let (kept, rest) = part.split_at_checked(usize::from(decimals)).unwrap_or((part, ""));
                if rest.bytes().any(|b| b != b'0') {
                    return None;
                }
                format!("{whole}{kept:0<width$}", width = usize::from(decimals)).parse().ok()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stored, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Stored;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a decimal as text, or units as a number")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Stored, E> {
                Ok(Stored::Decimal(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, units: i64) -> Result<Stored, E> {
                Ok(Stored::Units(units))
            }
            fn visit_u64<E: Error>(self, units: u64) -> Result<Stored, E> {
                i64::try_from(units).map(Stored::Units).map_err(|_| E::custom("units beyond 64 bits"))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test stops at the first surprise"
    )]
    use super::*;

    #[test]
    fn units_go_out_and_come_back_the_same() {
        for decimals in [0, 2, 3, 8] {
            for units in [0, 1, -1, 5, -5, 99, 100, 12_345, -12_345, i64::MAX, i64::MIN + 1] {
                let text = Units::new(units, decimals).to_string();
                assert_eq!(Stored::Decimal(text.clone()).units(decimals), Some(units), "{text}");
            }
        }
        assert_eq!(Units::new(-5, 2).to_string(), "-0.05");
        assert_eq!(Stored::Decimal("12.3".into()).units(2), Some(1230));
        assert_eq!(Stored::Decimal("12.3000".into()).units(2), Some(1230));
        assert_eq!(Stored::Decimal("12.301".into()).units(2), None);
    }
}
