//! Where in the vocabulary a place of a file is.

use super::{Block, CAMPAIGN, CAMPAIGNS, Key, PROGRAM, TEST_FILE, Value};

/// The kinds of document, by the keys at their top and the name of their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// Has `program` at its top.
    Program,
    /// Has `campaign` at its top.
    Campaign,
    /// Has `campaigns` at its top, and no `program`.
    Campaigns,
    /// Stands in a file `*.test.yaml`.
    Tests,
}

impl Document {
    /// All kinds.
    pub const ALL: [Document; 4] = [Document::Program, Document::Campaign, Document::Campaigns, Document::Tests];

    /// What a document is, from the path of its file and the keys at its top, as the reader decides it. `None` if it
    /// is none of them (R0007).
    pub fn of<'k>(path: &str, keys: impl IntoIterator<Item = &'k str> + Clone) -> Option<Document> {
        let has = |key: &str| keys.clone().into_iter().any(|k| k == key);
        if path.ends_with(".test.yaml") {
            Some(Document::Tests)
        } else if has("program") {
            Some(Document::Program)
        } else if has("campaign") {
            Some(Document::Campaign)
        } else if has("campaigns") {
            Some(Document::Campaigns)
        } else {
            None
        }
    }

    /// The block that it is.
    pub fn block(self) -> &'static Block {
        match self {
            Document::Program => &PROGRAM,
            Document::Campaign => &CAMPAIGN,
            Document::Campaigns => &CAMPAIGNS,
            Document::Tests => &TEST_FILE,
        }
    }
}

/// The block at a path of keys from the top of a document. Entries of lists are not counted: the rate of the second
/// base rule is at `base`, `rate`. Where several blocks are possible, the first; see [`blocks_at`].
pub fn at(document: Document, path: &[&str]) -> Option<&'static Block> {
    blocks_at(document, path).into_iter().next()
}

/// All blocks that can stand at a path: the caps of a campaign may be those of money or those of points.
pub fn blocks_at(document: Document, path: &[&str]) -> Vec<&'static Block> {
    let Some((last, before)) = path.split_last() else {
        return vec![document.block()];
    };
    values_at(document, before, last).iter().flat_map(Value::blocks).collect()
}

/// The key at a path: its last element as a key of the block before it. `None` also for names that an author chose.
pub fn key_at(document: Document, path: &[&str]) -> Option<&'static Key> {
    let (last, before) = path.split_last()?;
    blocks_at(document, before).iter().find_map(|block| block.key(last))
}

/// What can stand under a key of whatever is at a path.
fn values_at(document: Document, path: &[&str], key: &str) -> Vec<Value> {
    let of_blocks = blocks_at(document, path).into_iter().filter_map(|b| b.key(key)).map(|k| k.value);
    let named = match path.split_last() {
        Some((last, before)) => values_at(document, before, last).iter().flat_map(names).collect(),
        None => Vec::new(),
    };
    of_blocks.chain(named).collect()
}

/// What stands under each name, where names are the author's.
fn names(value: &Value) -> Vec<Value> {
    match value {
        Value::Names(of) => vec![**of],
        Value::List(of) => names(of),
        Value::Either(kinds) => kinds.iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}
