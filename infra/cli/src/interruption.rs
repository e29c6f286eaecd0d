//! What a command tells the user when Ctrl-C ends it: whether something goes on, and how to look at it.

use std::sync::{Arc, Mutex, PoisonError};

/// The message of the step that a command is in.
#[derive(Clone, Debug, Default)]
pub struct Interruption(Arc<Mutex<String>>);

impl Interruption {
    /// Sets the message of the step that begins now.
    pub(crate) fn set(&self, message: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = message.into();
    }

    /// What to tell the user now.
    #[must_use]
    pub fn message(&self) -> String {
        let message = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if message.is_empty() { "interrupted.".to_owned() } else { format!("interrupted. {message}") }
    }
}
