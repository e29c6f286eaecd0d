//! Infrastructure errors. No input is at fault, and a retry may help.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

type Source = Box<dyn Error + Send + Sync>;

/// An AWS service failed, or a stored record is invalid.
///
/// The message is for logs only: it may name tables and queues, never a caller's data.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service was throttled, did not answer in time, or other requests write the same item; the SDK's retries are
    /// used up.
    #[error("{operation} was throttled, or took too long")]
    Throttled {
        /// The call that failed.
        operation: &'static str,
    },
    /// The service could not be reached, or refused the request.
    #[error("{operation} failed")]
    Service {
        /// The call that failed.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Source,
    },
    /// A worker had to queue its message again, but has done so as often as its kind allows.
    #[error("the message was queued again {hops} times, which is the most that its kind allows")]
    HopsExhausted {
        /// How often it was queued again.
        hops: u32,
    },
    /// A stored record can't be read.
    #[error("{what} in the store can't be read")]
    Corrupt {
        /// What kind of record.
        what: &'static str,
        /// The cause.
        #[source]
        source: Source,
    },
}

/// The error code of a DynamoDB request for an item that is part of a running transaction.
pub(crate) const TRANSACTION_CONFLICT: &str = "TransactionConflictException";

/// The error codes of AWS services that throttle requests, or that ask for the same request later.
const THROTTLES: [&str; 7] = [
    TRANSACTION_CONFLICT,
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

    /// The failure of a request that the service refuses, or would refuse, at every attempt.
    pub(crate) fn refused(operation: &'static str, why: impl Into<Source>) -> Self {
        Self::Service { operation, source: why.into() }
    }

    /// A record that can't be read.
    pub fn corrupt<E: Into<Source>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Corrupt { what, source: source.into() }
    }

    /// The error and all its sources, for a log line: JSON logs show an error without its sources.
    #[must_use]
    pub fn chain(&self) -> String {
        let causes = std::iter::successors(Some(self as &(dyn Error + 'static)), |&error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// The failure of a record that must exist and does not.
    #[must_use]
    pub fn missing(what: &'static str) -> Self {
        Self::Corrupt { what, source: "it is not there".into() }
    }

    /// The failure of a request that could not be built, which is a bug.
    pub(crate) fn unsendable<E: Error + Send + Sync + 'static>(
        operation: &'static str,
    ) -> impl FnOnce(E) -> Self {
        move |source| Self::Service { operation, source: Box::new(source) }
    }
}
