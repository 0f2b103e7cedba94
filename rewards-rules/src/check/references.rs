//! Names of levels and pools where rules mention them.
//!
//! A room of its own because a name counts as unknown only if everything that could define it was read.

use super::lower::Check;
use super::report::{Reporter, alternatives, did_you_mean};
use crate::source::{Code, Spanned, nearest};
use crate::syntax::written::Program;

/// The levels that a rule set has.
#[derive(Debug, Clone)]
pub(super) struct Tiers {
    ids: Option<Vec<String>>,
    /// Whether `ids` is all there is.
    certain: bool,
}

impl Tiers {
    /// The levels of a program, or of none. `gaps` tells whether `tiers` itself may be among what was not read.
    pub(super) fn of(program: Option<&Program>, gaps: bool, report: &Reporter<'_>) -> Tiers {
        let Some(tiers) = program.and_then(|p| p.tiers.as_ref()) else {
            return Tiers { ids: None, certain: !gaps };
        };
        let levels: Vec<_> = tiers.levels.iter().map(|l| l.span).collect();
        let ids = tiers.levels.iter().map(|l| l.id.value.clone()).collect();
        Tiers { ids: Some(ids), certain: !report.unread_in(tiers.span, &levels) }
    }

    /// Whether the program has `tiers`, or may have.
    pub(super) fn exist(&self) -> bool {
        self.ids.is_some() || !self.certain
    }

    /// Whether there are no levels but these.
    pub(super) fn are_all_known(&self) -> bool {
        self.certain
    }

    /// Lowest first.
    pub(super) fn ids(&self) -> &[String] {
        self.ids.as_deref().unwrap_or_default()
    }
}

/// Indices of levels that are mentioned, in order and each once.
pub(super) fn tiers(written: &[Spanned<String>], check: &mut Check<'_>) -> Vec<usize> {
    let mut found = Vec::new();
    for name in written {
        let ids = check.tiers.ids();
        if let Some(index) = ids.iter().position(|id| *id == name.value) {
            found.push(index);
            continue;
        }
        if !check.tiers.certain || check.unread.may_define(&name.value) {
            continue;
        }
        if check.tiers.ids.is_none() {
            let message = format!("there is no tier `{}`, as the program has no `tiers`", name.value);
            check.report.tell(Code::UnknownReference, name.span, message, "add `tiers` to the program");
            break;
        }
        let help = did_you_mean(nearest(&name.value, ids.iter().map(String::as_str)), || match ids {
            [] => "the program defines no level".to_owned(),
            _ => format!("the levels are {}", alternatives(ids.iter().map(String::as_str), "and")),
        });
        let message = format!("there is no tier `{}`", name.value);
        check.report.tell(Code::UnknownReference, name.span, message, help);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Index of a pool.
pub(super) fn pool(written: &Spanned<String>, check: &mut Check<'_>) -> Option<usize> {
    let name = written.value.as_str();
    if let Some(index) = check.pools.iter().position(|id| id == name) {
        return Some(index);
    }
    // Of a section with any entry, those that could not be read are known by name.
    let may_define = check.unread.may_define(name) || (check.gaps && check.pools.is_empty());
    if !may_define {
        let known = || check.pools.iter().map(String::as_str);
        let help = did_you_mean(nearest(name, known()), || match check.pools.as_slice() {
            [] => format!("define it: `pools: {{{name}: {{spend: 1000, per: month}}}}`"),
            _ => format!("the pools are {}", alternatives(known(), "and")),
        });
        check.report.tell(Code::UnknownReference, written.span, format!("there is no pool `{name}`"), help);
    }
    None
}
