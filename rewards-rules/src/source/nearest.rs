//! The known name that a mistyped one probably meant.
//!
//! A room of its own because readers of YAML, of expressions and the checks of references all ask it, and a
//! wrong guess is worse than none: only a name that is close is answered.

/// The known name closest to `name`, if it is close: at most one edit in three characters, where an edit is
/// a character added, left out or replaced, or two neighbours swapped. Upper and lower case count as alike;
/// of names equally close the one that agrees in case, then the first, is answered. Never `name` itself.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written: Vec<char> = name.chars().collect();
    if written.is_empty() || written.len() > LONGEST {
        return None;
    }
    let folded = fold(&written);
    let allowed = written.len().checked_div(3).unwrap_or(0).max(1);
    let mut best: Option<((usize, usize), &str)> = None;
    for candidate in known {
        if candidate == name {
            continue;
        }
        let letters: Vec<char> = candidate.chars().collect();
        if letters.is_empty() || letters.len().abs_diff(written.len()) > allowed {
            continue;
        }
        let distance = edits(&folded, &fold(&letters));
        // Of a name with one letter, one edit leaves nothing in common.
        if distance > allowed || (distance > 0 && written.len().max(letters.len()) < 2) {
            continue;
        }
        let rank = (distance, edits(&written, &letters));
        if best.is_none_or(|(held, _)| rank < held) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Names longer than this are not compared, so that a hostile file costs no time.
const LONGEST: usize = 80;

fn fold(letters: &[char]) -> Vec<char> {
    letters.iter().map(char::to_ascii_lowercase).collect()
}

/// How many edits lead from one word to the other (optimal string alignment).
fn edits(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut last_a = None;
    for (&x, row) in a.iter().zip(1_usize..) {
        let mut current = Vec::with_capacity(above.len());
        current.push(row);
        let mut left = row;
        let mut last_b = None;
        for (&y, column) in b.iter().zip(1_usize..) {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let previous = column.saturating_sub(1);
            let replaced = at(&above, previous).saturating_add(usize::from(x != y));
            let mut least = replaced.min(at(&above, column).saturating_add(1)).min(left.saturating_add(1));
            if last_a == Some(y) && last_b == Some(x) {
                least = least.min(at(&before, column.saturating_sub(2)).saturating_add(1));
            }
            current.push(least);
            left = least;
            last_b = Some(y);
        }
        last_a = Some(x);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_answered_only_when_it_is_close() {
        let known = ["groceries", "dining", "fuel", "gold", "Gold", "a"];
        for (written, meant) in [
            ("grocereis", Some("groceries")),
            ("groceris", Some("groceries")),
            ("Dining", Some("dining")),
            ("feul", Some("fuel")),
            ("GOLD", Some("Gold")),
            ("golds", Some("gold")),
            ("travel", None),
            ("b", None),
            ("A", Some("a")),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
        assert_eq!(nearest(&"x".repeat(1000), known), None);
        assert_eq!(nearest("gold", ["gold"]), None);
    }

    #[test]
    fn an_edit_is_one_character_or_one_swap() {
        let letters = |text: &str| text.chars().collect::<Vec<char>>();
        for (a, b, distance) in
            [("", "", 0), ("", "ab", 2), ("ab", "", 2), ("kitten", "sitting", 3), ("ab", "ba", 1), ("abc", "bca", 2)]
        {
            assert_eq!(edits(&letters(a), &letters(b)), distance, "{a} {b}");
        }
    }
}
