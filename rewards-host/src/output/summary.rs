//! What a simulation cost, for people.

use std::fmt::Write;
use std::time::Duration;

use rewards_rules::simulate::{Cost, Summary};

/// Of fewer rows, speed and memory say nothing of the rows: the start of the command is the most of them.
const ROWS_THAT_TELL: u64 = 1_000;

/// `1 member`, `2 members`.
fn counted(count: u64, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

/// A table of costs: label, money, points, how often.
fn table(text: &mut String, title: &str, times: &str, costs: &[Cost], points: bool) {
    if costs.is_empty() {
        return;
    }
    let label = |c: &Cost| if c.kind.is_empty() { c.id.clone() } else { format!("{} ({})", c.id, c.kind) };
    let rows: Vec<[String; 4]> =
        costs.iter().map(|c| [label(c), c.money.to_string(), c.points.to_string(), c.times.to_string()]).collect();
    let head = [title.to_owned(), "money".to_owned(), "points".to_owned(), times.to_owned()];
    let width = |at: usize| {
        let cells = rows.iter().chain(std::iter::once(&head)).filter_map(|r| r.get(at));
        cells.map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let (first, money, earned, often) = (width(0), width(1), width(2), width(3));
    // Writing to a String cannot fail.
    let _ = writeln!(text);
    for [label, amount, units, count] in std::iter::once(&head).chain(&rows) {
        let _ = write!(text, "  {label:<first$}  {amount:>money$}");
        if points {
            let _ = write!(text, "  {units:>earned$}");
        }
        let _ = writeln!(text, "  {count:>often$}");
    }
}

/// The summary as text.
pub(crate) fn human(summary: &Summary, took: Duration, bytes_a_row: Option<u64>) -> String {
    let mut text = String::new();
    let currency = summary.amount().currency();
    let [base, loyalty, campaign, total] = summary.totals();
    let with_points = !summary.points().is_zero();
    let _ = writeln!(
        text,
        "{}, {}, {} repeated, {} rejected; {}, {} of them reached",
        counted(summary.purchases, "purchase"),
        counted(summary.refunds, "refund"),
        summary.repeated,
        summary.rejected,
        counted(summary.members, "member"),
        summary.members_reached,
    );
    let code = currency.code();
    let _ = writeln!(text, "bought   {} {code}, of which {} count", summary.amount(), summary.eligible_amount());
    let _ = writeln!(text, "granted  {total} {code} = base {base} + loyalty {loyalty} + campaigns {campaign}");
    if let Some(rate) = summary.effective_rate() {
        let _ = writeln!(text, "         {} of what was bought", percent(&rate.to_fixed(6)));
    }
    if with_points {
        let _ = writeln!(text, "points   {}", summary.points());
    }
    table(&mut text, "rule", "grants", summary.by_rule(), with_points);
    table(&mut text, "tier", "rows", summary.by_tier(), with_points);
    table(&mut text, "month", "rows", summary.by_month(), with_points);
    if !summary.caps().is_empty() {
        let width = summary.caps().iter().map(|c| c.cap.chars().count()).max().unwrap_or(0);
        let _ = writeln!(text, "\n  caps that cut");
        for cap in summary.caps() {
            let _ = writeln!(text, "  {:<width$}  {}, {} in all", cap.cap, counted(cap.times, "time"), cap.cut);
        }
    }
    if summary.rows() < ROWS_THAT_TELL {
        return text;
    }
    let seconds = took.as_millis().max(1);
    let rows = u128::from(summary.rows());
    let a_second = rows.saturating_mul(1000).checked_div(seconds).unwrap_or(0);
    let memory = bytes_a_row.map_or(String::new(), |b| format!(", {b} bytes of memory a row at the peak"));
    let _ = writeln!(
        text,
        "\n{rows} rows in {}.{:03} s, {a_second} a second{memory}",
        seconds.checked_div(1000).unwrap_or(0),
        seconds.checked_rem(1000).unwrap_or(0),
    );
    text
}

/// A fraction with 6 decimals as a percentage with 4: `0.013590` is `1.3590 %`.
fn percent(fraction: &str) -> String {
    let (sign, digits) = match fraction.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", fraction),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "000000"));
    let moved = format!("{whole}{}", part.get(..2).unwrap_or("00"));
    let whole = moved.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    format!("{sign}{whole}.{} %", part.get(2..).unwrap_or("0000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_becomes_a_percentage() {
        for (fraction, shown) in [
            ("0.013590", "1.3590 %"),
            ("1.000000", "100.0000 %"),
            ("0.000000", "0.0000 %"),
            ("-0.120000", "-12.0000 %"),
        ] {
            assert_eq!(percent(fraction), shown);
        }
    }
}
