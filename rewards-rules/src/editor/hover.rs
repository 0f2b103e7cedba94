//! What is known of the name under the pointer, in Markdown.

use std::ops::Range;

use super::roles::Sort;
use super::{Document, Folder, facts};
use crate::check;

/// How many lines of a definition are shown.
const LINES: usize = 12;
/// How many bytes of a definition are shown.
const MOST: usize = 1_000;

/// Text about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hover {
    /// The bytes that it is about.
    pub range: Range<usize>,
    /// Markdown.
    pub markdown: String,
}

impl Folder {
    /// What is known of the name or the key at an offset.
    pub fn hover(&self, path: &str, offset: usize) -> Option<Hover> {
        self.about_name(path, offset).or_else(|| self.about_key(path, offset))
    }

    fn about_name(&self, path: &str, offset: usize) -> Option<Hover> {
        let name = self.name_at(path, offset)?;
        let markdown = match name.sort {
            Sort::Fact => self.about_fact(&name.name)?,
            Sort::Function => self.about_function(&name.name)?,
            Sort::Group => self.about_group(&name.name),
            sort => self.about(sort, &name.name)?,
        };
        let range = if name.defines { name.range.clone() } else { name.whole.clone() };
        Some(Hover { range, markdown })
    }

    fn about_fact(&self, name: &str) -> Option<String> {
        let fact = facts::all(self).into_iter().find(|f| f.name == name)?;
        let by = if fact.declared { "declared under `facts`" } else { "built in" };
        let values = fact.values.filter(|_| !fact.declared);
        let values = values.map(|v| format!("\n\nIt is one of {}.", quoted(&v))).unwrap_or_default();
        let optional = match fact.optional {
            true => format!("\n\nIt may be absent; `has({name})` asks whether it is there."),
            false => String::new(),
        };
        Some(format!("`{name}`: {} ({by}){values}{optional}", fact.kind))
    }

    fn about_function(&self, name: &str) -> Option<String> {
        if let Some((_, form)) = check::built_in_functions().iter().find(|(n, _)| *n == name) {
            return Some(format!("`{form}` (built in)"));
        }
        let (path, document, found) = self.defined(Sort::Function).find(|(_, _, n)| n.name == name)?;
        let (form, comment) = signature(document, found.whole.start);
        Some(format!("```rhai\n{form}\n```\nfunction of {path}{comment}"))
    }

    fn about_group(&self, name: &str) -> String {
        let uses = self.all().flat_map(|(_, d)| &d.names.list).filter(|n| n.sort == Sort::Group && n.name == name);
        match uses.count() {
            1 => format!("stacking group `{name}`, with this campaign alone"),
            n => format!("stacking group `{name}`, of {n} campaigns: a purchase gets the one that grants most"),
        }
    }

    fn about(&self, sort: Sort, name: &str) -> Option<String> {
        let (path, document, found) = self.defined(sort).find(|(_, _, n)| n.name == name)?;
        Some(format!("{} `{name}` ({path})\n```yaml\n{}\n```", sort.words(), excerpt(document, found.whole.clone())))
    }
}

/// The first lines of a definition, indented as its own.
fn excerpt(document: &Document, range: Range<usize>) -> String {
    let before = document.slice(0..range.start);
    let indent = before.len().saturating_sub(before.rfind('\n').map_or(0, |n| n.saturating_add(1)));
    let text = document.slice(range);
    let mut cut = text.len().min(MOST);
    while !text.is_char_boundary(cut) {
        cut = cut.saturating_sub(1);
    }
    let kept = text.get(..cut).unwrap_or_default();
    let lines: Vec<&str> = kept.lines().collect();
    let more = lines.len() > LINES || cut < text.len();
    let shown = lines.iter().take(LINES).map(|line| {
        let blank = line.bytes().take(indent).take_while(|b| *b == b' ').count();
        line.get(blank..).unwrap_or_default()
    });
    let mut shown = shown.collect::<Vec<_>>().join("\n");
    if more {
        shown.push_str("\n…");
    }
    shown
}

/// `fn name(a, b)`, and the comment above it.
pub(super) fn signature(document: &Document, start: usize) -> (String, String) {
    let text = document.text();
    let rest = text.get(start..).unwrap_or_default();
    let form = rest.split(['{', '\n']).next().unwrap_or_default().trim().to_owned();
    let above = text.get(..start).unwrap_or_default().lines().rev();
    let mut lines: Vec<&str> = above.map_while(|line| line.trim().strip_prefix("//")).map(str::trim).collect();
    lines.reverse();
    let comment = if lines.is_empty() { String::new() } else { format!("\n\n{}", lines.join(" ")) };
    (form, comment)
}

fn quoted(values: &[String]) -> String {
    values.iter().map(|v| format!("`\"{v}\"`")).collect::<Vec<_>>().join(", ")
}
