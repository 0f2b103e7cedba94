//! The names that outcomes carry, each made once and shared from then on.

use super::Counter;
use crate::check::program::Program;
use crate::evaluate::{CapName, CapScope, Rule};
use crate::value::Name;

/// Ids of rules and names of caps.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) program: Name,
    base: Vec<Name>,
    pub(crate) levels: Vec<Name>,
    campaigns: Vec<Name>,
    earn: Name,
    upgrade: Name,
    /// `base.ID`, `campaign.ID`, `tier.ID` with `.per_transaction` and `.max_percent`, where the block has such a cap.
    caps: Vec<(CapName, Name)>,
    counters: Vec<Name>,
    none: Name,
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

impl Names {
    pub(super) fn of(program: &Program, counters: &[Counter]) -> Names {
        let levels = program.tiers.as_ref().map_or(&[][..], |t| &t.levels);
        let base = program
            .base
            .iter()
            .enumerate()
            .map(|(i, r)| (CapScope::Rule(Rule::Base(number(i))), format!("base.{}", r.id), &r.caps));
        let campaigns = program
            .campaigns
            .iter()
            .enumerate()
            .map(|(i, c)| (CapScope::Rule(Rule::Campaign(number(i))), format!("campaign.{}", c.id), &c.caps));
        let tiers =
            levels.iter().enumerate().map(|(i, l)| (CapScope::Tier(number(i)), format!("tier.{}", l.id), &l.caps));
        let wide = [
            (CapScope::Program, "program".to_owned(), &program.caps),
            (CapScope::ProgramPoints, "program.points".to_owned(), &program.points_caps),
        ];
        let mut caps = Vec::new();
        for (scope, text, block) in base.chain(campaigns).chain(tiers).chain(wide) {
            if block.per_transaction.is_some() {
                caps.push((CapName::PerTransaction(scope), Name::from(format!("{text}.per_transaction"))));
            }
            if block.max_percent.is_some() {
                caps.push((CapName::MaxPercent(scope), Name::from(format!("{text}.max_percent"))));
            }
        }
        caps.sort_by_key(|(cap, _)| *cap);
        Names {
            program: Name::from(&program.id),
            base: program.base.iter().map(|r| Name::from(&r.id)).collect(),
            levels: levels.iter().map(|l| Name::from(&l.id)).collect(),
            campaigns: program.campaigns.iter().map(|c| Name::from(&c.id)).collect(),
            earn: Name::from("earn"),
            upgrade: Name::from("upgrade"),
            caps,
            counters: counters.iter().map(|c| c.key.clone()).collect(),
            none: Name::default(),
        }
    }

    /// The id under which a rule is known.
    pub(crate) fn rule(&self, rule: Rule) -> &Name {
        let name = match rule {
            Rule::Base(i) => self.base.get(i as usize),
            Rule::Loyalty(i) => self.levels.get(i as usize),
            Rule::Campaign(i) => self.campaigns.get(i as usize),
            Rule::Earn => Some(&self.earn),
            Rule::Upgrade(_) => Some(&self.upgrade),
        };
        name.unwrap_or(&self.none)
    }

    /// The name of a cap as cuts show it.
    pub(crate) fn cap(&self, cap: CapName) -> &Name {
        match cap {
            CapName::Counter(slot) => self.counters.get(slot.0 as usize).unwrap_or(&self.none),
            CapName::PerTransaction(_) | CapName::MaxPercent(_) => {
                let at = self.caps.binary_search_by_key(&cap, |(cap, _)| *cap);
                at.ok().and_then(|at| self.caps.get(at)).map_or(&self.none, |(_, name)| name)
            }
        }
    }
}
