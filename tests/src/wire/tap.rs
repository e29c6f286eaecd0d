//! What comes between the SDK and the wire.

pub use local::{Tap, tapped};
