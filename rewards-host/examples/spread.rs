//! For `make bench` of the Python package: the same Parquet file by the engine called from Rust, rows and summary alike,
//! on one core and on all. Arguments are the rules, the file and the number of cores; it prints a line of JSON for each.

#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

use std::fs::{self, File};
use std::time::Instant;

use arrow_array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rewards_rules::RuleSet;
use rewards_rules::simulate::Options;
use rewards_rules::simulate::arrow::{Batch, header};
use rewards_rules::simulate::spread::{Job, Spread};
use rewards_rules::source::Sources;

/// Rows that are posted at once.
const CHUNK: usize = 65_536;

fn at_once(jobs: Vec<Job<'_>>) {
    std::thread::scope(|scope| {
        for job in jobs {
            scope.spawn(job);
        }
    });
}

/// The total, and what was simulated, so that freeing it is not timed: Python frees it later, too.
fn simulate(rules: &RuleSet, batches: &[RecordBatch], cores: usize) -> (String, Spread) {
    let mut spread = Spread::new(rules.clone(), Options::default(), cores, true);
    spread.header(&header(batches[0].schema_ref()).unwrap()).unwrap();
    for batch in batches {
        for from in (0..batch.num_rows()).step_by(CHUNK) {
            let part = Batch::new(&batch.slice(from, CHUNK.min(batch.num_rows() - from))).unwrap();
            let bad = spread.post(&part, 0..part.rows(), true, &at_once);
            assert!(bad.is_empty(), "{bad:?}");
        }
    }
    let [.., total] = spread.summary().totals();
    (total.to_string(), spread)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, rules, purchases, cores] = arguments.as_slice() else {
        eprintln!(
            "left out: the rules, a Parquet file and a number of cores are due, as bindings/python/benches/speed.py gives them"
        );
        return;
    };
    let mut sources = Sources::default();
    sources.add("rules.yaml", fs::read(rules).unwrap());
    let rules = RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(purchases).unwrap()).unwrap();
    let batches: Vec<RecordBatch> = reader.with_batch_size(CHUNK).build().unwrap().map(Result::unwrap).collect();
    let cores: usize = cores.parse().unwrap();
    let mut sizes = vec![1, cores];
    sizes.dedup();
    for cores in sizes {
        let begun = Instant::now();
        let (total, _spread) = simulate(&rules, &batches, cores);
        let seconds = begun.elapsed().as_secs_f64();
        let name = if cores == 1 { "Rust, one core".to_owned() } else { format!("Rust, {cores} cores") };
        println!("{{\"name\":\"{name}\",\"seconds\":{seconds},\"total\":\"{total}\"}}");
    }
}
