//! The next number up or down, in the digits in which it was written.

/// How far a number moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// By one in the last digit as written: 20.00 becomes 20.01.
    Up,
    /// The same, down.
    Down,
    /// By one before the point: 20.00 becomes 21.00.
    One,
    /// The same, down.
    OneLess,
}

/// The first number of a text, moved; the rest of the text stays. `None` where there is none, or it would fall below
/// zero.
pub(super) fn moved(text: &str, step: Step) -> Option<String> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = text.get(start..)?;
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number = rest.get(..length)?.trim_end_matches('.');
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let places = u32::try_from(decimals.len()).ok()?;
    let value: i128 = format!("{whole}{decimals}").parse().ok()?;
    let one = 10_i128.checked_pow(places)?;
    let by = match step {
        Step::Up => 1,
        Step::Down => -1,
        Step::One => one,
        Step::OneLess => one.checked_neg()?,
    };
    let new = value.checked_add(by).filter(|n| *n >= 0)?;
    let (whole, part) = (new.checked_div(one)?, new.checked_rem(one)?);
    let width = usize::try_from(places).ok()?;
    let spelled = if places == 0 { whole.to_string() } else { format!("{whole}.{part:0>width$}") };
    Some(format!("{}{spelled}{}", text.get(..start)?, rest.get(number.len()..)?))
}
