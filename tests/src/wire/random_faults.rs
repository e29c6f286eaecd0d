//! Faults drawn at random: the same seed draws the same faults for the same calls.

use std::collections::BTreeMap;

use local::Call;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::fault::Fault;
use super::partial_batch::PartialBatch;

/// Draws faults at a given rate.
#[derive(Debug)]
pub(super) struct RandomFaults {
    random: StdRng,
    /// How many of a thousand calls fail.
    per_mille: u32,
    /// Whether every call is throttled, whatever is drawn.
    throttle_all: bool,
    injected: BTreeMap<(String, Fault), u64>,
}

/// A fault that a call meets.
pub(super) enum RandomFault {
    /// All of the call fails.
    Whole(Fault),
    /// Some elements of a batch fail.
    Part(PartialBatch),
}

impl Default for RandomFaults {
    fn default() -> Self {
        let random = StdRng::seed_from_u64(0);
        Self { random, per_mille: 0, throttle_all: false, injected: BTreeMap::new() }
    }
}

impl RandomFaults {
    pub(super) fn start(&mut self, seed: u64, per_mille: u32) {
        (self.random, self.per_mille) = (StdRng::seed_from_u64(seed), per_mille);
    }

    pub(super) fn throttle_all(&mut self) {
        self.throttle_all = true;
    }

    pub(super) fn stop(&mut self) {
        (self.per_mille, self.throttle_all) = (0, false);
    }

    /// How many faults were drawn so far, by operation and kind.
    pub(super) fn injected(&self) -> &BTreeMap<(String, Fault), u64> {
        &self.injected
    }

    /// The fault that a call meets, if it meets one.
    pub(super) fn draw(&mut self, call: &Call) -> Option<RandomFault> {
        let fault = if self.throttle_all {
            Fault::Throttled
        } else if self.random.random_range(0..1_000) < self.per_mille {
            *Fault::possible(call).choose(&mut self.random)?
        } else {
            return None;
        };
        let batch = (fault == Fault::PartlyThrottled)
            .then(|| PartialBatch::split(call, || self.random.random_bool(0.5)))
            .flatten();
        // A batch that can't be divided is throttled as a whole.
        let counted =
            if fault == Fault::PartlyThrottled && batch.is_none() { Fault::Throttled } else { fault };
        *self.injected.entry((call.operation().to_owned(), counted)).or_default() += 1;
        Some(batch.map_or(RandomFault::Whole(fault), RandomFault::Part))
    }
}
