//! What a file holds, as a tree of names: the outline that an editor shows beside it.

use std::ops::Range;

use super::Document;
use super::outline::Kind;
use super::roles::{self, Role, Scope, Sort};

/// Something with a name in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is the name of; `None` for a section and a test.
    pub sort: Option<Sort>,
    /// The bytes of its name.
    pub range: Range<usize>,
    /// The bytes of all of it.
    pub whole: Range<usize>,
    /// What stands in it.
    pub children: Vec<Symbol>,
}

impl Document {
    /// The names in this file, as a tree.
    pub fn symbols(&self) -> Vec<Symbol> {
        if self.is_script {
            let functions = self.names.list.iter().filter(|n| n.defines);
            return functions.map(|n| leaf(&n.name, Some(n.sort), n.range.clone(), n.whole.clone())).collect();
        }
        let documents = self.outline.entries().iter().filter(|e| e.kind == Kind::Document);
        documents.flat_map(|document| document.children.iter().filter_map(|c| self.symbol(*c, 0))).collect()
    }

    fn symbol(&self, index: usize, depth: usize) -> Option<Symbol> {
        let entry = self.outline.get(index)?;
        if depth > 6 {
            return None;
        }
        let children: Vec<Symbol> =
            entry.children.iter().filter_map(|c| self.symbol(*c, depth.saturating_add(1))).collect();
        let whole = entry.start..entry.end;
        let (scope, path) = roles::placed(&self.outline, &self.text, index, self.is_test);
        match entry.kind {
            Kind::Document => None,
            Kind::Item => {
                let (sort, range) = self.named(index)?;
                Some(Symbol { children, ..leaf(self.slice(range.clone()), sort, range, whole) })
            }
            Kind::Key => {
                let key = entry.key.clone();
                let name = self.slice(key.clone());
                match roles::of_key(scope, &path) {
                    Role::Defines(sort) => Some(leaf(name, Some(sort), key, whole)),
                    Role::Fact { defines: true, .. } => Some(leaf(name, Some(Sort::Fact), key, whole)),
                    _ => match (roles::of_value(scope, &path), entry.value.clone()) {
                        (Role::Defines(sort @ (Sort::Program | Sort::Campaign)), Some(value)) if depth == 0 => {
                            Some(leaf(self.slice(value.clone()), Some(sort), value, whole))
                        }
                        _ if children.is_empty() => None,
                        _ => Some(Symbol { children, ..leaf(name, None, key, whole) }),
                    },
                }
            }
        }
    }

    /// The name of an element of a list.
    fn named(&self, item: usize) -> Option<(Option<Sort>, Range<usize>)> {
        let children = &self.outline.get(item)?.children;
        children.iter().find_map(|&child| {
            let entry = self.outline.get(child)?;
            let value = entry.value.clone()?;
            let (scope, path) = roles::placed(&self.outline, &self.text, child, self.is_test);
            match roles::of_value(scope, &path) {
                Role::Defines(sort) => Some((Some(sort), value)),
                _ if scope == Scope::Test && path.as_slice() == ["tests", "-", "name"] => Some((None, value)),
                _ => None,
            }
        })
    }
}

fn leaf(name: &str, sort: Option<Sort>, range: Range<usize>, whole: Range<usize>) -> Symbol {
    let whole = whole.start.min(range.start)..whole.end.max(range.end);
    Symbol { name: name.to_owned(), sort, range, whole, children: Vec::new() }
}
