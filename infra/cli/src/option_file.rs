//! Files of options, as `saldo preview --save-options` writes them: a JSON object with the options of the API.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value};

/// Reads a file of options.
///
/// # Errors
/// When it can't be read, or holds something else.
pub(crate) fn read(file: &Path) -> Result<Map<String, Value>> {
    let shown = file.display();
    let text = match std::fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("there is no file {shown}."),
        text => text.with_context(|| format!("{shown} can't be read"))?,
    };
    serde_json::from_str(&text).map_err(|error| {
        anyhow!(
            "{shown} is no file of options: {error}. `saldo preview FILE --save-options {shown}` writes one."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_options() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("erp.json");
        let why = |text: Option<&str>| {
            if let Some(text) = text {
                std::fs::write(&file, text).expect("written");
            }
            read(&file).map(|options| options.len()).map_err(|error| error.to_string())
        };
        assert!(why(None).is_err_and(|error| error.starts_with("there is no file ")));
        assert_eq!(why(Some("{\"delimiter\":\";\"}")), Ok(1));
        assert!(why(Some("[]")).is_err_and(|error| error.contains(" is no file of options: ")));
    }
}
