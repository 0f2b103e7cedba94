//! Expressions without quotes around them.
//!
//! `when: !has(tx.floor)`, `when: "app" == tx.channel` and `{amount: max(tx.amount, 5.00)}` are expressions to whoever
//! writes them, but to YAML a tag, a quoted text with rubbish behind it, and two entries of a mapping. So what YAML
//! would trip over is covered with `_` before the file is parsed, byte for byte, and uncovered in the scalar that
//! comes out. A cover counts only where the parser then finds a plain scalar to begin; where it does not (in a
//! comment, a quoted text, a block), it is taken back.

use std::ops::Range;

/// The keys whose values are expressions.
const KEYS: [&str; 3] = ["when", "lines", "amount"];

/// Stretches of an expression that YAML must not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cover {
    /// Where the expression begins.
    pub(super) start: usize,
    /// The stretches, in order.
    pub(super) hidden: Vec<Range<usize>>,
}

impl Cover {
    /// One past the last hidden byte.
    pub(super) fn end(&self) -> usize {
        self.hidden.last().map_or(self.start, |r| r.end)
    }
}

/// Every stretch that may be an expression without quotes, in order.
pub(super) fn covers(text: &str) -> Vec<Cover> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut scanned = 0;
    for (colon, _) in text.match_indices(':') {
        if colon < scanned || !follows_key(bytes, colon) {
            continue;
        }
        let after = colon.saturating_add(1);
        let blank = bytes.get(after..).unwrap_or_default().iter().take_while(|b| b" \t\r\n".contains(b)).count();
        let start = after.saturating_add(blank);
        if blank > 0 && begins_expression(bytes, start) {
            let (end, nested) = nested(bytes, start);
            // What was looked at is not looked at again: this keeps a hostile line linear.
            scanned = end;
            found.extend(cover(bytes, start, nested));
        }
    }
    found
}

/// The text with covers laid over it.
pub(super) fn hide(text: &str, covers: &[Cover]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in covers.iter().flat_map(|c| &c.hidden) {
        for byte in bytes.get_mut(range.clone()).unwrap_or_default() {
            *byte = b'_';
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Where an expression begins that stands before `at` on its line and begins with a bracket, which YAML takes for a list.
pub(super) fn begins_as_list(text: &str, at: usize) -> Option<usize> {
    const LONGEST: usize = 512;
    let bytes = text.as_bytes();
    let mut colons = (at.saturating_sub(LONGEST)..at).rev().filter(|i| bytes.get(*i) == Some(&b':'));
    let after = colons.find(|colon| follows_key(bytes, *colon))?.saturating_add(1);
    let value = bytes.get(after..at)?;
    let start = after.saturating_add(value.iter().take_while(|b| b" \t\r\n".contains(b)).count());
    let value = bytes.get(start..at)?;
    (value.first() == Some(&b'[') && value.contains(&b']') && !value.contains(&b'\n')).then_some(start)
}

/// Whether one of the keys ends right before the colon, and nothing else that belongs to it stands before.
fn follows_key(bytes: &[u8], colon: usize) -> bool {
    let before = bytes.get(..colon).unwrap_or_default();
    let spaces = before.iter().rev().take(8).take_while(|b| **b == b' ').count();
    let before = before.get(..before.len().saturating_sub(spaces)).unwrap_or_default();
    KEYS.iter().any(|key| match before.strip_suffix(key.as_bytes()) {
        Some(rest) => rest.last().is_none_or(|b| b" \t\r\n{,".contains(b)),
        None => false,
    })
}

/// Whether a value is written as an expression without quotes, as far as its first characters tell.
fn begins_expression(bytes: &[u8], start: usize) -> bool {
    let at = |i: usize| bytes.get(i).copied();
    let second = at(start.saturating_add(1));
    match at(start) {
        None => false,
        Some(byte) if b"'|>[{]}&*#%@`,".contains(&byte) => false,
        Some(b'-' | b'?' | b':') => second.is_some_and(|b| !b.is_ascii_whitespace()),
        Some(b'!') => !matches!(second, Some(b'!' | b'<')),
        Some(b'"') => !quoted_whole(bytes, start),
        Some(_) => true,
    }
}

fn cover(bytes: &[u8], start: usize, nested: Option<Vec<Range<usize>>>) -> Option<Cover> {
    let first = bytes.get(start);
    let mut hidden = Vec::new();
    if first == Some(&b'!') {
        hidden.push(start..start.saturating_add(1));
    }
    match nested {
        Some(ranges) => hidden.extend(ranges),
        None if first == Some(&b'"') => return None,
        None => {}
    }
    (!hidden.is_empty()).then_some(Cover { start, hidden })
}

/// Whether the double-quoted text that begins here is all there is to the value.
fn quoted_whole(bytes: &[u8], start: usize) -> bool {
    let mut i = start.saturating_add(1);
    loop {
        match bytes.get(i) {
            None | Some(b'\n') => return true,
            Some(b'\\') => i = i.saturating_add(2),
            Some(b'"') => break,
            Some(_) => i = i.saturating_add(1),
        }
    }
    let rest = bytes.get(i.saturating_add(1)..).unwrap_or_default();
    let next = rest.iter().find(|b| !b" \t\r".contains(b));
    next.is_none_or(|b| b"\n#,}]".contains(b))
}

/// What stands in brackets or in double quotes up to the end of the expression: the end of the line, a comment, or
/// the comma or bracket that closes the entry of a flow mapping. Tells that end too; `None` if a bracket or quote
/// stays open.
fn nested(bytes: &[u8], start: usize) -> (usize, Option<Vec<Range<usize>>>) {
    let mut ranges = Vec::new();
    let mut depth = 0usize;
    let mut text = false;
    let mut opened = start;
    let mut i = start;
    while let Some(&byte) = bytes.get(i) {
        let next = i.saturating_add(1);
        match byte {
            b'\n' => break,
            b'\\' if text => {
                i = i.saturating_add(2);
                continue;
            }
            b'"' => {
                if depth == 0 && !text {
                    opened = i;
                } else if depth == 0 {
                    ranges.push(opened..next);
                }
                text = !text;
            }
            _ if text => {}
            b'(' | b'[' | b'{' => {
                if depth == 0 {
                    opened = i;
                }
                depth = depth.saturating_add(1);
            }
            b')' | b']' | b'}' if depth > 0 => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    ranges.push(opened..next);
                }
            }
            b',' | b']' | b'}' if depth == 0 => break,
            b'#' if depth == 0 && bytes.get(i.saturating_sub(1)).is_some_and(u8::is_ascii_whitespace) => break,
            _ => {}
        }
        i = next;
    }
    (i, (depth == 0 && !text).then_some(ranges))
}
