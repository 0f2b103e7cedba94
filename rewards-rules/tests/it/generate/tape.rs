//! Choices drawn from a recorded tape of numbers. The tape is what proptest makes and shrinks: a lower number is a
//! simpler choice, and a tape at its end chooses the simplest for ever.

/// A source of choices.
#[derive(Debug)]
pub(crate) struct Tape {
    numbers: Vec<u32>,
    at: usize,
}

impl Tape {
    pub(crate) fn new(numbers: Vec<u32>) -> Tape {
        Tape { numbers, at: 0 }
    }

    /// A number from 0 to `n - 1`, growing with the number on the tape.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::try_from((u64::from(number) * n as u64) >> 32).unwrap()
    }

    /// A number of a half-open range.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(usize::try_from(to - from).unwrap())).unwrap()
    }

    /// True in about `percent` of 100 cases; false is the simpler one.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of several; the first is the simplest.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One of several texts.
    pub(crate) fn word<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Some of several, in their order, at least one.
    pub(crate) fn some<'a>(&mut self, of: &[&'a str]) -> Vec<&'a str> {
        let first = self.below(of.len());
        let mut chosen = Vec::new();
        for (at, word) in of.iter().enumerate() {
            if at == first || self.chance(30) {
                chosen.push(*word);
            }
        }
        chosen
    }

    /// What makes with some probability.
    pub(crate) fn maybe<T>(&mut self, percent: usize, make: impl FnOnce(&mut Tape) -> T) -> Option<T> {
        if self.chance(percent) { Some(make(self)) } else { None }
    }
}
