//! Inputs made ready a few at a time, then timed, so that they are as near at hand as those of a request just read.

use std::time::{Duration, Instant};

use crate::Workload;
use crate::workload::rounds::Entry;
use crate::workload::{Checksum, Purchase, decimals};

const AT_ONCE: usize = 64;

/// An entry whose inputs are made ready outside of the time; `each` gives the cents of one.
pub fn fed<'a, T: 'a>(
    name: &'static str,
    workload: &'a Workload,
    ready: impl Fn(&Purchase, &decimals::Before) -> T + 'a,
    mut each: impl FnMut(&T) -> i64 + 'a,
) -> Entry<'a> {
    let run = move || {
        let (mut time, mut sum) = (Duration::ZERO, Checksum::default());
        for (purchases, befores) in workload.purchases.chunks(AT_ONCE).zip(workload.decimals.chunks(AT_ONCE)) {
            let inputs: Vec<T> = purchases.iter().zip(befores).map(|(p, b)| ready(p, b)).collect();
            let begun = Instant::now();
            for input in &inputs {
                sum.add(each(input));
            }
            time += begun.elapsed();
        }
        (time, sum)
    };
    Entry { name, run: Box::new(run) }
}
