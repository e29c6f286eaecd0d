//! Prepares the OpenAPI document for the binary: without indentation, and as the list of its paths and methods.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const DOCUMENT: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    let paths = document["paths"].as_object().ok_or("no paths")?.iter();
    let routes = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flat_map(|methods| methods.keys());
        methods.map(move |method| (method.to_uppercase(), path.as_str()))
    });
    let routes: Vec<_> = routes.collect();
    let directory = env::var_os("OUT_DIR").ok_or("no OUT_DIR")?;
    let directory = Path::new(&directory);
    fs::write(directory.join("openapi.json"), document.to_string())?;
    fs::write(directory.join("routes.rs"), format!("{routes:?}"))?;
    Ok(())
}
