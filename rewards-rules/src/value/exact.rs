//! Exact decimals: a 128-bit mantissa and a power of ten.
//!
//! Sums and products of amounts, rates and multipliers are computed here without rounding
//! (semantics §1.1, §1.5). What does not fit is an error, never a silent rounding, which is
//! why the engine does not compute with `rust_decimal::Decimal` (96 bits, rounds silently).

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::rounding::RoundingMode;
use super::scale::Scale;

/// The largest number of decimals that an [`Exact`] can hold.
pub const MAX_SCALE: u32 = 38;

/// The exact result does not fit 128 bits and 38 decimals (error code `overflow`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number does not fit into 38 digits")]
pub struct Overflow;

/// The text is not a plain decimal: `-?digits[.digits]`, no exponent, plus sign, separator or `-0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseExactError {
    /// Not of the form `-?digits[.digits]`.
    #[error("not a plain decimal number")]
    Syntax,
    /// More digits than 128 bits hold.
    #[error("more digits than a number can have here")]
    Overflow,
}

/// An exact decimal number, `mantissa / 10^scale`. Equality, order and hash are by value:
/// `1.50` equals `1.5`.
///
/// Aligned to 8 bytes and not to 16, since values and components are copied about and would be a third larger.
#[derive(Clone, Copy)]
#[repr(Rust, packed(8))]
pub struct Exact {
    mantissa: i128,
    scale: Scale,
}

impl Exact {
    #[inline]
    const fn of(mantissa: i128, scale: u8) -> Exact {
        Exact { mantissa, scale: Scale::of(scale) }
    }

    #[inline]
    const fn places(self) -> u8 {
        self.scale.number()
    }
}

const fn power_table() -> [i128; 39] {
    let mut table = [1i128; 39];
    let mut i = 1;
    while i < 39 {
        #[allow(
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            reason = "evaluated by the compiler; 10^38 fits i128"
        )]
        {
            table[i] = table[i - 1] * 10;
            i += 1;
        }
    }
    table
}

static POWERS: [i128; 39] = power_table();

/// 10 to the power of `n`, for `n` up to 38.
fn pow10(n: u32) -> Option<i128> {
    POWERS.get(n as usize).copied()
}

const fn small_power_table() -> [i64; 19] {
    let mut table = [1i64; 19];
    let mut i = 1;
    while i < 19 {
        #[allow(
            clippy::indexing_slicing,
            clippy::arithmetic_side_effects,
            reason = "evaluated by the compiler; 10^18 fits i64"
        )]
        {
            table[i] = table[i - 1] * 10;
            i += 1;
        }
    }
    table
}

static SMALL_POWERS: [i64; 19] = small_power_table();

/// 10 to the power of `n`, for `n` up to 18.
#[inline]
fn small_pow10(n: u32) -> Option<i64> {
    SMALL_POWERS.get(n as usize).copied()
}

/// The true quotient by a power of ten, rounded once.
#[inline]
fn div_round_small(dividend: i64, by: i64, mode: RoundingMode) -> i64 {
    // The power is at least 1, so there is a quotient; beyond 1 it is away from the ends of 64 bits.
    let quotient = dividend.checked_div(by).unwrap_or(dividend);
    let remainder = dividend.checked_rem(by).unwrap_or(0);
    if remainder == 0 {
        return quotient;
    }
    let half = remainder.unsigned_abs().saturating_mul(2).cmp(&by.unsigned_abs());
    let away = match mode {
        RoundingMode::Down => false,
        RoundingMode::Up => true,
        RoundingMode::HalfUp => half != Ordering::Less,
        RoundingMode::HalfEven => half == Ordering::Greater || (half == Ordering::Equal && quotient & 1 != 0),
    };
    match (away, dividend < 0) {
        (false, _) => quotient,
        (true, false) => quotient.saturating_add(1),
        (true, true) => quotient.saturating_sub(1),
    }
}

