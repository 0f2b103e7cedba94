//! Timing in interleaved rounds: in each round everything runs once, and each time is divided by the baseline's of the
//! same round. The median of these ratios hardly moves when the machine has something else to do.

use std::hint::black_box;
use std::time::{Duration, Instant};

use super::Checksum;

/// One thing that is measured.
pub struct Entry<'a> {
    /// What the table shows.
    pub name: &'static str,
    /// Does the workload once: what is not to be timed first, then the time of the rest and what came out.
    pub run: Box<dyn FnMut() -> (Duration, Checksum) + 'a>,
}

/// An entry whose whole work is timed.
pub fn entry<'a>(name: &'static str, mut work: impl FnMut() -> Checksum + 'a) -> Entry<'a> {
    Entry {
        name,
        run: Box::new(move || {
            let begun = Instant::now();
            let sum = black_box(work());
            (begun.elapsed(), sum)
        }),
    }
}

/// What was measured of one entry.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Its name.
    pub name: &'static str,
    /// Median time of a round.
    pub time: Duration,
    /// Median of the ratios to each entry, in order of entries: `ratio_to[i]` is this time over that of entry `i`.
    pub ratio_to: Vec<f64>,
    /// What came out.
    pub sum: Checksum,
}

fn median<T: Copy + PartialOrd>(mut list: Vec<T>) -> T {
    list.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    list[list.len() / 2]
}

/// Runs all entries in so many rounds, after one that does not count.
pub fn measure(mut entries: Vec<Entry<'_>>, rounds: usize) -> Vec<Measured> {
    let count = entries.len();
    let mut times = vec![Vec::with_capacity(rounds); count];
    let mut sums = vec![Checksum::default(); count];
    for round in 0..=rounds {
        for step in 0..count {
            // Another one begins each time.
            let at = (round + step) % count;
            let (time, sum) = (entries[at].run)();
            sums[at] = sum;
            if round > 0 {
                times[at].push(time);
            }
        }
    }
    (0..count)
        .map(|at| Measured {
            name: entries[at].name,
            time: median(times[at].clone()),
            ratio_to: times
                .iter()
                .map(|other| {
                    median(times[at].iter().zip(other).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect())
                })
                .collect(),
            sum: sums[at],
        })
        .collect()
}
