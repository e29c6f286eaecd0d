//! Open items: what is still owed of an invoice, a credit note or a payment that an ERP lists, from the figures of its source
//! and what was allocated to it since. Nothing here depends on the order in which files and payments arrive.

mod acknowledgement;
mod allocation;
mod amounts;
mod figure;
mod item_kind;
mod open_amount;
mod references;
mod source_file;

#[cfg(feature = "openapi")]
pub use acknowledgement::Acknowledgements;
pub use acknowledgement::{Acknowledgement, LINES, LINES_MAX};
pub use allocation::{
    ALLOCATIONS_MAX, Adjustment, Allocation, AllocationKind, Allocations, Cash, WRITTEN_MAX,
};
pub use amounts::Amounts;
pub use figure::{Figure, Figures};
pub use item_kind::{ItemKind, UnknownKind};
pub use open_amount::{LATE_DAYS, OpenItem, TooLarge};
pub use references::{InvalidReferences, REFERENCES_MAX, References};
pub use source_file::SourceFile;
