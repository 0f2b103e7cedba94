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

    /// Appends what `Display` writes.
    pub fn push_to(self, text: &mut String) {
        push_units(text, self.minor, self.currency.decimals());
    }
}

impl fmt::Display for Amount {
    /// With the currency's decimals and without its code: `3.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(|text| self.push_to(text)))
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

    /// Appends what `Display` writes.
    pub fn push_to(self, text: &mut String) {
        push_units(text, self.units, self.decimals);
    }
}

impl fmt::Display for Points {
    /// With `points.decimals` decimals: `9.775`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(|text| self.push_to(text)))
    }
}

fn written(push: impl FnOnce(&mut String)) -> String {
    let mut text = String::new();
    push(&mut text);
    text
}

/// Appends whole units of 10^-`decimals` as a decimal, without the machinery of `fmt`: a simulation writes five of
/// these for each of its rows.
fn push_units(text: &mut String, units: i64, decimals: u8) {
    // 20 digits, a point and the zeros that a fraction may begin with; decimals beyond that have no caller.
    const ROOM: usize = 64;
    let mut digits = [b'0'; ROOM];
    let mut rest = units.unsigned_abs();
    let mut written = 0_usize;
    let decimals = usize::from(decimals).min(38);
    let mut free = digits.iter_mut().rev();
    while rest > 0 || written <= decimals {
        if written == decimals
            && decimals > 0
            && let Some(place) = free.next()
        {
            *place = b'.';
        }
        if let Some(place) = free.next() {
            *place = b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0));
        }
        rest /= 10;
        written = written.saturating_add(1);
    }
    let from = free.len();
    if units < 0 {
        text.push('-');
    }
    if let Some(Ok(shown)) = digits.get(from..).map(std::str::from_utf8) {
        text.push_str(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_written_with_all_their_decimals() {
        for (units, decimals, shown) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (350, 2, "3.50"),
            (-123_456, 3, "-123.456"),
            (7, 0, "7"),
            (i64::MIN, 0, "-9223372036854775808"),
            (i64::MAX, 2, "92233720368547758.07"),
            (1, 12, "0.000000000001"),
        ] {
            assert_eq!(Points::from_units(units, decimals).to_string(), shown);
        }
    }
}