/// Divides and rounds the true quotient once. `None` if `divisor` is zero or the result does not fit.
pub(crate) fn div_round(dividend: i128, divisor: i128, mode: RoundingMode) -> Option<i128> {
    let quotient;
    let remainder;
    if let (Ok(a), Ok(b)) = (i64::try_from(dividend), i64::try_from(divisor)) {
        // 64-bit division is several times faster, and nearly all values of a purchase fit.
        quotient = i128::from(a.checked_div(b)?);
        remainder = i128::from(a.checked_rem(b)?);
    } else {
        quotient = dividend.checked_div(divisor)?;
        remainder = dividend.checked_rem(divisor)?;
    }
    if remainder == 0 {
        return Some(quotient);
    }
    let negative = (dividend < 0) != (divisor < 0);
    let twice = remainder.unsigned_abs().checked_mul(2);
    let half = match twice {
        Some(t) => t.cmp(&divisor.unsigned_abs()),
        None => Ordering::Greater,
    };
    let away = match mode {
        RoundingMode::Down => false,
        RoundingMode::Up => true,
        RoundingMode::HalfUp => half != Ordering::Less,
        RoundingMode::HalfEven => half == Ordering::Greater || (half == Ordering::Equal && quotient & 1 != 0),
    };
    match (away, negative) {
        (false, _) => Some(quotient),
        (true, false) => quotient.checked_add(1),
        (true, true) => quotient.checked_sub(1),
    }
}

impl Exact {
    /// Zero.
    pub const ZERO: Exact = Exact::of(0, 0);
    /// One.
    pub const ONE: Exact = Exact::of(1, 0);

    /// `mantissa / 10^scale`; [`Overflow`] if the scale is above 38 even without trailing zeros.
    pub fn new(mantissa: i128, scale: u32) -> Result<Exact, Overflow> {
        if scale <= MAX_SCALE {
            #[allow(clippy::cast_possible_truncation, reason = "at most 38")]
            return Ok(Exact::of(mantissa, scale as u8));
        }
        let (mut m, mut s) = (mantissa, scale);
        while s > MAX_SCALE && m % 10 == 0 {
            m /= 10;
            s = s.saturating_sub(1);
        }
        if m == 0 {
            return Ok(Exact::ZERO);
        }
        if s > MAX_SCALE {
            return Err(Overflow);
        }
        Exact::new(m, s)
    }

    /// A whole number of 10^-scale units, for example minor units of a currency. `scale` is at most 38.
    #[inline]
    pub(crate) fn from_units(units: i64, scale: u8) -> Exact {
        debug_assert!(u32::from(scale) <= MAX_SCALE);
        Exact::of(i128::from(units), scale)
    }

    /// The mantissa as stored; only meaningful with [`Exact::scale`].
    #[inline]
    pub fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// The number of decimals as stored, 0 to 38; trailing zeros may be among them.
    #[inline]
    pub fn scale(self) -> u32 {
        u32::from(self.places())
    }

    /// Whether the value is zero.
    #[inline]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Whether the value is below zero.
    #[inline]
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// The same value without trailing zeros.
    pub fn normalized(self) -> Exact {
        let (mut m, mut s) = (self.mantissa, self.places());
        if s == 0 {
            return self;
        }
        if m == 0 {
            return Exact::ZERO;
        }
        // Nearly all values of a purchase fit 64 bits, where division is several times faster.
        if let Ok(mut small) = i64::try_from(m) {
            while s > 0 && small % 10 == 0 {
                small /= 10;
                s = s.saturating_sub(1);
            }
            return Exact::of(i128::from(small), s);
        }
        while s > 0 && m % 10 == 0 {
            m /= 10;
            s = s.saturating_sub(1);
        }
        Exact::of(m, s)
    }

    /// The same value with at least so many decimals, where they fit.
    pub(crate) fn with_decimals(self, decimals: u8) -> Exact {
        match self.rescaled(decimals) {
            Some(mantissa) if u32::from(decimals) <= MAX_SCALE => Exact::of(mantissa, decimals),
            _ => self,
        }
    }

    fn rescaled(self, scale: u8) -> Option<i128> {
        let by = scale.checked_sub(self.places())?;
        if by == 0 {
            return Some(self.mantissa);
        }
        let power = pow10(u32::from(by))?;
        if let (Ok(mantissa), Ok(power)) = (i64::try_from(self.mantissa), i64::try_from(power)) {
            // The product of two 64-bit numbers fits 128 bits.
            return i128::from(mantissa).checked_mul(i128::from(power));
        }
        self.mantissa.checked_mul(power)
    }

