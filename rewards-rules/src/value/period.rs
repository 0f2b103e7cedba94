//! Local time and periods: the calendar that limits, windows and expiry dates are counted in (semantics §4).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

/// A stretch of time after which a counter starts again (semantics §4.1). Half-open, in the program's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// A local calendar day, keyed `2026-03-31`.
    Day,
    /// An ISO week from Monday, keyed `2026-W14` by the ISO year.
    Week,
    /// A calendar month, keyed `2026-03`.
    Month,
    /// A calendar quarter, keyed `2026-Q1`.
    Quarter,
    /// A calendar year, keyed `2026`.
    Year,
    /// From the member's `billing_day` to the next one, keyed `from:2026-03-15`.
    BillingCycle,
    /// From a yearly return of the member's `joined_on` to the next one, keyed `from:2026-03-15`.
    Anniversary,
    /// As long as a campaign lives, keyed `campaign`.
    Campaign,
    /// For ever, keyed `lifetime`.
    Lifetime,
}

impl Period {
    /// Whether a date alone says in which one it falls.
    pub(crate) fn is_of_calendar(self) -> bool {
        !matches!(self, Period::BillingCycle | Period::Anniversary)
    }

    /// All periods, in the order of the documentation.
    pub const ALL: [Period; 9] = [
        Period::Day,
        Period::Week,
        Period::Month,
        Period::Quarter,
        Period::Year,
        Period::BillingCycle,
        Period::Anniversary,
        Period::Campaign,
        Period::Lifetime,
    ];

    /// A bit of its own in a set of periods.
    pub(crate) fn bit(self) -> u16 {
        1 << (self as u16)
    }

    /// The name that rule files and counter keys use.
    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
            Period::BillingCycle => "billing_cycle",
            Period::Anniversary => "anniversary",
            Period::Campaign => "campaign",
            Period::Lifetime => "lifetime",
        }
    }

    /// The period with this name.
    pub fn from_name(name: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|p| p.name() == name)
    }

    /// The key of the period that holds a local date. `None` if the period needs `billing_day` or
    /// `joined_on` and the member has none (error `missing_fact`).
    pub fn key(self, date: NaiveDate, billing_day: Option<u8>, joined_on: Option<NaiveDate>) -> Option<PeriodKey> {
        let (year, month) = (date.year(), date.month());
        let start = match self {
            Period::Day => date,
            Period::Week => date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?,
            Period::Month => NaiveDate::from_ymd_opt(year, month, 1)?,
            Period::Quarter => {
                let first = date.month0().checked_div(3)?.checked_mul(3)?.checked_add(1)?;
                NaiveDate::from_ymd_opt(year, first, 1)?
            }
            Period::Year => NaiveDate::from_ymd_opt(year, 1, 1)?,
            Period::BillingCycle => {
                let day = u32::from(billing_day?);
                let this = clamped_date(year, month, day)?;
                if this <= date {
                    this
                } else {
                    let earlier = NaiveDate::from_ymd_opt(year, month, 1)?.checked_sub_months(Months::new(1))?;
                    clamped_date(earlier.year(), earlier.month(), day)?
                }
            }
            Period::Anniversary => {
                let joined = joined_on?;
                let this = clamped_date(year, joined.month(), joined.day())?;
                if this <= date { this } else { clamped_date(year.checked_sub(1)?, joined.month(), joined.day())? }
            }
            Period::Campaign | Period::Lifetime => NaiveDate::MIN,
        };
        Some(PeriodKey { period: self, start })
    }
}

/// The date with this day, or the month's last day where the month lacks it (semantics §4.1).
pub(crate) fn clamped_date(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    (1..=day).rev().take(4).find_map(|d| NaiveDate::from_ymd_opt(year, month, d))
}

/// One concrete period of a kind, for example March 2026. Written as semantics §4.1 keys it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeriodKey {
    period: Period,
    start: NaiveDate,
}

impl PeriodKey {
    /// Which kind of period this is one of.
    pub fn period(self) -> Period {
        self.period
    }

