#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rewards_fuzz::attack("formatter", data));
