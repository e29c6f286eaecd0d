//! The accounts of each script on a given day. They depend only on the script, the day and the date on which the bank
//! was started, so a read can be repeated.

use jiff::civil::Date;

use super::account::Account;
use super::script::Script;
use super::{demo, moving};

/// The accounts of a customer with this script, `day` days after the bank was started.
pub(super) fn accounts(script: Script, day: i32, started: Date) -> Vec<Account> {
    match script {
        Script::Moving => moving::moving(day, started),
        Script::Conflict => vec![moving::conflict(day, started)],
        Script::NoIds => vec![moving::no_ids(started)],
        _ => demo::accounts(started),
    }
}
