//! What the parts of one generated case must agree on: currency, tiers, counters and their limits.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::tape::Tape;

/// Names and limits of a generated rule set.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) currency: &'static str,
    /// Decimals of money.
    pub(crate) decimals: u32,
    pub(crate) zone: Tz,
    /// Levels, lowest first; none without tiers.
    pub(crate) tiers: Vec<String>,
    pub(crate) has_points: bool,
    pub(crate) has_earn: bool,
    pub(crate) points_decimals: u32,
    /// Limited counters: key, limit in units (of money or points) or in uses.
    pub(crate) counters: Vec<(String, Counted, i64)>,
    pub(crate) campaigns: Vec<String>,
    /// Redemption options, and whether each has caps.
    pub(crate) options: Vec<(String, bool)>,
    /// Amounts at which something changes, in units.
    pub(crate) edges: Vec<i64>,
}

/// How a counter's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    Money,
    Points,
    Uses,
}

/// A number of units as money of the program's currency. A unit is a hundredth, in currencies of three decimals a
/// thousandth, so that units add up as the money does; without decimals only whole hundreds are exact.
pub(crate) fn money(w: &World, units: i64) -> String {
    with_decimals(units, w.decimals)
}

/// A number of units as a decimal.
pub(crate) fn with_decimals(units: i64, decimals: u32) -> String {
    let per_whole = if decimals == 3 { 1000 } else { 100 };
    let (whole, part) = (units / per_whole, units % per_whole);
    match decimals {
        0 => format!("{whole}"),
        1 => format!("{whole}.{}", part / 10),
        2 => format!("{whole}.{part:02}"),
        _ => format!("{whole}.{part:03}"),
    }
}

/// Local dates near which calendars do unusual things.
const DATES: [(i32, u32, u32); 24] = [
    (2026, 3, 2),
    (2026, 3, 7),
    (2026, 3, 8),
    (2026, 3, 28),
    (2026, 3, 29),
    (2026, 3, 31),
    (2026, 4, 1),
    (2026, 4, 5),
    (2026, 4, 24),
    (2026, 4, 30),
    (2026, 6, 30),
    (2026, 9, 27),
    (2026, 10, 4),
    (2026, 10, 25),
    (2026, 10, 31),
    (2026, 11, 1),
    (2026, 12, 31),
    (2027, 1, 1),
    (2027, 1, 31),
    (2027, 2, 28),
    (2027, 3, 1),
    (2028, 2, 29),
    (2028, 12, 31),
    (2026, 1, 1),
];

const TIMES: [(u32, u32, u32); 12] = [
    (12, 0, 0),
    (0, 0, 0),
    (23, 59, 59),
    (1, 30, 0),
    (2, 0, 0),
    (2, 30, 0),
    (3, 0, 0),
    (0, 30, 0),
    (17, 0, 0),
    (22, 59, 59),
    (23, 0, 0),
    (8, 15, 0),
];

/// A local date worth a try.
pub(crate) fn date(t: &mut Tape) -> NaiveDate {
    let (year, month, day) = *t.pick(&DATES);
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// An instant near a turn of the local calendar.
pub(crate) fn instant(t: &mut Tape, w: &World) -> DateTime<Utc> {
    let day = date(t);
    on_day(t, w, day)
}

/// An instant on a local day (or an hour later, where that time never comes).
pub(crate) fn on_day(t: &mut Tape, w: &World, day: NaiveDate) -> DateTime<Utc> {
    let (hour, minute, second) = *t.pick(&TIMES);
    let local = day.and_time(NaiveTime::from_hms_opt(hour, minute, second).unwrap());
    let found = w.zone.from_local_datetime(&local);
    let found = if t.chance(50) { found.latest() } else { found.earliest() };
    let at = match found {
        Some(at) => at.with_timezone(&Utc),
        None => w.zone.from_local_datetime(&(local + chrono::Duration::hours(1))).unwrap().with_timezone(&Utc),
    };
    if t.chance(10) { at + chrono::Duration::milliseconds(t.between(1, 1000)) } else { at }
}
