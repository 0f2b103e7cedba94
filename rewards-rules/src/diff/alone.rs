//! Each change by itself: the old rules with one thing of the new ones.
//!
//! What a change costs can be measured only where it can be made alone. A campaign that needs a new list cannot; then
//! the list and the campaign are told as such, and only what both rule sets pay as a whole is known.

use super::{Comparison, What};
use crate::rule_set::RuleSet;
use crate::syntax;
use crate::syntax::written::{FactScope, Program, RuleFiles};

/// The old rules with one change.
#[derive(Debug, Clone)]
pub struct Alone {
    /// What changed: `campaign weekend-dining`, `order of base rules`.
    pub name: String,
    /// The old rules with that change alone; `None` where it needs another change as well.
    pub rules: Option<RuleSet>,
}

/// The old rules with each thing that differs changed alone, in the order of the comparison. All functions are one
/// thing, and so is the order of base rules or of campaigns.
pub fn alone(old: &RuleSet, new: &RuleSet, comparison: &Comparison) -> Vec<Alone> {
    let (was, _) = syntax::read(old.sources());
    let (is, _) = syntax::read(new.sources());
    let mut made: Vec<Alone> = Vec::new();
    for change in &comparison.changes {
        let name = match (change.what, change.thing) {
            (_, "function") => "functions".to_owned(),
            (What::Moved, thing) => format!("order of {thing}s"),
            (_, thing) if change.id.is_empty() => thing.to_owned(),
            (_, thing) => format!("{thing} {}", change.id),
        };
        if made.iter().any(|m| m.name == name) {
            continue;
        }
        let mut files = was.clone();
        patch(&mut files, &is, change.thing, &change.id, change.what == What::Moved);
        made.push(Alone { name, rules: RuleSet::of_written(files, old.sources().clone()) });
    }
    made
}

/// Takes one element over by its id: changed, new in its place, or gone.
fn take<T: Clone>(old: &mut Vec<T>, new: &[T], is_it: impl Fn(&T) -> bool, same: impl Fn(&T, &T) -> bool) {
    let Some(at) = new.iter().position(&is_it) else {
        old.retain(|o| !is_it(o));
        return;
    };
    let Some(taken) = new.get(at).cloned() else { return };
    if let Some(slot) = old.iter_mut().find(|o| is_it(o)) {
        *slot = taken;
        return;
    }
    // Before the first of those behind it that the old ones have as well.
    let behind = new.iter().skip(at.saturating_add(1));
    let place = behind.filter_map(|n| old.iter().position(|o| same(o, n))).next().unwrap_or(old.len());
    old.insert(place.min(old.len()), taken);
}

/// Puts those that both have into the new order.
fn reorder<T: Clone>(old: &mut [T], new: &[T], same: impl Fn(&T, &T) -> bool) {
    let ordered: Vec<T> = new.iter().filter_map(|n| old.iter().find(|o| same(o, n)).cloned()).collect();
    let common: Vec<bool> = old.iter().map(|o| new.iter().any(|n| same(o, n))).collect();
    let slots = old.iter_mut().zip(common).filter(|(_, common)| *common).map(|(slot, _)| slot);
    for (slot, taken) in slots.zip(ordered) {
        *slot = taken;
    }
}

fn patch(files: &mut RuleFiles, new: &RuleFiles, thing: &str, id: &str, moved: bool) {
    match thing {
        "campaign" if moved => reorder(&mut files.campaigns, &new.campaigns, |a, b| a.id.value == b.id.value),
        "campaign" => {
            take(&mut files.campaigns, &new.campaigns, |c| c.id.value == id, |a, b| a.id.value == b.id.value);
        }
        "function" => {
            files.functions.clone_from(&new.functions);
            files.scripts.clone_from(&new.scripts);
        }
        _ => {
            if let (Some(program), Some(new)) = (files.programs.first_mut(), new.programs.first()) {
                patch_program(program, new, thing, id, moved);
            }
        }
    }
}

fn patch_program(program: &mut Program, new: &Program, thing: &str, id: &str, moved: bool) {
    match thing {
        "program" => {
            program.id = new.id.clone();
            program.name = new.name.clone();
            program.currency = new.currency.clone();
            program.timezone = new.timezone.clone();
            program.rounding_mode = new.rounding_mode.clone();
            program.rounding_at = new.rounding_at.clone();
        }
        "eligible" => {
            program.eligible_when = new.eligible_when.clone();
            program.eligible_lines = new.eligible_lines.clone();
        }
        "fact" => {
            let name = |scope: FactScope, name: &str| match scope {
                FactScope::Tx => format!("tx.{name}"),
                FactScope::Member => format!("member.{name}"),
            };
            let is_it = |f: &crate::syntax::written::FactDeclaration| name(f.scope, &f.name.value) == id;
            take(&mut program.facts, &new.facts, is_it, |a, b| a.scope == b.scope && a.name.value == b.name.value);
        }
        "list" => {
            take(&mut program.lists, &new.lists, |l| l.name.value == id, |a, b| a.name.value == b.name.value);
        }
        "pool" => take(&mut program.pools, &new.pools, |p| p.id.value == id, |a, b| a.id.value == b.id.value),
        "base rule" if moved => reorder(&mut program.base, &new.base, |a, b| a.id.value == b.id.value),
        "base rule" => take(&mut program.base, &new.base, |r| r.id.value == id, |a, b| a.id.value == b.id.value),
        "tiers" => match (&mut program.tiers, &new.tiers) {
            (Some(old), Some(new)) => {
                let levels = std::mem::take(&mut old.levels);
                *old = crate::syntax::written::Tiers { levels, ..new.clone() };
            }
            (old, new) => old.clone_from(new),
        },
        "tier" => {
            if let (Some(old), Some(new)) = (&mut program.tiers, &new.tiers) {
                take(&mut old.levels, &new.levels, |l| l.id.value == id, |a, b| a.id.value == b.id.value);
            }
        }
        "caps of the program" => program.caps.clone_from(&new.caps),
        "points" => program.points.clone_from(&new.points),
        "redemption option" => {
            take(&mut program.redemption, &new.redemption, |o| o.id.value == id, |a, b| a.id.value == b.id.value);
        }
        _ => {}
    }
}
