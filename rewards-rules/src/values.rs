//! Values of rule files by name, replaced: the same rules with another rate.
//!
//! For trying out: a sweep over a rate wants many rule sets that differ in one value. The text of the file is kept but
//! for that value, so that places and comments stay where they are.

use crate::source::{SourceFile, Sources, nearest};
use crate::syntax::yaml::{Node, NodeKind, parse_documents, range};
use crate::testing::is_test_file;

/// A list whose entries go by a name, and the key that has it.
const NAMED: [(&str, &str); 4] = [("base", "id"), ("campaigns", "campaign"), ("levels", "id"), ("pools", "id")];

/// Why a value could not be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no value `{path}` in the rule files{help}")]
pub struct NoSuchValue {
    /// The path that was asked for.
    pub path: String,
    /// What might have been meant; begins with a semicolon where there is something to say.
    pub help: String,
}

/// A value and where it stands.
struct Found {
    path: String,
    file: usize,
    span: std::ops::Range<usize>,
}

/// Every value of the rule files that can be replaced, by path and in the order of the files.
pub fn paths(sources: &Sources) -> Vec<String> {
    find(sources).into_iter().map(|found| found.path).collect()
}

/// The same files with some values replaced, each by its path: `campaigns.weekend-dining.reward.rate`,
/// `base.groceries.rate`, `tiers.levels.gold.min_spending`, `caps.per_transaction`. A value is written into the file as
/// it is given, a list as `[a, b]`.
pub fn with_values<P: AsRef<str>, V: AsRef<str>>(sources: &Sources, values: &[(P, V)]) -> Result<Sources, NoSuchValue> {
    let found = find(sources);
    let mut changes: Vec<(&Found, &str)> = Vec::with_capacity(values.len());
    for (path, value) in values {
        let path = path.as_ref();
        let known = found.iter().find(|found| found.path == path).ok_or_else(|| no_such(path, &found))?;
        changes.push((known, value.as_ref()));
    }
    // From the back, so that the places before stay right.
    changes.sort_by_key(|(found, _)| std::cmp::Reverse((found.file, found.span.start)));
    let mut files: Vec<SourceFile> = sources.files().to_vec();
    for (found, value) in changes {
        if let Some(file) = files.get_mut(found.file)
            && found.span.end <= file.bytes.len()
        {
            file.bytes.splice(found.span.clone(), value.bytes());
        }
    }
    Ok(Sources::new(files))
}

fn no_such(path: &str, found: &[Found]) -> NoSuchValue {
    let under: Vec<&str> =
        found.iter().map(|f| f.path.as_str()).filter(|known| known.starts_with(&format!("{path}."))).take(8).collect();
    let help = if !under.is_empty() {
        format!("; below it there are {}", under.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(", "))
    } else if let Some(near) = near(path, found) {
        format!("; did you mean `{near}`?")
    } else {
        "; a value has to be written in a file before it can be replaced".to_owned()
    };
    NoSuchValue { path: path.to_owned(), help }
}

/// The path of as many parts that differs in the fewest.
fn near<'a>(path: &str, found: &'a [Found]) -> Option<&'a str> {
    let parts: Vec<&str> = path.split('.').collect();
    let close = |known: &&Found| {
        let other: Vec<&str> = known.path.split('.').collect();
        other.len() == parts.len()
            && parts.iter().zip(&other).all(|(part, other)| part == other || nearest(part, [*other]).is_some())
    };
    found.iter().find(close).map(|known| known.path.as_str())
}

fn find(sources: &Sources) -> Vec<Found> {
    let mut found = Vec::new();
    for (file, source) in sources.files().iter().enumerate() {
        let rules = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
        if !rules || is_test_file(&source.path) {
            continue;
        }
        let number = u32::try_from(file).unwrap_or(u32::MAX);
        for document in parse_documents(number, &source.bytes, &mut Vec::new()) {
            // A campaign may have a file, or a document, of its own.
            let prefix = match document.get("campaign").map(|id| &id.kind) {
                Some(NodeKind::Scalar(id)) => format!("campaigns.{}", id.text),
                _ => String::new(),
            };
            walk(&document, &prefix, file, &mut found);
        }
    }
    found
}

