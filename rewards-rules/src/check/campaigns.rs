//! Campaigns: when they hold, for whom, how they stack (semantics §3.6, §3.7, §4.2).
//!
//! What they pay is checked in `rewards`. Groups are checked here because only all campaigns together show whether
//! one mixes money and points.

use std::collections::BTreeMap;

use chrono::{TimeDelta, Weekday};
use chrono_tz::Tz;

use super::caps::{self, Block, Grants};
use super::expression::Place;
use super::lower::Check;
use super::program::{Campaign, Window, WindowBound};
use super::report::did_you_mean;
use super::{references, rewards};
use crate::source::{Code, Span, Spanned, nearest};
use crate::syntax::written::{self, Bound, RuleFiles};
use crate::value::local;

/// The priority of a campaign that names none.
const DEFAULT_PRIORITY: i64 = 100;

/// All campaigns in order of priority, then declaration, and the names of their groups.
pub(super) fn check(files: &RuleFiles, check: &mut Check<'_>) -> (Vec<Campaign>, Vec<String>) {
    let written = &files.campaigns;
    for paused in &files.paused {
        let known = written.iter().map(|c| c.id.value.as_str());
        if !known.clone().any(|id| id == paused.value) && !check.unread.may_define(&paused.value) {
            let message = format!("there is no campaign `{}` to pause", paused.value);
            let help = did_you_mean(nearest(&paused.value, known), || "leave it out".to_owned());
            check.report.tell(Code::UnknownReference, paused.span, message, help);
        }
    }
    let mut groups = Groups::default();
    let mut campaigns: Vec<Campaign> = written.iter().map(|c| campaign(c, &mut groups, check)).collect();
    campaigns.sort_by_key(|c| c.priority);
    (campaigns, groups.names)
}

fn campaign(written: &written::Campaign, groups: &mut Groups, check: &mut Check<'_>) -> Campaign {
    let id = written.id.value.as_str();
    let (reward, grants) = rewards::check(written, check);
    let audience = written.audience.as_ref();
    Campaign {
        id: id.to_owned(),
        name: written.name.as_ref().map(|n| n.value.clone()),
        funded_by: written.funded_by.as_ref().map(|f| f.value.clone()),
        priority: written.priority.as_ref().map_or(DEFAULT_PRIORITY, |p| p.value),
        window: window(written, check),
        days: written.days.as_ref().map(|d| days(d, check)),
        hours: written.hours.as_ref().map(|h| {
            if h.to.value == Some(h.from.value) {
                let help = "`to` is not included; for the whole day leave `hours` out";
                check.report.tell(Code::EmptyWindow, h.to.span, "`hours` begin and end at the same time", help);
            }
            (h.from.value, h.to.value)
        }),
        tiers: audience.and_then(|a| a.tiers.as_ref()).map(|t| references::tiers(t, check)),
        segments: audience
            .and_then(|a| a.segments.as_ref())
            .map(|segments| segments.iter().map(|s| s.value.clone()).collect()),
        share: audience.and_then(|a| a.share.as_ref()).map(|s| s.value.normalized()),
        enrolled: audience.is_some_and(|a| a.enrolled),
        when: check.condition(written.when.as_ref(), Place::When),
        lines: check.condition(written.lines.as_ref(), Place::Lines),
        min_transaction: written
            .min_transaction
            .as_ref()
            .and_then(|m| check.report.amount(check.money, "min_transaction", m)),
        reward,
        caps: caps::check(Block::Campaign(id, grants.unwrap_or(Grants::Money)), written.caps.as_ref(), check),
        group: written.group.as_ref().map(|g| groups.index(g, id, grants, check)),
        exclusive: written.exclusive.as_ref().is_some_and(|e| e.value),
        requalify: written.requalify,
        paused: written.paused,
        span: written.span,
    }
}

/// Groups by name, with who stands first in each and what it grants.
#[derive(Default)]
struct Groups {
    names: Vec<String>,
    by_name: BTreeMap<String, usize>,
    first: Vec<Option<(String, Span, Grants)>>,
}

