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

/// Digits of a 64-bit number, a point, a sign, and zeros before the point of a number with many decimals.
const LONGEST: usize = 64;

/// Writes from the right into a buffer and not through the formatting machinery: a simulation writes a handful of
/// numbers for each purchase.
fn write_units(f: &mut fmt::Formatter<'_>, units: i64, decimals: u8) -> fmt::Result {
    let mut buffer = [0_u8; LONGEST];
    let mut start = LONGEST;
    let mut rest = units.unsigned_abs();
    let mut places = 0_u8;
    let mut put = |byte: u8| {
        start = start.saturating_sub(1);
        if let Some(place) = buffer.get_mut(start) {
            *place = byte;
        }
    };
    // At least one digit stands before the point.
    while rest > 0 || places <= decimals {
        if places == decimals && decimals > 0 {
            put(b'.');
        }
        put(b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0)));
        rest /= 10;
        places = places.saturating_add(1);
    }
    if units < 0 {
        put(b'-');
    }
    let written = buffer.get(start..).unwrap_or_default();
    f.write_str(std::str::from_utf8(written).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_written_with_their_decimals() {
        for (units, decimals, text) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (350, 2, "3.50"),
            (-100, 0, "-100"),
            (9775, 3, "9.775"),
            (i64::MAX, 2, "92233720368547758.07"),
            (i64::MIN, 4, "-922337203685477.5808"),
            (7, 12, "0.000000000007"),
        ] {
            assert_eq!(Points::from_units(units, decimals).to_string(), text);
        }
    }
}