    /// Exact sum (semantics §1.5).
    #[inline]
    pub fn checked_add(self, other: Exact) -> Result<Exact, Overflow> {
        if self.places() == other.places()
            && let Some(mantissa) = self.mantissa.checked_add(other.mantissa)
        {
            return Ok(Exact::of(mantissa, self.places()));
        }
        self.add_rescaled(other)
    }

    fn add_rescaled(self, other: Exact) -> Result<Exact, Overflow> {
        fn sum(a: Exact, b: Exact) -> Option<Exact> {
            let scale = a.places().max(b.places());
            let mantissa = a.rescaled(scale)?.checked_add(b.rescaled(scale)?)?;
            Some(Exact::of(mantissa, scale))
        }
        sum(self, other).or_else(|| sum(self.normalized(), other.normalized())).ok_or(Overflow)
    }

    /// Exact difference.
    pub fn checked_sub(self, other: Exact) -> Result<Exact, Overflow> {
        self.checked_add(other.checked_neg()?)
    }

    /// The negated value.
    pub fn checked_neg(self) -> Result<Exact, Overflow> {
        let mantissa = self.mantissa.checked_neg().ok_or(Overflow)?;
        Ok(Exact::of(mantissa, self.places()))
    }

    /// The magnitude.
    pub fn checked_abs(self) -> Result<Exact, Overflow> {
        if self.is_negative() { self.checked_neg() } else { Ok(self) }
    }

    /// Exact product (semantics §1.5).
    #[inline]
    pub fn checked_mul(self, other: Exact) -> Result<Exact, Overflow> {
        match i64::try_from(self.mantissa) {
            Ok(units) => Exact::share(units, self.places(), other),
            Err(_) => self.mul_any(other),
        }
    }

    /// So many units of 10^-decimals times a rate.
    #[inline]
    pub(crate) fn share(units: i64, decimals: u8, rate: Exact) -> Result<Exact, Overflow> {
        if let Ok(small) = i64::try_from(rate.mantissa)
            && let Some(scale) = decimals.checked_add(rate.places())
            && u32::from(scale) <= MAX_SCALE
            // The product of two 64-bit numbers fits 128 bits.
            && let Some(mantissa) = i128::from(units).checked_mul(i128::from(small))
        {
            return Ok(Exact::of(mantissa, scale));
        }
        Exact::from_units(units, decimals).mul_any(rate)
    }

    fn mul_any(self, other: Exact) -> Result<Exact, Overflow> {
        fn product(a: Exact, b: Exact) -> Option<Exact> {
            let scale = a.places().checked_add(b.places())?;
            Exact::new(a.mantissa.checked_mul(b.mantissa)?, u32::from(scale)).ok()
        }
        product(self, other).or_else(|| product(self.normalized(), other.normalized())).ok_or(Overflow)
    }

    /// So many units of 10^-decimals times a rate, in whole units, rounded once: the same as [`Exact::checked_mul`] and
    /// [`Exact::to_units`] one after the other, for the commonest step of all. It is an overflow where the product is.
    #[inline]
    pub(crate) fn rounded_share(units: i64, decimals: u8, rate: Exact, mode: RoundingMode) -> Result<i64, Overflow> {
        if let Ok(small) = i64::try_from(rate.mantissa)
            && let Some(product) = units.checked_mul(small)
            && let Some(by) = small_pow10(rate.scale())
            && u32::from(decimals).saturating_add(rate.scale()) <= MAX_SCALE
        {
            return Ok(div_round_small(product, by, mode));
        }
        Exact::share(units, decimals, rate)?.to_units(u32::from(decimals), mode)
    }

