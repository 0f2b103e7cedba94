//! A tier given by hand (semantics §8): held through a day beside the one earned.

use super::content::{content_of, id_key};
use super::{Change, Claim, Ledger, advance};
use crate::evaluate::EvaluationError;
use crate::graph::Graph;
use crate::input::{ErrorCode, GivenTier};
use crate::rule_set::RuleSet;
use crate::value::local;

impl Graph {
    /// The index of a level; error `unknown_tier`, also in a program without tiers.
    pub(super) fn known_level(&self, id: &str) -> Result<usize, EvaluationError> {
        if self.program.tiers.is_none() {
            let message = format!("there is no level `{id}`: the program has no tiers");
            return Err(EvaluationError::new(ErrorCode::UnknownTier, message));
        }
        self.level_index(Some(id))
    }
}

pub(super) fn give_tier(rules: &RuleSet, ledger: &mut Ledger, given: &GivenTier) -> Result<Change, EvaluationError> {
    let graph = rules.graph();
    let GivenTier { id, member, level, until, at } = given;
    let key = id.as_ref().map(|id| (id, id_key(&format!("tier/{id}"))));
    let content = content_of("tier", member, rules.program(), |content| {
        content.text(Some(level));
        content.text(Some(&until.to_string()));
        content.instant(*at);
    });
    if let Some((id, key)) = key
        && ledger.claimed(key, id, content)?
    {
        return Ok(Change::Repeated);
    }
    let level = graph.known_level(level)?;
    let date = local(graph.program.zone, *at).date();
    if *until < date {
        return Err(EvaluationError::new(
            ErrorCode::WrongType,
            format!("`until`: a day not before {date}, on which the tier is given, is due here"),
        ));
    }
    let owner = advance(rules, ledger, member, *at)?;
    if let Some(state) = ledger.members.get_mut(owner.number()) {
        state.standing.give(level, *at, *until);
    }
    if let Some((_, key)) = key {
        ledger.claims.insert(key, Claim { content, owner });
    }
    Ok(Change::TierGiven)
}
