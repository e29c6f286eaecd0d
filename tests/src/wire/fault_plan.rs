//! A plan of which calls to AWS fail, and how: the process dies or halts at a given call, the next
//! calls of some operations fail, or calls fail at random.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use local::{Call, CallResult, Interceptor};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::fault::Fault;
use super::partial_batch::PartialBatch;
use super::random_faults::{RandomFault, RandomFaults};

/// Decides for each call whether it fails. A new plan passes every call on.
#[derive(Debug)]
pub struct FaultPlan {
    rules: Mutex<Rules>,
    /// Notified when the process dies.
    died: Notify,
    /// Cancelled when a call has been held.
    reached: CancellationToken,
    /// Cancelled when held calls may go on.
    released: CancellationToken,
}

#[derive(Debug, Default)]
struct Rules {
    countdown: Option<Countdown>,
    /// The operation whose calls are held.
    held: Option<&'static str>,
    failures: Option<Failures>,
    random: RandomFaults,
}

/// What happens at a given call and at each one after it.
#[derive(Debug)]
struct Countdown {
    calls_left: i64,
    then: Halt,
}

#[derive(Clone, Copy, Debug)]
enum Halt {
    Kill { after_effect: bool },
    Hold,
}

/// Failures of the next calls of some operations whose body contains a text.
#[derive(Debug)]
struct Failures {
    operations: &'static [&'static str],
    text: String,
    kind: FailureKind,
    left: i64,
}

#[derive(Clone, Copy, Debug)]
enum FailureKind {
    Call(Fault),
    /// The statements of a batch that contain the text fail with this error code.
    Statements(&'static str),
}

impl Failures {
    fn decide(&self, call: &Call) -> Decision {
        match self.kind {
            FailureKind::Call(fault) => Decision::Fail(fault),
            FailureKind::Statements(code) => PartialBatch::fail_statements(call, &self.text, code)
                .map_or(Decision::Send, Decision::FailInPart),
        }
    }

    fn concern(&self, call: &Call) -> bool {
        self.operations.contains(&call.operation())
            && String::from_utf8_lossy(call.body()).contains(&self.text)
    }
}

/// How a call is handled.
enum Decision {
    Send,
    Fail(Fault),
    FailInPart(PartialBatch),
    Halt(Halt),
}

impl Default for FaultPlan {
    fn default() -> Self {
        let (reached, released) = (CancellationToken::new(), CancellationToken::new());
        Self { rules: Mutex::default(), died: Notify::new(), reached, released }
    }
}

impl FaultPlan {
    /// A plan in which every call after the first `calls` waits for [`Self::release`].
    #[must_use]
    pub fn hold_after(calls: i64) -> Arc<Self> {
        let plan = Self::default();
        plan.rules().countdown = Some(Countdown { calls_left: calls, then: Halt::Hold });
        Arc::new(plan)
    }

    /// A plan in which calls of this operation wait for [`Self::release`].
    #[must_use]
    pub fn hold_at(operation: &'static str) -> Arc<Self> {
        let plan = Self::default();
        plan.rules().held = Some(operation);
        Arc::new(plan)
    }

    /// A plan in which calls of these operations can fail whose body contains `text`:
    /// [`Self::fail_next`] says how many.
    #[must_use]
    pub fn fail_matching(operations: &'static [&'static str], text: &str, fault: Fault) -> Arc<Self> {
        let plan = Self::default();
        let kind = FailureKind::Call(fault);
        plan.rules().failures = Some(Failures { operations, text: text.to_owned(), kind, left: 0 });
        Arc::new(plan)
    }

    /// A plan in which the statements of batches that contain `text` can fail with this error code: [`Self::fail_next`]
    /// says in how many batches.
    #[must_use]
    pub fn fail_statements(text: &str, code: &'static str) -> Arc<Self> {
        let plan = Self::default();
        let (operations, kind) = (&["BatchExecuteStatement"], FailureKind::Statements(code));
        plan.rules().failures = Some(Failures { operations, text: text.to_owned(), kind, left: 0 });
        Arc::new(plan)
    }

    /// Passes `calls` on and kills the process at the next one, before it is sent or after it took
    /// effect. [`Self::run`] runs the process.
    pub fn kill_after(&self, calls: i64, after_effect: bool) {
        // Two calls at once both kill the process; the second notification is left over.
        while self.died.notified().now_or_never().is_some() {}
        self.rules().countdown = Some(Countdown { calls_left: calls, then: Halt::Kill { after_effect } });
    }

    /// Fails the next calls that match.
    pub fn fail_next(&self, times: i64) {
        if let Some(failures) = &mut self.rules().failures {
            failures.left = times;
        }
    }

    /// How many matching calls are still to fail.
    pub fn failures_left(&self) -> i64 {
        self.rules().failures.as_ref().map_or(0, |failures| failures.left.max(0))
    }

    /// Fails `per_mille` of a thousand calls. The seed decides which ones, and how.
    pub fn fail_randomly(&self, seed: u64, per_mille: u32) {
        self.rules().random.start(seed, per_mille);
    }

    /// Throttles every call.
    pub fn throttle_all(&self) {
        self.rules().random.throttle_all();
    }

    /// Passes every call on, but for the failures of [`Self::fail_next`].
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.countdown = None;
        rules.random.stop();
    }

    /// How many calls failed at random so far, by operation and fault.
    pub fn injected(&self) -> BTreeMap<(String, Fault), u64> {
        self.rules().random.injected().clone()
    }

    /// Waits until a call is held.
    pub async fn reached(&self) {
        self.reached.cancelled().await;
    }

    /// Sends the calls that are held, and those after them.
    pub fn release(&self) {
        self.released.cancel();
    }

    /// Runs `process` to its end, or until the plan kills it: then it is dropped where it stands,
    /// and there is no result.
    pub async fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died.notified() => None,
            result = process => Some(result),
        }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, call: &Call) -> Decision {
        let rules = &mut *self.rules();
        if let Some(Countdown { calls_left, then }) = &mut rules.countdown {
            *calls_left -= 1;
            if *calls_left < 0 {
                return Decision::Halt(*then);
            }
        }
        if rules.held == Some(call.operation()) {
            return Decision::Halt(Halt::Hold);
        }
        if let Some(failures) = &mut rules.failures
            && failures.concern(call)
        {
            failures.left = failures.left.saturating_sub(1);
            if failures.left >= 0 {
                return failures.decide(call);
            }
        }
        match rules.random.draw(call) {
            None => Decision::Send,
            Some(RandomFault::Whole(fault)) => Decision::Fail(fault),
            Some(RandomFault::Part(batch)) => Decision::FailInPart(batch),
        }
    }
}

impl Interceptor for FaultPlan {
    async fn intercept(&self, call: Call) -> CallResult {
        match self.decide(&call) {
            Decision::Send => call.send().await,
            Decision::Fail(fault) => fault.inject(call).await,
            Decision::FailInPart(batch) => batch.send(call).await,
            Decision::Halt(Halt::Hold) => {
                self.reached.cancel();
                self.released.cancelled().await;
                call.send().await
            }
            Decision::Halt(Halt::Kill { after_effect }) => {
                if after_effect {
                    let _lost_response = call.send().await;
                }
                self.died.notify_one();
                // The caller is dropped while it waits here.
                std::future::pending().await
            }
        }
    }
}
