//! Queues and dead-letter queues.

use anyhow::Result;
use clap::Subcommand;
use saldo_store::queue::Depth;
use serde::Serialize;

use crate::Answer;
use crate::Stores;

/// Commands for queues.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the queues with the approximate numbers of their messages.
    ///
    /// A message that was received ten times moves to the dead-letter queue. A function takes it from there within
    /// seconds and marks its work as failed. A message that stays longer has its dead-letter handler fail, too.
    /// `job redrive` queues exhausted work again.
    List,
}

#[derive(Serialize)]
struct View {
    queue: String,
    holds: &'static str,
    waiting: u64,
    in_flight: u64,
    delayed: u64,
}

impl View {
    fn of(Depth { queue, waiting, in_flight, delayed }: Depth, holds: &'static str) -> Self {
        Self { queue, holds, waiting, in_flight, delayed }
    }
}

pub(crate) async fn run(stores: &Stores, Command::List: Command) -> Result<Answer> {
    let Stores { import_worker, export_queue, sync_queue, notification_queue, .. } = stores;
    let (plan_queue, import_queue) = (&import_worker.stores.plan_queue, &import_worker.stores.import_queue);
    let queues = [
        ("imports to be planned", plan_queue.depths().await?),
        ("chunks of imports", import_queue.depths().await?),
        ("exports", export_queue.depths().await?),
        ("synchronizations", sync_queue.depths().await?),
        ("notifications", notification_queue.depths().await?),
    ];
    let (mut work, mut dead): (Vec<View>, Vec<View>) = (Vec::new(), Vec::new());
    for (holds, (depth, dead_letters)) in queues {
        work.push(View::of(depth, holds));
        dead.extend(dead_letters.map(|depth| View::of(depth, "dead letters")));
    }
    // Plans and chunks share a dead-letter queue.
    dead.dedup_by(|a, b| a.queue == b.queue);
    work.extend(dead);
    Answer::list(&work)
}
