//! The change of one field of a record.

/// The change of a field of a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The request lacks the field: it keeps its value, or gets its default.
    #[default]
    Keep,
    /// The request says null: the value is removed, or set to its default.
    Clear,
    /// The request has a value.
    Set(T),
}

impl<T> Patch<T> {
    /// The same patch, with its value mapped by `f`.
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

    /// The same patch, with `default` in place of clearing, for a field that always has a value.
    #[must_use]
    pub fn clear_to(self, default: T) -> Self {
        match self {
            Self::Clear => Self::Set(default),
            other => other,
        }
    }

    /// The value, for a new record.
    #[must_use]
    pub fn value(self) -> Option<T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}
