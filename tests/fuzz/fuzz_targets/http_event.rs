#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz_targets::pass_over_panics_of_the_gateway(),
    |input: &[u8]| fuzz_targets::http_event(input)
);
