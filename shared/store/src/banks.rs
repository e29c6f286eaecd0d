//! The catalog of banks, a file in Saldo's bucket.

use saldo_domain::bank::{CATALOG_FILE, Catalog, Interface};
use saldo_domain::notification::Targets;

use crate::failure::Failure;
use crate::files::FileStore;

/// The file with the banks that can be connected.
#[derive(Clone, Debug)]
pub struct BankCatalog {
    /// The files, of which the catalog is one.
    pub files: FileStore,
    /// The addresses at which banks may be called.
    pub targets: Targets,
}

impl BankCatalog {
    /// The banks that can be connected. An access method whose `base_url` is not an
    /// `https` URL of the public Internet (in the local stack also one of this machine) is left out.
    ///
    /// # Errors
    /// [`Failure`] when S3 fails, or the catalog can't be read.
    pub async fn read(&self) -> Result<Catalog, Failure> {
        let Some(file) = self.files.get(CATALOG_FILE).await? else { return Ok(Catalog::default()) };
        let mut catalog: Catalog =
            serde_json::from_slice(&file).map_err(Failure::corrupt("the catalog of banks"))?;
        keep_callable(&mut catalog, self.targets);
        Ok(catalog)
    }
}

/// Removes the access methods whose `base_url` must not be called, and logs them.
fn keep_callable(catalog: &mut Catalog, targets: Targets) {
    for bank in &mut catalog.banks {
        bank.access_methods.retain(|method| {
            let Interface::Nextgenpsd2 { base_url } = &method.interface;
            let checked = targets.check(base_url);
            if let Err(error) = &checked {
                tracing::error!(method = method.id, %error, "base_url refused: the access method is left out");
            }
            checked.is_ok()
        });
    }
}
