//! The name that was probably meant.

/// The longest word that is compared; no name is longer.
const MAX_LENGTH: usize = 64;

/// The candidate that differs from `word` by the fewest slips (a letter missing, added, wrong or swapped with its
/// neighbour), if they are few for a word of its length; else one that begins with the word, or with which it begins.
/// Upper and lower case count as one.
pub(crate) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    if length == 0 || length > MAX_LENGTH {
        return None;
    }
    let slips_allowed = match length {
        0..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let slips = strsim::osa_distance(&word, &candidate);
        let shorter = length.min(candidate.chars().count());
        if slips <= slips_allowed && slips < shorter {
            Some(slips)
        } else if shorter >= 3 && (candidate.starts_with(&word) || word.starts_with(&candidate)) {
            Some(usize::MAX)
        } else {
            None
        }
    };
    candidates
        .into_iter()
        .filter(|c| c.len() <= MAX_LENGTH)
        .filter_map(|c| distance(c).map(|slips| (slips, c)))
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
            ("prior", Some("priority")),
            ("named", Some("name")),
            ("colour", None),
            ("note", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), keys), None);
    }
}
