//! What goes over the wire to AWS: watched, to count what it costs, or cut, to see what
//! becomes of work that dies half-way.

mod faults;
mod gate;
mod meter;
mod tap;

pub use faults::Faults;
pub use gate::Gate;
pub use meter::{Meter, Spent, Sum};
pub use tap::{Tap, tapped};
