#![no_main]

libfuzzer_sys::fuzz_target!(init: rewards_fuzz::let_panics_be_caught(), |data: &[u8]| rewards_fuzz::attack("formatter", data));
