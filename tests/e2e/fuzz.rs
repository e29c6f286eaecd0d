//! Runs the fuzz targets on their corpora, which hold what fuzzing has found; see `tests/fuzz`.

use std::fs;
use std::path::Path;

#[test]
fn fuzz_corpus_inputs_get_valid_responses() {
    for (target, run) in fuzz_targets::TARGETS {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
        let mut inputs: Vec<_> =
            fs::read_dir(&corpus).expect("a corpus").map(|file| file.expect("a file").path()).collect();
        inputs.sort();
        assert!(!inputs.is_empty(), "{}", corpus.display());
        for input in inputs {
            println!("{}", input.display());
            run(&fs::read(input).expect("a file"));
        }
    }
}
