//! The attacks of the fuzzer over their seeds, and over what little changes make of those.

use std::path::{Path, PathBuf};

use crate::attack::TARGETS;

/// Changed copies of each seed that are tried.
const CHANGED: u64 = 3;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A copy with some bytes overwritten, some left out and a stretch moved, by a number.
fn changed(seed: &[u8], number: u64) -> Vec<u8> {
    let mut state = number.wrapping_add(u64::try_from(seed.len()).unwrap());
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n.max(1)
    };
    let mut bytes = seed.to_vec();
    for _ in 0..1 + below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = below(bytes.len());
        match below(3) {
            0 => bytes[at] = *b"09.-+:\"'{}[],#\n aZ\0\xff".get(below(20)).unwrap(),
            1 => drop(bytes.drain(at..(at + 1 + below(8)).min(bytes.len()))),
            _ => {
                let piece = bytes[at..(at + 1 + below(24)).min(bytes.len())].to_vec();
                let to = below(bytes.len());
                bytes.splice(to..to, piece);
            }
        }
    }
    bytes
}

/// Runs a target over its seeds and tells which bytes it fell over.
fn run(target: &str) {
    let (_, attack) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    let folder = folder().join("seeds").join(target);
    let mut failed = Vec::new();
    for name in names(&folder) {
        let seed = std::fs::read(folder.join(&name)).unwrap();
        for number in 0..=CHANGED {
            let bytes = if number == 0 { seed.clone() } else { changed(&seed, number) };
            if std::panic::catch_unwind(|| attack(&bytes)).is_err() {
                failed.push(format!("{name}, change {number}: {:?}", String::from_utf8_lossy(&bytes)));
            }
        }
    }
    assert!(failed.is_empty(), "{target}:\n{}", failed.join("\n"));
}

macro_rules! targets {
    ($($(#[$on:meta])* $name:ident)*) => {
        $($(#[$on])*
        #[test]
        fn $name() {
            run(stringify!($name));
        })*

        /// Targets, their seeds, their binaries and the tests here are the same list.
        #[cfg(feature = "format")]
        #[test]
        fn every_target_has_seeds_a_binary_and_a_test() {
            let targets: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(targets, [$(stringify!($name)),*]);
            assert_eq!(names(&folder().join("seeds")), targets);
            let files: Vec<String> = targets.iter().map(|name| format!("{name}.rs")).collect();
            assert_eq!(names(&folder().join("fuzz_targets")), files);
        }
    };
}

targets! { csv evaluation expressions #[cfg(feature = "format")] formatter inputs scripts story test_files yaml }
