//! The bank's customers: each has a script to play, a day it is on, and a PIN that three
//! wrong tries lock.

use jiff::ToSpan;
use jiff::civil::Date;

use super::State;
use super::answer::{Refusal, Result};
use super::script::Script;

const PIN: &str = "12345";
const OTP: &str = "111111";
/// The wrong PINs in a row that lock a customer.
const WRONG_PINS_MAX: u32 = 3;

/// A customer.
pub(super) struct Customer {
    pub(super) script: Script,
    /// Days since the bank was started, as far as this customer is concerned.
    pub(super) day: i32,
    /// Wrong PINs since the last right one.
    wrong_pins: u32,
    /// The last days on which the accounts and the transactions were turned down.
    pub(super) turned_down: TurnedDown,
}

/// When a busy bank last turned a customer down.
#[derive(Default)]
pub(super) struct TurnedDown {
    pub(super) accounts: Option<i32>,
    pub(super) transactions: Option<i32>,
}

impl Customer {
    /// Checks a PIN.
    pub(super) fn authenticate(&mut self, pin: &str) -> Result<()> {
        if self.script == Script::Locked || self.wrong_pins >= WRONG_PINS_MAX {
            return Err(Refusal::ServiceBlocked);
        }
        if pin != PIN {
            self.wrong_pins += 1;
            return Err(Refusal::CredentialsInvalid);
        }
        self.wrong_pins = 0;
        Ok(())
    }

    /// The date that it is for this customer.
    pub(super) fn today(&self, started: Date) -> Date {
        started.saturating_add(self.day.days())
    }
}

/// Whether this is the OTP that every challenge asks for.
pub(super) fn is_otp(otp: &str) -> bool {
    otp == OTP
}

impl State {
    /// The customer of that PSU-ID: `script` or `script.tag`, the tag of letters, digits,
    /// `-`, `_` and `.`. Each has a state of its own.
    pub(super) fn customer(&mut self, psu: &str) -> Result<&mut Customer> {
        let (name, tag) = psu.split_once('.').unwrap_or((psu, ""));
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let script = Script::named(name).filter(|_| tag.chars().all(plain));
        let script = script.ok_or(Refusal::CredentialsInvalid)?;
        Ok(self.customers.entry(psu.to_owned()).or_insert_with(|| Customer {
            script,
            day: 0,
            wrong_pins: 0,
            turned_down: TurnedDown::default(),
        }))
    }
}
