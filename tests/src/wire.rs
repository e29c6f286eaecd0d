//! Interceptors between the SDK and AWS: they fail requests according to a plan, respond in a
//! service's place, or count what requests cost.

mod body;
mod fault;
mod fault_plan;
mod late_items;
mod meter;
mod partial_batch;
mod random_faults;
mod stub;

pub(crate) use body::buffer;
pub use body::{read_body, set_body};
pub use fault::Fault;
pub(crate) use fault::access_denied;
pub use fault_plan::FaultPlan;
pub use late_items::LateItems;
pub use local::{Call, CallResult, Interceptor, Service, intercepted};
pub use meter::{Meter, Spent, Sum};
pub(crate) use meter::{WRITES, metered, units};
pub use stub::StubResponses;
