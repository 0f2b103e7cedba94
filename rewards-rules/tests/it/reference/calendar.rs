//! Local time: the wall clock, tier windows and windows of campaigns (semantics §4, §8).

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use rewards_rules::input::Member;
use rewards_rules::syntax::written::{Bound, Campaign, TierWindow};
use rewards_rules::value::Period;

/// §2.2: the wall clock of an instant in the program's time zone.
pub(crate) fn wall_clock(zone: Tz, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&zone).naive_local()
}

/// §4.2: the first instant of a local day, which need not be midnight.
pub(crate) fn start_of_day(zone: Tz, date: NaiveDate) -> DateTime<Utc> {
    (0..24 * 60)
        .find_map(|minute| {
            let time = date.and_time(NaiveTime::MIN) + chrono::Duration::minutes(minute);
            zone.from_local_datetime(&time).earliest()
        })
        .unwrap()
        .with_timezone(&Utc)
}

/// §4.1: the key of the period that holds a local date, as counters write it.
pub(crate) fn period_key(period: Period, date: NaiveDate, member: &Member) -> Option<String> {
    period.key(date, member.billing_day, member.joined_on).map(|k| k.to_string())
}

/// §3.6, §4.2: `active` is tested on the instant alone: dates are local and inclusive, instants half-open.
pub(crate) fn is_active(campaign: &Campaign, zone: Tz, at: DateTime<Utc>) -> bool {
    let date = wall_clock(zone, at).date();
    let begun = match campaign.from.as_ref().map(|b| b.value) {
        None => true,
        Some(Bound::Date(from)) => from <= date,
        Some(Bound::Instant(from)) => from <= at,
    };
    let not_over = match campaign.to.as_ref().map(|b| b.value) {
        None => true,
        Some(Bound::Date(to)) => date <= to,
        Some(Bound::Instant(to)) => at < to,
    };
    begun && not_over
}

/// §4.2: `days` and `hours` by the local wall clock. A window over midnight belongs to the day on which it began.
pub(crate) fn is_open(campaign: &Campaign, local: NaiveDateTime) -> bool {
    let yesterday = local.date().pred_opt().unwrap();
    let day_of_window = match &campaign.hours {
        None => Some(local.date()),
        Some(hours) => {
            let (from, to) = (hours.from.value, hours.to.value);
            let time = local.time();
            match to {
                None => (from <= time).then_some(local.date()),
                Some(to) if from < to => (from <= time && time < to).then_some(local.date()),
                Some(_) if from <= time => Some(local.date()),
                Some(to) if time < to => Some(yesterday),
                Some(_) => None,
            }
        }
    };
    let days: Option<&[Weekday]> = campaign.days.as_ref().map(|d| d.value.as_slice());
    day_of_window.is_some_and(|date| days.is_none_or(|days| days.contains(&date.weekday())))
}

/// A tier window, named by the first day of its last calendar unit: the year, the last month, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Window(pub(crate) NaiveDate);

/// §8: the window that a purchase on a local date counts in.
pub(crate) fn window_of(kind: TierWindow, date: NaiveDate) -> Window {
    Window(match kind {
        TierWindow::CalendarYear => NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap(),
        TierWindow::RollingMonths(_) => first_of_month(date),
        TierWindow::Lifetime => NaiveDate::MIN,
    })
}

/// The name of a window in `progress`.
pub(crate) fn window_name(kind: TierWindow, window: Window) -> String {
    match kind {
        TierWindow::CalendarYear => window.0.format("%Y").to_string(),
        TierWindow::RollingMonths(_) => window.0.format("%Y-%m").to_string(),
        TierWindow::Lifetime => "lifetime".to_owned(),
    }
}

/// §8: the last day on which a level holds that was last earned in `window`; `None` is for ever.
pub(crate) fn holds_through(kind: TierWindow, window: Window, grace_days: u64) -> Option<NaiveDate> {
    let day_after = match kind {
        TierWindow::CalendarYear => window.0 + Months::new(24),
        TierWindow::RollingMonths(n) => window.0 + Months::new(n + 1),
        TierWindow::Lifetime => return None,
    };
    Some(day_after.pred_opt().unwrap() + Days::new(grace_days))
}

/// §8, corner: the last window that has ended on a day.
pub(crate) fn last_ended_window(kind: TierWindow, date: NaiveDate) -> Window {
    let current = window_of(kind, date).0;
    Window(match kind {
        TierWindow::CalendarYear => current - Months::new(12),
        TierWindow::RollingMonths(_) => current - Months::new(1),
        TierWindow::Lifetime => current,
    })
}

/// The first day of a month.
pub(crate) fn first_of_month(date: NaiveDate) -> NaiveDate {
    date.with_day(1).unwrap()
}

/// Whole calendar months from the month of one date to that of another.
pub(crate) fn months_between(from: NaiveDate, to: NaiveDate) -> i64 {
    let months = |d: NaiveDate| i64::from(d.year()) * 12 + i64::from(d.month0());
    months(to) - months(from)
}