impl Groups {
    fn index(&mut self, group: &Spanned<String>, id: &str, grants: Option<Grants>, check: &mut Check<'_>) -> usize {
        let index = match self.by_name.get(&group.value) {
            Some(&index) => index,
            None => {
                let index = self.names.len();
                self.names.push(group.value.clone());
                self.by_name.insert(group.value.clone(), index);
                self.first.push(None);
                index
            }
        };
        let Some(grants) = grants else {
            return index;
        };
        if let Some(first) = self.first.get_mut(index) {
            match first {
                None => *first = Some((id.to_owned(), group.span, grants)),
                Some((_, _, same)) if *same == grants => {}
                Some((other, span, _)) => {
                    let (this, that) = if grants == Grants::Points { ("points", "money") } else { ("money", "points") };
                    let place = check.report.at(*span);
                    let message = format!(
                        "the group `{}` mixes money and points: `{id}` grants {this}, `{other}` at {place} {that}",
                        group.value
                    );
                    let help = "only what grants most of a group stays, and money and points cannot be compared; \
                                use two groups";
                    check.report.tell(Code::MixedGroup, group.span, message, help);
                }
            }
        }
        index
    }
}

fn days(written: &Spanned<Vec<Weekday>>, check: &mut Check<'_>) -> u8 {
    if written.value.is_empty() {
        let help = "name the days, for example `[sat, sun]`, or leave `days` out for every day";
        check.report.tell(Code::EmptyWindow, written.span, "`days` names no day", help);
    }
    written.value.iter().fold(0, |mask, day| mask | 1_u8.checked_shl(day.num_days_from_monday()).unwrap_or(0))
}

fn window(written: &written::Campaign, check: &mut Check<'_>) -> Window {
    if let (Some(from), Some(to)) = (&written.from, &written.to)
        && is_empty(from.value, to.value, check.zone)
    {
        let message = match (from.value, to.value) {
            (Bound::Instant(_), Bound::Instant(_)) => "`active` has no moment: `to` is not after `from`",
            _ => "`active` has no moment: `from` is after `to`",
        };
        let help = "local dates are both inclusive; of two instants the second is not";
        check.report.tell(Code::EmptyWindow, to.span, message, help);
    }
    let bound = |b: &Spanned<Bound>| match b.value {
        Bound::Date(date) => WindowBound::Date(date),
        Bound::Instant(instant) => WindowBound::Instant(instant),
    };
    Window { from: written.from.as_ref().map(bound), to: written.to.as_ref().map(bound) }
}

/// Whether no instant lies between the ends. A date and an instant meet in the program's zone, if there is one.
fn is_empty(from: Bound, to: Bound, zone: Option<Tz>) -> bool {
    match (from, to) {
        (Bound::Date(from), Bound::Date(to)) => from > to,
        (Bound::Instant(from), Bound::Instant(to)) => from >= to,
        (Bound::Date(from), Bound::Instant(to)) => {
            let last = to.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(to);
            zone.is_some_and(|zone| from > local(zone, last).date())
        }
        (Bound::Instant(from), Bound::Date(to)) => zone.is_some_and(|zone| local(zone, from).date() > to),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn a_window_is_empty_when_no_instant_lies_in_it() {
        let bound = |text: &str| match text.parse() {
            Ok(date) => Bound::Date(date),
            Err(_) => Bound::Instant(text.parse().unwrap()),
        };
        let zone = Some(chrono_tz::America::New_York);
        for (from, to, empty) in [
            ("2026-03-01", "2026-03-01", false),
            ("2026-03-02", "2026-03-01", true),
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", true),
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z", false),
            // Midnight of 1 March in New York is 05:00 in UTC.
            ("2026-03-01", "2026-03-01T05:00:00Z", true),
            ("2026-03-01", "2026-03-01T05:00:01Z", false),
            ("2026-03-02T04:59:59Z", "2026-03-01", false),
            ("2026-03-02T05:00:00Z", "2026-03-01", true),
        ] {
            assert_eq!(is_empty(bound(from), bound(to), zone), empty, "{from} {to}");
        }
        assert!(!is_empty(bound("2026-03-02T05:00:00Z"), bound("2026-03-01"), None));
    }
}
