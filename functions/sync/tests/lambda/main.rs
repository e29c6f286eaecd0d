//! The real binaries, fed as Lambda feeds them.

mod notifications;
mod syncs;
