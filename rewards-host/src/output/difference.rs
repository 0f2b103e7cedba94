//! What changed between two rule sets, and what that costs, for people.

use rewards_rules::diff::{ChangeCost, Comparison, Costs, Members, Sums};

/// The changes, a line each, and what they cost.
pub(crate) fn human(comparison: &Comparison, costs: Option<&Costs>) -> String {
    let mut text = changes(comparison);
    if let Some(costs) = costs {
        text.push_str(&cost(costs));
    }
    text
}

fn changes(comparison: &Comparison) -> String {
    let count = comparison.changes.len();
    if count == 0 && comparison.old == comparison.new {
        return format!("no change: both are {}\n", comparison.new);
    }
    if count == 0 {
        return format!(
            "no change in meaning, though the files differ\n  old  {}\n  new  {}\n",
            comparison.old, comparison.new
        );
    }
    let mut text = format!("{count} {}\n", if count == 1 { "change" } else { "changes" });
    for change in &comparison.changes {
        text.push_str(&format!("  {}\n", change.words()));
    }
    text
}

/// A sum with its sign, so that a difference shows as one.
fn signed(number: &str) -> String {
    if is_zero(number) || number.starts_with('-') { number.to_owned() } else { format!("+{number}") }
}

/// Columns, the first to the left and the others to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|r| r.get(at)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, width))| if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(&format!("  {}\n", line.trim_end()));
    }
    text
}

fn cost(costs: &Costs) -> String {
    let points = has_points(&costs.total) || costs.by_rule.iter().any(|r| has_points(&r.sums));
    let other_points = points_differ(costs);
    let mut text = format!("\nOn {}, in {}", counted(costs.purchases, "purchase"), costs.currency);
    if costs.rejected > 0 {
        text.push_str(&format!("; {} set aside", counted(costs.rejected, "bad row")));
    }
    text.push('\n');
    let head = |first: &str| -> Vec<String> {
        let mut row: Vec<String> = [first, "old", "new", "difference"].map(str::to_owned).to_vec();
        if points {
            row.extend(["points old", "points new", "difference"].map(str::to_owned));
        }
        row
    };
    let row = |name: &str, sums: &Sums| -> Vec<String> {
        let mut row = vec![name.to_owned(), sums.old.clone(), sums.new.clone(), signed(&sums.difference)];
        if points {
            row.extend([sums.old_points.clone(), sums.new_points.clone(), signed(&sums.points_difference)]);
        }
        row
    };
    let mut rows = vec![head(""), row("in all", &costs.total)];
    rows.extend(costs.by_rule.iter().map(|rule| row(&format!("{} {}", kind(rule.kind), rule.id), &rule.sums)));
    text.push_str(&table(&rows));
    text.push_str("\nMembers\n");
    let members = |name: &str, members: &Members| -> Vec<String> {
        let mut row = vec![name.to_owned(), members.count.to_string(), signed(&members.money)];
        if other_points {
            row.push(format!("{} points", signed(&members.points)));
        }
        row
    };
    text.push_str(&table(&[
        members("gain", &costs.gain),
        members("lose", &costs.lose),
        members("unchanged", &costs.unchanged),
    ]));
    if !costs.by_change.is_empty() {
        text.push_str("\nEach change alone, on the old rules\n");
        let each = |change: &ChangeCost| -> Vec<String> {
            match (&change.money, &change.points) {
                (Some(money), Some(earned)) if other_points => {
                    vec![change.name.clone(), signed(money), format!("{} points", signed(earned))]
                }
                (Some(money), _) => vec![change.name.clone(), signed(money)],
                (None, _) => vec![format!("{}: {}", change.name, change.why_not.clone().unwrap_or_default())],
            }
        };
        let known = costs.by_change.iter().filter(|c| c.money.is_some()).chain(&costs.together);
        text.push_str(&table(&known.map(each).collect::<Vec<_>>()));
        let unknown = costs.by_change.iter().filter(|c| c.money.is_none());
        for line in unknown.map(each) {
            text.push_str(&format!("  {}\n", line.join("  ")));
        }
    }
    if !costs.tiers.is_empty() {
        text.push_str("\nMembers in tiers at the end\n");
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |c| c.to_string());
        let mut rows = vec![vec![String::new(), "old".to_owned(), "new".to_owned()]];
        rows.extend(costs.tiers.iter().map(|t| vec![t.tier.clone(), count(t.old), count(t.new)]));
        text.push_str(&table(&rows));
    }
    if !costs.biggest.is_empty() {
        text.push_str("\nPurchases that change most\n");
        let heads: Vec<Vec<String>> = costs
            .biggest
            .iter()
            .map(|swing| {
                let mut row = vec![format!("{} of {}", swing.transaction_id, swing.user_id)];
                row.push(signed(&swing.sums.difference));
                if other_points {
                    row.push(format!("{} points", signed(&swing.sums.points_difference)));
                }
                row
            })
            .collect();
        for (head, swing) in table(&heads).lines().zip(&costs.biggest) {
            let none = |rules: &str| if rules.is_empty() { "nothing".to_owned() } else { rules.to_owned() };
            text.push_str(&format!(
                "{head}\n    old  {}\n    new  {}\n",
                none(&swing.old_rules),
                none(&swing.new_rules)
            ));
        }
    }
    text
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn is_zero(number: &str) -> bool {
    number.chars().all(|c| matches!(c, '0' | '.'))
}

fn has_points(sums: &Sums) -> bool {
    !is_zero(&sums.old_points) || !is_zero(&sums.new_points)
}

/// Whether anybody gets other points than before; where nobody does, they stand only in the table of the rules.
fn points_differ(costs: &Costs) -> bool {
    let members = [&costs.gain, &costs.lose, &costs.unchanged].map(|m| &m.points);
    let changes = costs.by_change.iter().filter_map(|c| c.points.as_ref());
    let rules = costs.by_rule.iter().map(|r| &r.sums).chain(costs.biggest.iter().map(|b| &b.sums));
    members.into_iter().chain(changes).chain(rules.map(|s| &s.points_difference)).any(|number| !is_zero(number))
}

fn kind(kind: &str) -> &str {
    match kind {
        "points_campaign" => "campaign",
        "earn" | "upgrade" => "points",
        "loyalty" => "tier",
        kind => kind,
    }
}
