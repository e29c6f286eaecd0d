//! The flags of a complete file.

use clap::Args;
use serde_json::{Map, Value};

/// Whether the file lists all open items of a source, and which these are.
#[derive(Debug, Args)]
pub(super) struct Complete {
    /// Close the open items of the source system that the file omits, and wait for the result.
    #[arg(long)]
    complete: bool,
    /// The source system whose open items the file lists, such as SAP. Rows that state none get it.
    #[arg(long, value_name = "NAME")]
    source_system: Option<String>,
    /// The currency of all rows, if the file is limited to one, such as EUR.
    #[arg(long, value_name = "CODE", requires = "source_system")]
    currency: Option<String>,
    /// The campaign of all rows, if the file is limited to one.
    #[arg(long, value_name = "ID", requires = "source_system")]
    campaign: Option<String>,
    /// The share of the open items, in percent, that is closed without a question; 20 by default.
    #[arg(long, value_name = "PERCENT", requires = "complete")]
    close_at_most: Option<u8>,
    /// Close the items without a question, however many they are.
    #[arg(long, requires = "complete")]
    pub(super) yes: bool,
}

impl Complete {
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Adds what they say to the options of the import.
    pub(super) fn add_to(&self, options: &mut Map<String, Value>) {
        if self.complete {
            options.insert("complete".to_owned(), true.into());
        }
        let scope = [
            ("source_system", &self.source_system),
            ("currency", &self.currency),
            ("campaign_id", &self.campaign),
        ];
        let scope: Map<String, Value> = scope
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())))
            .collect();
        if !scope.is_empty() {
            options.insert("scope".to_owned(), scope.into());
        }
        if let Some(percent) = self.close_at_most {
            options.insert("close_at_most".to_owned(), percent.into());
        }
    }
}
