//! Which handlers read the parameters of the query, known from the types of their arguments. Routes of all others refuse
//! parameters before their handler runs.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::{Parameters, PathId, Payload, Preconditions};

/// An argument of a handler, or all arguments of one as axum names their types.
pub trait ReadsParameters {
    /// Whether it reads the parameters of the query.
    const READS_PARAMETERS: bool = false;
}

impl<T> ReadsParameters for Parameters<T> {
    const READS_PARAMETERS: bool = true;
}

impl<T> ReadsParameters for Extension<T> {}
impl ReadsParameters for HeaderMap {}
impl<T> ReadsParameters for Path<T> {}
impl<T> ReadsParameters for PathId<T> {}
impl ReadsParameters for Payload {}
impl ReadsParameters for Preconditions {}
impl<S> ReadsParameters for State<S> {}

/// Implements the trait for the arguments of handlers. The first type, `V`, is axum's marker for how the last argument is
/// extracted.
macro_rules! arguments {
    ($($argument:ident)+) => {
        impl<V, $($argument: ReadsParameters),+> ReadsParameters for (V, $($argument),+) {
            const READS_PARAMETERS: bool = false $(|| $argument::READS_PARAMETERS)+;
        }
    };
}

/// A handler without arguments.
impl ReadsParameters for ((),) {}

arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);
arguments!(A B C D E F G);
