//! Writes the table of `search.rs`: how characters from U+0080 to U+024F are spelt in ASCII.

use std::path::Path;
use std::{env, fs, io};

use deunicode::deunicode_char;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let spellings: Vec<Option<&str>> = ('\u{80}'..'\u{250}').map(deunicode_char).collect();
    let directory = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("no OUT_DIR"))?;
    fs::write(Path::new(&directory).join("spellings.rs"), format!("{spellings:?}"))
}
