//! Infrastructure errors. No input is at fault, and trying again may help.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::dynamodb::CONFLICT;

type Source = Box<dyn Error + Send + Sync>;

/// An AWS service did not do what it was asked, or stored data is not what it should be.
///
/// What it says is for the logs alone: it may name tables and queues, never a caller's data.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service wants fewer requests, has no answer in time, or others write the same item; the
    /// SDK's own retries are used up.
    #[error("{operation} was throttled, or took too long")]
    Throttled {
        /// The call that failed.
        operation: &'static str,
    },
    /// The service could not be reached, or refused.
    #[error("{operation} failed")]
    Service {
        /// The call that failed.
        operation: &'static str,
        /// Why.
        #[source]
        source: Source,
    },
    /// A worker would queue its message again, and has done so as often as its kind allows.
    #[error("the message was queued again {hops} times, which is the most that its kind allows")]
    HopsExhausted {
        /// How often it was queued again.
        hops: u32,
    },
    /// A stored record can't be understood.
    #[error("{what} in the store can't be read")]
    Corrupt {
        /// What kind of record.
        what: &'static str,
        /// Why.
        #[source]
        source: Source,
    },
}

/// The codes by which AWS services ask for fewer requests, or for the same one later.
const THROTTLES: [&str; 7] = [
    CONFLICT,
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottlingException",
    "TooManyRequestsException",
];

impl Failure {
    /// The failure of an SDK call.
    pub(crate) fn of<E, R>(operation: &'static str) -> impl FnOnce(SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        move |error| match &error {
            SdkError::TimeoutError(_) => Self::Throttled { operation },
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Self::Throttled { operation },
            error_of_service => {
                match error_of_service.as_service_error().and_then(ProvideErrorMetadata::code) {
                    Some(code) if THROTTLES.contains(&code) => Self::Throttled { operation },
                    _ => Self::Service { operation, source: Box::new(error) },
                }
            }
        }
    }

    /// A request that the service refuses, or would refuse, each time.
    pub(crate) fn refused(operation: &'static str, why: impl Into<Source>) -> Self {
        Self::Service { operation, source: why.into() }
    }

    /// A record that can't be read.
    pub fn corrupt<E: Into<Source>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Corrupt { what, source: source.into() }
    }

    /// What failed, and why, and why that: for a log line. (JSON logs show an error without
    /// its sources.)
    #[must_use]
    pub fn chain(&self) -> String {
        let causes = std::iter::successors(Some(self as &(dyn Error + 'static)), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// A record that must be there and is not.
    #[must_use]
    pub fn missing(what: &'static str) -> Self {
        Self::Corrupt { what, source: "it is not there".into() }
    }

    /// A request that could not even be put together, which is a mistake in the code.
    pub(crate) fn unsendable<E: Error + Send + Sync + 'static>(
        operation: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Service { operation, source: Box::new(source) }
    }
}
