//! What changed between two rule sets, for people.

use rewards_rules::diff::Comparison;

/// The changes, a line each.
pub(crate) fn human(comparison: &Comparison) -> String {
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