/// The depth is bounded by the reader.
fn walk(node: &Node, path: &str, file: usize, found: &mut Vec<Found>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match &node.kind {
        NodeKind::Map(entries) => {
            for entry in entries {
                walk(&entry.value, &below(&entry.key.value), file, found);
            }
        }
        NodeKind::List(items) => {
            let last = path.rsplit('.').next().unwrap_or_default();
            let name = NAMED.iter().find(|(list, _)| *list == last).map(|(_, key)| *key);
            let named = |item: &Node| match name.and_then(|name| item.get(name)).map(|id| &id.kind) {
                Some(NodeKind::Scalar(id)) => Some(id.text.clone()),
                _ => None,
            };
            if items.iter().all(|item| matches!(item.kind, NodeKind::Scalar(_))) {
                found.push(Found { path: path.to_owned(), file, span: range(node.span) });
                return;
            }
            for (at, item) in items.iter().enumerate() {
                walk(item, &below(&named(item).unwrap_or_else(|| at.to_string())), file, found);
            }
        }
        NodeKind::Scalar(_) => found.push(Found { path: path.to_owned(), file, span: range(node.span) }),
        NodeKind::Null | NodeKind::Failed => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        let mut sources = Sources::default();
        sources.add(
            "program.yaml",
            "program: p\nbase:\n  - {id: all, rate: 1%} # the rest\ntiers:\n  levels:\n    - {id: gold, min_spending: 5}\n",
        );
        sources.add("dining.yaml", "campaign: dining\ndays: [sat, sun]\nreward: {rate: 2%}\n");
        sources.add("more.yaml", "campaigns:\n  - campaign: fuel\n    caps: {per_member: [{amount: 3, per: day}]}\n");
        sources.add("p.test.yaml", "program: q\n");
        sources
    }

    fn text(sources: &Sources, path: &str) -> String {
        let file = sources.files().iter().find(|f| f.path == path);
        String::from_utf8(file.map(|f| f.bytes.clone()).unwrap_or_default()).unwrap_or_default()
    }

    #[test]
    fn a_value_is_replaced_where_it_stands() {
        let values = [
            ("base.all.rate", "1.5%"),
            ("campaigns.dining.reward.rate", "3%"),
            ("campaigns.dining.days", "[mon]"),
            ("campaigns.fuel.caps.per_member.0.amount", "12.50"),
            ("tiers.levels.gold.min_spending", "500.00"),
        ];
        let changed = with_values(&sources(), &values);
        let changed = changed
            .as_ref()
            .map(|changed| ["program.yaml", "dining.yaml", "more.yaml", "p.test.yaml"].map(|path| text(changed, path)));
        let due = [
            "program: p\nbase:\n  - {id: all, rate: 1.5%} # the rest\ntiers:\n  levels:\n    - {id: gold, min_spending: 500.00}\n",
            "campaign: dining\ndays: [mon]\nreward: {rate: 3%}\n",
            "campaigns:\n  - campaign: fuel\n    caps: {per_member: [{amount: 12.50, per: day}]}\n",
            "program: q\n",
        ];
        assert_eq!(changed, Ok(due.map(str::to_owned)));
    }

    #[test]
    fn what_is_not_there_is_told_with_what_might_be_meant() {
        let told = |path: &str| with_values(&sources(), &[(path, "1")]).err().map(|error| error.to_string());
        let none = "there is no value";
        assert_eq!(
            told("campaigns.dinning.reward.rate"),
            Some(format!(
                "{none} `campaigns.dinning.reward.rate` in the rule files; did you mean `campaigns.dining.reward.rate`?"
            ))
        );
        assert_eq!(
            told("campaigns.dining.reward"),
            Some(format!(
                "{none} `campaigns.dining.reward` in the rule files; below it there are `campaigns.dining.reward.rate`"
            ))
        );
        assert!(told("points.earn").is_some_and(|told| told.contains("has to be written")));
    }
}
