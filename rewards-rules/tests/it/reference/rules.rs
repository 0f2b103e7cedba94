//! The rule files with the few values that every stage asks for.

use chrono_tz::Tz;
use rewards_rules::syntax::written::{Campaign, Level, Program, RuleFiles, TierWindow};
use rewards_rules::value::{Currency, RoundingAt, RoundingMode};

use super::number::{Number, number};

/// A valid rule set, as written.
#[derive(Clone)]
pub(crate) struct Rules<'a> {
    pub(crate) files: &'a RuleFiles,
    pub(crate) program: &'a Program,
    pub(crate) hash: &'a str,
    /// Decimals of the currency.
    pub(crate) decimals: u32,
    /// `points.decimals`
    pub(crate) points_decimals: u32,
    pub(crate) mode: RoundingMode,
    pub(crate) at: RoundingAt,
    pub(crate) zone: Tz,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(files: &'a RuleFiles, hash: &'a str) -> Rules<'a> {
        let [program] = files.programs.as_slice() else { panic!("a rule set has exactly one program") };
        let currency = Currency::from_code(&program.currency.as_ref().unwrap().value).unwrap();
        let points_decimals = program.points.as_ref().and_then(|p| p.decimals.as_ref()).map_or(0, |d| d.value);
        Rules {
            files,
            program,
            hash,
            decimals: u32::from(currency.decimals()),
            points_decimals: u32::try_from(points_decimals).unwrap(),
            mode: program.rounding_mode.as_ref().map_or(RoundingMode::HalfEven, |m| m.value),
            at: program.rounding_at.as_ref().map_or(RoundingAt::Component, |a| a.value),
            zone: program.timezone.as_ref().unwrap().value.parse().unwrap(),
        }
    }

    /// §3.7: campaigns by `priority` (lower first, default 100), then by declaration.
    pub(crate) fn campaigns(&self) -> Vec<&'a Campaign> {
        let mut campaigns: Vec<&Campaign> = self.files.campaigns.iter().collect();
        campaigns.sort_by_key(|c| c.priority.as_ref().map_or(100, |p| p.value));
        campaigns
    }

    /// The levels of the program, lowest first; none without `tiers`.
    pub(crate) fn levels(&self) -> &'a [Level] {
        self.program.tiers.as_ref().map_or(&[], |t| &t.levels)
    }

    /// Where a level stands, 0 for the lowest.
    pub(crate) fn level_index(&self, id: &str) -> Option<usize> {
        self.levels().iter().position(|l| l.id.value == id)
    }

    /// §3.10: the highest level whose threshold the spending reaches (at >=).
    pub(crate) fn level_reached(&self, spending: &Number) -> usize {
        self.levels().iter().rposition(|l| threshold(l) <= *spending).unwrap_or(0)
    }

    pub(crate) fn tier_window(&self) -> TierWindow {
        self.program.tiers.as_ref().and_then(|t| t.window.as_ref()).map_or(TierWindow::CalendarYear, |w| w.value)
    }
}

/// `min_spending` of a level.
pub(crate) fn threshold(level: &Level) -> Number {
    level.min_spending.as_ref().map_or_else(num_traits::Zero::zero, |m| number(m.value))
}
