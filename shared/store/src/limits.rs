//! Limits of size, concurrency and time that tests change.

use std::time::Duration;

use saldo_domain::import::{CHUNKS_AT_ONCE, ROWS_PER_CHUNK};
use saldo_domain::notification::RETRY_DELAYS;

/// The items that are written alone at the same time.
pub const WRITES_IN_FLIGHT: usize = 32;
/// The batches that are sent at the same time. At 15 ms a batch of 25, 4 of them write about 6,000 items a second.
pub(crate) const BATCHES_IN_FLIGHT: usize = 4;

/// Limits of size, concurrency and time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The rows in a chunk of an import, at least 1.
    pub rows_per_chunk: usize,
    /// The chunks of an import that are queued at once, at least 1.
    pub chunks_at_once: u32,
    /// How long one delivery of an import plans before it leaves the rest to another: two thirds of a planner's timeout,
    /// so that there is time to finish the chunk it has begun.
    pub planning_time: Duration,
    /// How long a worker begins groups of rows and retries throttled ones, from the beginning of the chunk, before it queues
    /// the chunk again. A worker's timeout is 120 seconds, and a call takes 15 at most: after this time, one look-up, one
    /// round of batches, and the read and the write of a round of rows alone may follow. If AWS is still as slow at the report
    /// and the commit, the worker may be killed; the next delivery then continues from there.
    pub chunk_time: Duration,
    /// How long a throttled plan or chunk rests the first time.
    pub throttled_rest: Duration,
    /// How long a link to upload a file is valid. At most 15 minutes, as
    /// `link_valid`: a link ends with the credentials that signed it, and an invocation of Lambda
    /// may last 15 minutes, so its credentials do.
    pub upload_valid: Duration,
    /// The batches of rows of a chunk that are written at the same time, at least 1.
    pub batches_in_flight: usize,
    /// The records that a page of an export looks at, at least 1. Small pages limit memory where many are read side by
    /// side: a record of half a kilobyte in the table takes four until it is read. Large pages limit the price: a page
    /// is charged in steps of 4 KB, so with 400 records less than one in a hundred is paid for twice.
    pub records_per_page: usize,
    /// How long an export is read before its caller gets a job instead of the file.
    pub inline_export_time: Duration,
    /// How long a link to a file is valid.
    pub link_valid: Duration,
    /// The lease of a worker on a synchronization: longer than a worker's timeout.
    pub sync_lease: Duration,
    /// How long one delivery of a synchronization reads before it leaves the rest to another: half of a worker's timeout,
    /// so that there is time for the page it has begun.
    pub sync_time: Duration,
    /// How long a challenge waits for its answer.
    pub challenge_valid: Duration,
    /// The interval at which a bank is asked whether its customer has answered the challenge.
    pub poll_interval: Duration,
    /// How long a bank may take for one answer.
    pub bank_timeout: Duration,
    /// How long a receiver of notifications may take to answer, including the connection. Receivers should answer before
    /// they do longer work; the worker's batch waits for the slowest.
    pub notification_timeout: Duration,
    /// The pauses between the attempts to deliver a notification.
    pub notification_delays: &'static [Duration],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows_per_chunk: ROWS_PER_CHUNK,
            chunks_at_once: CHUNKS_AT_ONCE,
            planning_time: Duration::from_secs(400),
            chunk_time: Duration::from_secs(50),
            throttled_rest: Duration::from_secs(5),
            upload_valid: Duration::from_mins(15),
            batches_in_flight: BATCHES_IN_FLIGHT,
            records_per_page: 400,
            inline_export_time: Duration::from_secs(10),
            link_valid: Duration::from_mins(15),
            sync_lease: Duration::from_secs(150),
            sync_time: Duration::from_mins(1),
            challenge_valid: Duration::from_mins(10),
            poll_interval: Duration::from_secs(3),
            bank_timeout: Duration::from_secs(30),
            notification_timeout: Duration::from_secs(15),
            notification_delays: &RETRY_DELAYS,
        }
    }
}
