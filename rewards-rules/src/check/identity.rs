//! Ids: each is used once in a rule set, and none is one of the engine's own.
//!
//! A room of its own because base rules, tiers, pools, campaigns and redemption options share one space of ids:
//! counters, outcomes and tests name them without saying which of these they are.

use std::collections::BTreeMap;

use super::report::Reporter;
use crate::source::{Code, Span, Spanned};
use crate::syntax::written::RuleFiles;

/// Ids that components of the engine's own have.
const RESERVED: [&str; 2] = ["earn", "upgrade"];

/// Tells of ids that stand twice or are reserved.
pub(super) fn check_ids(files: &RuleFiles, report: &mut Reporter<'_>) {
    let mut ids: Vec<(&Spanned<String>, &'static str)> = Vec::new();
    if let Some(program) = files.programs.first() {
        ids.extend(program.pools.iter().map(|p| (&p.id, "pool")));
        ids.extend(program.base.iter().map(|r| (&r.id, "base rule")));
        ids.extend(program.tiers.iter().flat_map(|t| &t.levels).map(|l| (&l.id, "tier")));
        ids.extend(program.redemption.iter().map(|o| (&o.id, "redemption option")));
    }
    ids.extend(files.campaigns.iter().map(|c| (&c.id, "campaign")));
    ids.sort_by_key(|(id, _)| id.span);

    let mut first: BTreeMap<&str, (Span, &'static str)> = BTreeMap::new();
    for (id, kind) in ids {
        let name = id.value.as_str();
        if RESERVED.contains(&name) {
            let help = format!("`{name}` is what the engine calls points of its own; choose another id");
            report.tell(Code::ReservedId, id.span, format!("the {kind} has the reserved id `{name}`"), help);
            continue;
        }
        match first.get(name) {
            None => {
                first.insert(name, (id.span, kind));
            }
            Some(&(span, other)) => {
                let place = report.at(span);
                let message = format!("the id `{name}` of this {kind} is already that of the {other} at {place}");
                let help = "base rules, tiers, pools, campaigns and redemption options share one space of ids; \
                            choose another id for one of the two";
                report.tell(Code::DuplicateId, id.span, message, help);
            }
        }
    }
}
