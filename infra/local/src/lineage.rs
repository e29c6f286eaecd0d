//! Lambda's recursive loop detection: counts the invocations of each function in a chain of messages.
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>
//!
//! Lambda gives an invocation a trace header with the counts. The SDK sends the header with each
//! of the function's requests (`aws-runtime`, `recursion_detection.rs`), SQS keeps it with the
//! messages as their attribute `AWSTraceHeader`, and Lambda reads it when it takes a message from
//! the queue.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};

use crate::interceptor::{Call, CallResult, Interceptor};

/// The header that carries the trace from the SDK to a service.
pub(crate) const TRACE_HEADER: &str = "x-amzn-trace-id";
/// How often Lambda invokes a function in one chain if loops are not allowed. (The documentation says "approximately".)
const INVOCATIONS_MAX: u32 = 16;
/// The trace header before the counts. The trace id is a dummy.
const COUNTS: &str = "Root=1-00000000-000000000000000000000000;Lineage=";

/// The numbers of invocations of each function in the chain of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineage(BTreeMap<String, u32>);

impl Lineage {
    /// The counts of a batch of messages: for each function the highest.
    pub(crate) fn of(messages: &[Message]) -> Self {
        let mut counts = BTreeMap::new();
        for attributes in messages.iter().filter_map(|message| message.attributes.as_ref()) {
            let header = attributes.get(&MessageSystemAttributeName::AwsTraceHeader);
            for (function, count) in header.map_or_else(Self::default, |header| Self::read(header)).0 {
                let known = counts.entry(function).or_default();
                *known = count.max(*known);
            }
        }
        Self(counts)
    }

    fn read(header: &str) -> Self {
        let counts = header.rsplit("Lineage=").next().unwrap_or_default().split('|');
        let counts = counts.filter_map(|entry| {
            let (function, count) = entry.split_once(':')?;
            Some((function.to_owned(), count.parse().ok()?))
        });
        Self(counts.collect())
    }

    /// Adds an invocation of the function. `None` if Lambda would stop it.
    pub(crate) fn invoke(mut self, function: &str, may_loop: bool) -> Option<Self> {
        let count = self.0.entry(function.to_owned()).or_default();
        *count += 1;
        (may_loop || *count <= INVOCATIONS_MAX).then_some(self)
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self.0.iter().map(|(function, count)| format!("{function}:{count}")).collect();
        write!(f, "{COUNTS}{}", counts.join("|"))
    }
}

/// Adds the trace header of the current invocation to the requests of an app, which handles one invocation at a time.
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Option<String>>);

impl Trace {
    /// Sets the chain of the following requests.
    pub(crate) fn set(&self, lineage: Option<&Lineage>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lineage.map(Lineage::to_string);
    }
}

impl Interceptor for Trace {
    async fn intercept(&self, mut call: Call) -> CallResult {
        let header = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(header) = header {
            call.request.headers_mut().insert(TRACE_HEADER, header);
        }
        call.send().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocations_count_by_function_until_lambda_stops_them() {
        let mut lineage = Lineage::default();
        for _ in 0..INVOCATIONS_MAX {
            lineage = lineage.invoke("A", false).and_then(|lineage| lineage.invoke("B", true)).expect("both");
            assert_eq!(Lineage::read(&lineage.to_string()), lineage);
        }
        assert_eq!(lineage.clone().invoke("A", false), None);
        assert!(lineage.clone().invoke("B", true).is_some() && lineage.invoke("C", false).is_some());
    }
}
