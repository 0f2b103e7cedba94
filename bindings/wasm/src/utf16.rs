//! Places as JavaScript counts them: UTF-16 units from the start of a text.

use std::ops::Range;

/// How many UTF-16 units stand before a byte. One within a character counts as its start.
pub(crate) fn units_before(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte = byte.saturating_sub(1);
    }
    let before = text.get(..byte).unwrap_or_default();
    if before.is_ascii() { byte } else { before.chars().map(char::len_utf16).fold(0, usize::saturating_add) }
}

/// The byte before which so many units stand: the end for more than there are, a character's start for half of it.
pub(crate) fn byte_at(text: &str, units: usize) -> usize {
    let mut seen = 0_usize;
    for (at, c) in text.char_indices() {
        seen = seen.saturating_add(c.len_utf16());
        if seen > units {
            return at;
        }
    }
    text.len()
}

/// A range of bytes in units.
pub(crate) fn units(text: &str, range: &Range<usize>) -> Range<usize> {
    units_before(text, range.start)..units_before(text, range.end.max(range.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_units_are_told_from_one_another() {
        let text = "a🎁bé\n";
        for (byte, unit) in [(0, 0), (1, 1), (5, 3), (6, 4), (8, 5), (9, 6)] {
            assert_eq!((units_before(text, byte), byte_at(text, unit)), (unit, byte));
        }
        assert_eq!((units_before(text, 3), byte_at(text, 2)), (1, 1), "within a character");
        assert_eq!((units_before(text, 900), byte_at(text, 900)), (6, 9), "beyond the end");
        assert_eq!(units(text, &(5..1)), 3..3);
        assert_eq!(units_before("abc", 2), 2);
    }
}