    /// The quotient, rounded once to `decimals` places. `Ok(None)` for a divisor of zero.
    pub fn checked_div(self, divisor: Exact, decimals: u32, mode: RoundingMode) -> Result<Option<Exact>, Overflow> {
        if divisor.is_zero() {
            return Ok(None);
        }
        let a = self.normalized();
        let b = divisor.normalized();
        // a.m / 10^a.s / (b.m / 10^b.s) * 10^decimals = a.m * 10^(decimals + b.s - a.s) / b.m
        let up = decimals.checked_add(b.scale()).ok_or(Overflow)?;
        let (dividend, divisor) = if up >= a.scale() {
            let by = pow10(up.saturating_sub(a.scale())).ok_or(Overflow)?;
            (a.mantissa.checked_mul(by).ok_or(Overflow)?, b.mantissa)
        } else {
            let by = pow10(a.scale().saturating_sub(up)).ok_or(Overflow)?;
            (a.mantissa, b.mantissa.checked_mul(by).ok_or(Overflow)?)
        };
        let quotient = div_round(dividend, divisor, mode).ok_or(Overflow)?;
        Exact::new(quotient, decimals).map(Some)
    }

    /// The quotient as it is shown (semantics §1.5): all of its digits if it ends, else cut after `decimals`.
    /// `Ok(None)` for a divisor of zero.
    pub(crate) fn shown_quotient(self, divisor: Exact, decimals: u32) -> Result<Option<Exact>, Overflow> {
        // A quotient ends exactly if, for some number of decimals, it leaves no rest.
        for places in [decimals, 18, 24, MAX_SCALE] {
            if places < decimals {
                continue;
            }
            let down = self.checked_div(divisor, places, RoundingMode::Down);
            let up = self.checked_div(divisor, places, RoundingMode::Up);
            match (down, up) {
                (Ok(Some(down)), Ok(Some(up))) if down == up => return Ok(Some(down)),
                (Ok(None), _) => return Ok(None),
                (Err(_), _) | (_, Err(_)) => break,
                _ => {}
            }
        }
        self.checked_div(divisor, decimals, RoundingMode::Down)
    }

    /// `self * by / divisor`: multiplied first, divided once (semantics §1.5), rounded to `decimals`.
    /// `Ok(None)` for a divisor of zero.
    pub fn mul_div(
        self,
        by: Exact,
        divisor: Exact,
        decimals: u32,
        mode: RoundingMode,
    ) -> Result<Option<Exact>, Overflow> {
        self.checked_mul(by)?.checked_div(divisor, decimals, mode)
    }

    /// The remainder with the sign of the dividend. `Ok(None)` for a divisor of zero.
    pub fn checked_rem(self, divisor: Exact) -> Result<Option<Exact>, Overflow> {
        fn rem(a: Exact, b: Exact) -> Option<Exact> {
            let scale = a.places().max(b.places());
            let mantissa = a.rescaled(scale)?.checked_rem(b.rescaled(scale)?)?;
            Some(Exact::of(mantissa, scale))
        }
        if divisor.is_zero() {
            return Ok(None);
        }
        rem(self, divisor).or_else(|| rem(self.normalized(), divisor.normalized())).ok_or(Overflow).map(Some)
    }

    /// Rounded once to `decimals` places; the result has at most that many.
    pub fn round(self, decimals: u32, mode: RoundingMode) -> Exact {
        if self.scale() <= decimals {
            return self;
        }
        let by = pow10(self.scale().saturating_sub(decimals)).unwrap_or(i128::MAX);
        let mantissa = div_round(self.mantissa, by, mode).unwrap_or(0);
        #[allow(clippy::cast_possible_truncation, reason = "below self.scale, which is a u8")]
        Exact::of(mantissa, decimals as u8)
    }

    /// The value as a whole number of 10^-decimals units, rounded once by `mode`.
    /// [`Overflow`] if it does not fit 64 bits.
    pub fn to_units(self, decimals: u32, mode: RoundingMode) -> Result<i64, Overflow> {
        if let Ok(small) = i64::try_from(self.mantissa)
            && let Some(by) = self.scale().checked_sub(decimals).and_then(small_pow10)
        {
            return Ok(div_round_small(small, by, mode));
        }
        let rounded = self.round(decimals, mode);
        let by = pow10(decimals.saturating_sub(rounded.scale())).ok_or(Overflow)?;
        let units = rounded.mantissa.checked_mul(by).ok_or(Overflow)?;
        i64::try_from(units).map_err(|_| Overflow)
    }

