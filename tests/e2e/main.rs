//! The product, tested from outside: over HTTP, against the real local stack, or against
//! whatever `SALDO_URL` and `SALDO_KEY` name.

mod account_pages;
mod accounts;
mod authorization;
mod bad_input;
mod by_hand;
mod clients;
mod cost;
mod csv;
mod dead_letters;
mod delivery;
mod errors;
mod export_filters;
mod export_transactions;
mod export_worker;
mod exports;
mod idempotency;
mod import;
mod jobs;
mod keys;
mod notifications;
mod notifications_lab;
mod notifications_targets;
mod notifications_told;
mod notifications_worker;
mod round_trip;
mod rows;
mod spreadsheet;
mod stack;
mod sync;
mod sync_books;
mod sync_secrets;
mod sync_standard;
mod sync_worker;
mod template;
mod transactions;
