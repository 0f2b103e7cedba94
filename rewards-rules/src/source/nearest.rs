//! The name that was probably meant.

/// The longest word that is compared; no name is longer.
const MAX_LENGTH: usize = 64;

/// The candidate that differs from `word` by the fewest slips (a letter missing, added, wrong or swapped with its
/// neighbour), if they are few for a word of its length. Upper and lower case count as one.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length == 0 || length > MAX_LENGTH {
        return None;
    }
    let slips_allowed = if length <= 3 { 1 } else { length.div_ceil(3) };
    candidates
        .into_iter()
        .filter(|c| c.len() <= MAX_LENGTH)
        .map(|c| (strsim::osa_distance(&word, &c.to_lowercase()), c))
        .filter(|(slips, c)| *slips <= slips_allowed && *slips < c.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let keys = ["priority", "name", "reward", "rate", "when", "per"];
        for (word, meant) in [
            ("pririty", Some("priority")),
            ("Reward", Some("reward")),
            ("rewards", Some("reward")),
            ("raet", Some("rate")),
            ("wehn", Some("when")),
            ("pre", Some("per")),
            ("colour", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), keys), None);
    }
}
