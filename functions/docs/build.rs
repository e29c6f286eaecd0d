//! Prepares the OpenAPI document for the binary: without indentation, and as the list of its paths and methods.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;
use serde::de::IgnoredAny;

const DOCUMENT: &str = "../../docs/openapi.json";

/// The parts of the document that are read.
#[derive(Deserialize)]
struct Document {
    /// The methods of each path, in lower case.
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let text = fs::read_to_string(DOCUMENT)?;
    let Document { paths } = serde_json::from_str(&text)?;
    let routes = paths
        .iter()
        .flat_map(|(path, methods)| methods.keys().map(move |method| (method.to_uppercase(), path.as_str())));
    let routes: Vec<_> = routes.collect();
    let directory = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    let directory = Path::new(&directory);
    fs::write(directory.join("openapi.json"), compact(&text))?;
    fs::write(directory.join("routes.rs"), format!("{routes:?}"))?;
    Ok(())
}

/// The same document without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = json.chars().filter(|&c| {
        let keep = in_string || !c.is_ascii_whitespace();
        match c {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        keep
    });
    kept.collect()
}