    /// The value as a whole number of 10^-decimals units if it is one exactly.
    #[inline]
    pub fn to_units_exact(self, decimals: u32) -> Option<i64> {
        if self.scale() == decimals {
            return i64::try_from(self.mantissa).ok();
        }
        let n = self.normalized();
        if n.scale() > decimals {
            return None;
        }
        n.to_units(decimals, RoundingMode::Down).ok()
    }

    /// The text with exactly `decimals` places if the value has no more, else all its digits:
    /// `"12.30"`, never `-0` and never an exponent.
    pub fn to_fixed(self, decimals: u32) -> String {
        let n = self.normalized();
        let mut text = n.to_string();
        if n.scale() < decimals {
            if n.scale() == 0 {
                text.push('.');
            }
            for _ in n.scale()..decimals {
                text.push('0');
            }
        }
        text
    }
}

impl Default for Exact {
    fn default() -> Exact {
        Exact::ZERO
    }
}

impl From<i64> for Exact {
    fn from(value: i64) -> Exact {
        Exact::of(i128::from(value), 0)
    }
}

impl From<rust_decimal::Decimal> for Exact {
    fn from(value: rust_decimal::Decimal) -> Exact {
        #[allow(clippy::cast_possible_truncation, reason = "a Decimal has at most 28 decimals")]
        Exact::of(value.mantissa(), value.scale() as u8)
    }
}

impl TryFrom<Exact> for rust_decimal::Decimal {
    type Error = Overflow;
    fn try_from(value: Exact) -> Result<Self, Overflow> {
        let n = value.normalized();
        rust_decimal::Decimal::try_from_i128_with_scale(n.mantissa, n.scale()).map_err(|_| Overflow)
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Exact {}
impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Exact {
    #[inline]
    fn cmp(&self, other: &Exact) -> Ordering {
        if self.places() == other.places() {
            return { self.mantissa }.cmp(&{ other.mantissa });
        }
        self.cmp_rescaled(other)
    }
}
impl Exact {
    /// The order of two numbers with different numbers of decimals.
    fn cmp_rescaled(&self, other: &Exact) -> Ordering {
        let scale = self.places().max(other.places());
        if let (Some(a), Some(b)) = (self.rescaled(scale), other.rescaled(scale)) {
            return a.cmp(&b);
        }
        // One side is too large for the common scale: whole parts decide, then fractions.
        let (a, b) = (self.normalized(), other.normalized());
        let unit = |x: Exact| pow10(x.scale()).unwrap_or(i128::MAX);
        let whole = |x: Exact| x.mantissa.checked_div(unit(x)).unwrap_or(0);
        let fraction = |x: Exact| {
            let part = x.mantissa.checked_rem(unit(x)).unwrap_or(0);
            let up = pow10(MAX_SCALE.saturating_sub(x.scale())).unwrap_or(1);
            part.checked_mul(up).unwrap_or(0)
        };
        whole(a).cmp(&whole(b)).then_with(|| fraction(a).cmp(&fraction(b)))
    }
}
impl Hash for Exact {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let n = self.normalized();
        { n.mantissa }.hash(state);
        n.places().hash(state);
    }
}

impl fmt::Display for Exact {
    /// Plain digits without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.normalized();
        if n.places() == 0 {
            return write!(f, "{}", n.mantissa());
        }
        let sign = if n.mantissa < 0 { "-" } else { "" };
        let digits = n.mantissa.unsigned_abs().to_string();
        let scale = usize::from(n.places());
        let padded = format!("{digits:0>width$}", width = scale.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(scale));
        write!(f, "{sign}{whole}.{fraction}")
    }
}

impl fmt::Debug for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Exact {
    type Err = ParseExactError;

    /// Reads `-?digits[.digits]`, digit for digit (semantics §1.7).
    fn from_str(text: &str) -> Result<Exact, ParseExactError> {
        match short(text.as_bytes()) {
            Some(exact) => Ok(exact),
            None => Exact::from_any(text),
        }
    }
}