    /// The first local date in it; the earliest date there is for `campaign` and `lifetime`.
    pub fn first_day(self) -> NaiveDate {
        self.start
    }

    /// Reads a key of a known kind of period back.
    pub fn parse(period: Period, text: &str) -> Option<PeriodKey> {
        let date = |t: &str| NaiveDate::from_str(t).ok();
        let start = match period {
            Period::Day => date(text)?,
            Period::Week => {
                let (year, week) = text.split_once("-W")?;
                NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, chrono::Weekday::Mon)?
            }
            Period::Month => date(&format!("{text}-01"))?,
            Period::Quarter => {
                let (year, quarter) = text.split_once("-Q")?;
                let quarter: u32 = quarter.parse().ok()?;
                let month = quarter.checked_mul(3)?.checked_sub(2)?;
                NaiveDate::from_ymd_opt(year.parse().ok()?, month, 1)?
            }
            Period::Year => date(&format!("{text}-01-01"))?,
            Period::BillingCycle | Period::Anniversary => date(text.strip_prefix("from:")?)?,
            Period::Campaign | Period::Lifetime => NaiveDate::MIN,
        };
        let key = PeriodKey { period, start };
        (key.to_string() == text).then_some(key)
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.start;
        match self.period {
            Period::Day => write!(f, "{d}"),
            Period::Week => write!(f, "{:04}-W{:02}", d.iso_week().year(), d.iso_week().week()),
            Period::Month => write!(f, "{:04}-{:02}", d.year(), d.month()),
            Period::Quarter => {
                write!(f, "{:04}-Q{}", d.year(), d.month0().checked_div(3).unwrap_or(0).saturating_add(1))
            }
            Period::Year => write!(f, "{:04}", d.year()),
            Period::BillingCycle | Period::Anniversary => write!(f, "from:{d}"),
            Period::Campaign => f.write_str("campaign"),
            Period::Lifetime => f.write_str("lifetime"),
        }
    }
}

/// The wall clock of an instant in a time zone.
pub(crate) fn local(zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
    zone.from_utc_datetime(&instant.naive_utc()).naive_local()
}

/// A time zone that remembers the local day it was last asked about: looking a time zone up costs more than most rules
/// do, and purchases that follow each other mostly fall into one day.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LocalClock {
    known: Option<KnownDay>,
}

/// A stretch of a UTC day in which the offset is one and the local date too.
#[derive(Debug, Clone, Copy)]
struct KnownDay {
    zone: Tz,
    day: NaiveDate,
    /// Seconds of that day, half-open.
    from: u32,
    to: u32,
    /// The local date.
    date: NaiveDate,
    /// What is to be added to a second of the UTC day for the second of the local one.
    shift: i32,
}

/// Seconds of a day.
const DAY: u32 = 86_400;

impl LocalClock {
    /// The wall clock of an instant, the same as [`local`].
    #[inline]
    pub(crate) fn local(&mut self, zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
        let utc = instant.naive_utc();
        let second = utc.time().num_seconds_from_midnight();
        if let Some(known) = &self.known
            && known.day == utc.date()
            && (known.from..known.to).contains(&second)
            && known.zone == zone
            && let Some(second) = second.checked_add_signed(known.shift)
            && let Some(time) = NaiveTime::from_num_seconds_from_midnight_opt(second, utc.time().nanosecond())
        {
            return known.date.and_time(time);
        }
        self.find(zone, instant)
    }

    #[cold]
    fn find(&mut self, zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
        let answer = local(zone, instant);
        self.known = KnownDay::around(zone, instant, answer);
        answer
    }
}

