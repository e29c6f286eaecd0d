//! What goes over the wire to AWS: watched, to count what it costs, or cut, to see what
//! becomes of work that dies half-way.

pub mod answers;
mod batch;
mod chaos;
mod faults;
mod gate;
mod instead;
mod meter;
mod refusals;
mod tap;

pub use chaos::Chaos;
pub use faults::Faults;
pub use gate::Gate;
pub use instead::Instead;
pub use meter::{Meter, Spent, Sum};
pub(crate) use meter::{WRITES, metered, units};
pub use refusals::Refusals;
pub use tap::{Tap, tapped};
