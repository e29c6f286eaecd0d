//! The deliveries of a history's messages, to workers that are killed and over services that fail.

use futures::future::join;
use rand::RngExt;
use rand::seq::IndexedRandom;
use saldo_store::files::ImportFiles;
use saldo_store::queue::{ImportMessage, ImportTask};

use super::queues::{self, InFlight};
use super::{CALLS_MAX, History, RANDOM_FAILURES_MAX, RECEIVES_MAX, Tally};

impl History<'_> {
    /// Delivers a waiting message to a worker that can die, over services that can fail. Returns
    /// `false` if there is no message.
    pub(super) async fn deliver_one(&mut self, tally: &mut Tally) -> bool {
        self.fetch(tally).await;
        if self.waiting.is_empty() {
            return false;
        }
        tally.deliveries += 1;
        let (visible, now) = queues::visible(&self.waiting, self.now);
        self.now = now;
        let at = *visible.choose(&mut self.random).expect("a message");
        let event = self.waiting[at].receive();
        if self.waiting[at].failures >= RECEIVES_MAX {
            tally.dead_letters += 1;
            let answer =
                saldo_jobs::import::handle_dead_letters((&self.stack.dead_letter_handler).into(), event)
                    .await;
            assert_eq!(answer.batch_item_failures, [], "seed {}", self.seed);
            self.waiting.swap_remove(at);
            return true;
        }
        if self.waiting[at].failures < RANDOM_FAILURES_MAX {
            match self.random.random_range(0..10) {
                0..=3 => {
                    self.stack
                        .faults
                        .kill_after(self.random.random_range(0..CALLS_MAX), self.random.random_bool(0.5));
                }
                4..=6 => {
                    let rate = *[50, 300, 700].choose(&mut self.random).expect("one of them");
                    self.stack.faults.fail_randomly(self.random.random(), rate);
                }
                _ => {}
            }
        }
        let change = match self.is_edited && self.random.random_bool(0.3) {
            true => self.by_hand.choose(self.stack, &self.org, &mut self.random).await,
            false => None,
        };
        let fails = self.random.random_bool(0.5);
        let by_hand = async {
            match &change {
                Some(change) => Some(change.make(self.stack, &self.key, fails).await),
                None => None,
            }
        };
        let work = saldo_jobs::import::handle((&self.app).into(), event);
        let outcome = self.stack.faults.run(join(work, by_hand)).await;
        self.stack.faults.clear();
        let (outcome, answered) = outcome.map_or((None, None), |(work, answered)| (Some(work), answered));
        if let Some(change) = &change {
            self.by_hand.record(change, fails, answered, tally);
        }
        match outcome {
            Some(answer) if answer.batch_item_failures.is_empty() => {
                self.waiting[at].deliveries -= 1;
                if self.waiting[at].deliveries == 0 {
                    self.waiting.swap_remove(at);
                }
            }
            Some(_) => {
                self.waiting[at].failures += 1;
                tally.shortened += u64::from(self.waiting[at].hide(self.now, &self.stack.visibility));
            }
            None => {
                tally.deaths += 1;
                tally.planners_killed += u64::from(self.waiting[at].queued.message.task == ImportTask::Plan);
                self.waiting[at].hide(self.now, &self.stack.visibility);
            }
        }
        true
    }

    /// Receives all messages of the queues. Every message is delivered at least twice.
    async fn fetch(&mut self, tally: &mut Tally) {
        for (queue, arn) in &self.stack.queues {
            loop {
                let poll = self.stack.sqs.receive_message().queue_url(queue).max_number_of_messages(10);
                let messages = poll.send().await.expect("SQS").messages.unwrap_or_default();
                if messages.is_empty() {
                    break;
                }
                for message in messages {
                    let receipt = message.receipt_handle().expect("a receipt");
                    let delete = self.stack.sqs.delete_message().queue_url(queue).receipt_handle(receipt);
                    delete.send().await.expect("SQS");
                    let deliveries = *[2, 2, 3].choose(&mut self.random).expect("one of them");
                    let mut in_flight = InFlight::new(message, arn, deliveries);
                    if in_flight.queued.hops > 0 {
                        tally.hops += 1;
                        in_flight.rest(self.now);
                        // Copies of a message that waits, delivered twice each, would multiply.
                        in_flight.deliveries = 1;
                    }
                    self.poison(&in_flight.queued.message).await;
                    self.waiting.push(in_flight);
                }
            }
        }
    }

    /// Makes the file of some new chunks unreadable.
    async fn poison(&mut self, work: &ImportMessage) {
        let ImportTask::Chunk(number) = work.task else { return };
        if self.met.insert((work.import.clone(), number)) && self.random.random_bool(0.2) {
            let name = ImportFiles::of(&work.org, &work.import).chunk(number);
            self.stack.reliable.files.put(&name, "application/json", "poison".into()).await.expect("S3");
        }
    }
}
