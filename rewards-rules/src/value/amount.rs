//! Money and points as whole units, with what is needed to write them.

use std::fmt;

use super::{Currency, Exact};

/// An amount of money: whole minor units of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

impl Amount {
    /// So many minor units of a currency: 350 of USD are 3.50.
    pub fn from_minor(minor: i64, currency: Currency) -> Amount {
        Amount { minor, currency }
    }

    /// Whole minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The value in the major unit, exactly.
    pub fn exact(self) -> Exact {
        Exact::from_units(self.minor, self.currency.decimals())
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }
}

impl fmt::Display for Amount {
    /// With the currency's decimals and without its code: `3.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_units(f, self.minor, self.currency.decimals())
    }
}

/// A number of points: whole units of 10^-`decimals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Points {
    units: i64,
    decimals: u8,
}

impl Points {
    /// So many units: 9775 units with 3 decimals are 9.775 points.
    pub fn from_units(units: i64, decimals: u8) -> Points {
        Points { units, decimals }
    }

    /// Whole units of 10^-decimals.
    pub fn units(self) -> i64 {
        self.units
    }

    /// `points.decimals` of the program.
    pub fn decimals(self) -> u8 {
        self.decimals
    }

    /// The value, exactly.
    pub fn exact(self) -> Exact {
        Exact::from_units(self.units, self.decimals)
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.units == 0
    }
}

impl fmt::Display for Points {
    /// With `points.decimals` decimals: `9.775`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_units(f, self.units, self.decimals)
    }
}

fn write_units(f: &mut fmt::Formatter<'_>, units: i64, decimals: u8) -> fmt::Result {
    if decimals == 0 {
        return write!(f, "{units}");
    }
    let by = 10_u64.checked_pow(u32::from(decimals)).unwrap_or(u64::MAX);
    let magnitude = units.unsigned_abs();
    let whole = magnitude.checked_div(by).unwrap_or(0);
    let part = magnitude.checked_rem(by).unwrap_or(0);
    let sign = if units < 0 { "-" } else { "" };
    write!(f, "{sign}{whole}.{part:0>width$}", width = usize::from(decimals))
}
