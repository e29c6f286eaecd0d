//! What to do with one field of a record.

/// What to do with a field of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It was not mentioned: it stays as it is, or gets its default.
    #[default]
    Keep,
    /// Null was sent: it is removed, or set to its default.
    Clear,
    /// A value was sent.
    Set(T),
}

impl<T> Patch<T> {
    /// The same patch of the value `f` makes.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(f(value)),
        }
    }

    /// The same patch with its value borrowed.
    pub fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(value),
        }
    }

    /// The same patch, but that clearing sets `default`: for a field that is never absent.
    #[must_use]
    pub fn clear_to(self, default: T) -> Self {
        match self {
            Self::Clear => Self::Set(default),
            other => other,
        }
    }

    /// The value, for a record that is new.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}