impl KnownDay {
    /// The stretch around an instant; `None` where the clocks change on its day.
    fn around(zone: Tz, instant: DateTime<Utc>, answer: NaiveDateTime) -> Option<KnownDay> {
        let day = instant.date_naive();
        let offset = |day: NaiveDate| zone.offset_from_utc_datetime(&day.and_time(NaiveTime::MIN)).fix();
        // No time zone changes its clocks and changes them back within one day.
        let shift = offset(day);
        if shift != offset(day.succ_opt()?) {
            return None;
        }
        let second = i64::from(instant.num_seconds_from_midnight());
        let shift = i64::from(answer.time().num_seconds_from_midnight()).checked_sub(second)?;
        // Where the local day begins and ends, in seconds of the UTC day.
        let midnight = shift.checked_neg()?;
        let from = u32::try_from(midnight.max(0)).ok()?;
        let to = u32::try_from(midnight.checked_add(i64::from(DAY))?.min(i64::from(DAY))).ok()?;
        Some(KnownDay { zone, day, from, to, date: answer.date(), shift: i32::try_from(shift).ok()? })
    }
}

/// `date` plus `months`, clamped to the month's last day (semantics §3.9).
pub(crate) fn add_months(date: NaiveDate, months: u32) -> Option<NaiveDate> {
    date.checked_add_months(Months::new(months))
}

/// The last day of the month of `date`.
pub(crate) fn month_end(date: NaiveDate) -> Option<NaiveDate> {
    clamped_date(date.year(), date.month(), 31)
}

/// A length of time in a rule file: `14 days`, `12 months`, `2 years`, `3 weeks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Duration {
    /// Calendar days.
    Days(u32),
    /// Calendar months, clamped to the month's last day.
    Months(u32),
}

impl Duration {
    /// The date this long after `date`; `None` beyond the calendar's end.
    pub fn after(self, date: NaiveDate) -> Option<NaiveDate> {
        match self {
            Duration::Days(0) => Some(date),
            Duration::Days(n) => date.checked_add_days(Days::new(u64::from(n))),
            Duration::Months(n) => add_months(date, n),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_clock_that_remembers_tells_the_same_time() {
        let zones = [
            "UTC",
            "America/New_York",
            "Europe/Dublin",
            "Africa/Casablanca",
            "Africa/Monrovia",
            "Asia/Kathmandu",
            "Asia/Gaza",
            "Australia/Lord_Howe",
            "Pacific/Apia",
            "America/St_Johns",
            "Antarctica/Troll",
        ];
        for zone in zones {
            let zone: Tz = zone.parse().unwrap();
            let mut clock = LocalClock::default();
            // Every 47 minutes: each hour of a day comes about, in order and not.
            for step in 0..200_000_i64 {
                let at = DateTime::<Utc>::from_timestamp(step * 2_820 * 3 - 1_000, 0).unwrap();
                assert_eq!(clock.local(zone, at), local(zone, at), "{zone} {at}");
            }
        }
    }

    #[test]
    fn a_date_has_its_key_in_each_period() {
        let joined = NaiveDate::from_ymd_opt(2020, 2, 29);
        for (date, period, key) in [
            ("2026-03-31", Period::Day, "2026-03-31"),
            ("2026-03-31", Period::Week, "2026-W14"),
            ("2027-01-01", Period::Week, "2026-W53"),
            ("2026-03-31", Period::Month, "2026-03"),
            ("2026-12-31", Period::Quarter, "2026-Q4"),
            ("2026-03-31", Period::Year, "2026"),
            ("2026-02-28", Period::BillingCycle, "from:2026-02-28"),
            ("2026-02-27", Period::BillingCycle, "from:2026-01-31"),
            ("2026-02-28", Period::Anniversary, "from:2026-02-28"),
            ("2026-02-27", Period::Anniversary, "from:2025-02-28"),
            ("2026-02-27", Period::Campaign, "campaign"),
            ("2026-02-27", Period::Lifetime, "lifetime"),
        ] {
            let found = period.key(date.parse().unwrap(), Some(31), joined).unwrap();
            assert_eq!(found.to_string(), key);
            assert_eq!(PeriodKey::parse(period, key), Some(found));
        }
        assert_eq!(Period::BillingCycle.key("2026-02-27".parse().unwrap(), None, None), None);
    }
}