/// What nearly every amount is: up to 18 digits, maybe with a point and no zeros at the end of the fraction. `None` may
/// still be a number.
fn short(text: &[u8]) -> Option<Exact> {
    if text.len() > 19 {
        return None;
    }
    let mut mantissa: i64 = 0;
    let (mut point, mut digits) = (None, 0_u8);
    for &byte in text {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(i64::from(byte.wrapping_sub(b'0')));
                digits = digits.wrapping_add(1);
            }
            b'.' if point.is_none() && digits > 0 => point = Some(digits),
            _ => return None,
        }
    }
    // 18 digits fit 64 bits, so nothing wrapped.
    if digits == 0 || digits > 18 || point == Some(digits) {
        return None;
    }
    let mut scale = point.map_or(0, |at| digits.wrapping_sub(at));
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale = scale.wrapping_sub(1);
    }
    Some(Exact::of(i128::from(mantissa), scale))
}

impl Exact {
    /// Any number, of any length.
    fn from_any(text: &str) -> Result<Exact, ParseExactError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((_, "")) => return Err(ParseExactError::Syntax),
            Some(parts) => parts,
            None => (digits, ""),
        };
        if whole.is_empty() {
            return Err(ParseExactError::Syntax);
        }
        let mut mantissa: i128 = 0;
        let mut scale: u32 = 0;
        let fraction_kept = fraction.trim_end_matches('0');
        for byte in whole.bytes().chain(fraction.bytes()) {
            if !byte.is_ascii_digit() {
                return Err(ParseExactError::Syntax);
            }
        }
        for byte in whole.bytes().chain(fraction_kept.bytes()) {
            let digit = i128::from(byte.saturating_sub(b'0'));
            mantissa = mantissa.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or(ParseExactError::Overflow)?;
        }
        if negative && mantissa == 0 {
            return Err(ParseExactError::Syntax);
        }
        scale = scale.saturating_add(u32::try_from(fraction_kept.len()).unwrap_or(u32::MAX));
        if negative {
            mantissa = mantissa.checked_neg().ok_or(ParseExactError::Overflow)?;
        }
        Exact::new(mantissa, scale).map_err(|_| ParseExactError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn x(text: &str) -> Exact {
        text.parse().unwrap()
    }

    #[test]
    fn text_goes_in_and_out_digit_for_digit() {
        for (text, plain, fixed) in [
            ("0", "0", "0.00"),
            ("1.50", "1.5", "1.50"),
            ("-0.005", "-0.005", "-0.005"),
            ("100", "100", "100.00"),
            ("0.10", "0.1", "0.10"),
        ] {
            assert_eq!(x(text).to_string(), plain);
            assert_eq!(x(text).to_fixed(2), fixed);
        }
        for bad in ["", "-", ".5", "5.", "+1", "1e3", "1_000", "-0", "-0.00", "1,0", "١"] {
            assert!(bad.parse::<Exact>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_quotient_is_rounded_once_by_its_mode() {
        use RoundingMode::*;
        for (value, mode, rounded) in [
            ("0.125", HalfEven, "0.12"),
            ("0.135", HalfEven, "0.14"),
            ("-0.125", HalfEven, "-0.12"),
            ("0.125", HalfUp, "0.13"),
            ("-0.125", HalfUp, "-0.13"),
            ("0.129", Down, "0.12"),
            ("-0.129", Down, "-0.12"),
            ("0.121", Up, "0.13"),
            ("0.120", Up, "0.12"),
        ] {
            assert_eq!(x(value).round(2, mode), x(rounded), "{value} {mode:?}");
        }
        let third = Exact::ONE.checked_div(x("3"), 12, HalfEven).unwrap().unwrap();
        assert_eq!(third.to_string(), "0.333333333333");
        assert_eq!(Exact::ONE.checked_div(Exact::ZERO, 12, HalfEven), Ok(None));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let big = x("99999999999999999999999999999999999999");
        assert_eq!(big.checked_mul(x("10")), Err(Overflow));
        assert_eq!(x("0.1").checked_mul(x("10")).unwrap(), Exact::ONE);
        assert!(big > x("0.00000000000000000000000000000000000001"));
        let tiny = Exact::new(1, 20).unwrap();
        assert_eq!(tiny.checked_mul(tiny), Err(Overflow));
    }
}
