//! Fails tests for what they cause beside their assertions: a secret that leaks, or a call that a
//! function's role denies.
//!
//! Violations are seen by interceptors, by the log and in the output of processes, on any thread.
//! A violation belongs to the test that owns the observer; or else to the test on whose thread it
//! is seen; or else to the test whose organization the evidence names; or else to every test that
//! runs. A test with violations fails at the next request that it sends, or when one of its
//! [`TestGuard`]s is dropped. [`unclaimed_violations`] returns what was seen when no test was left
//! to fail.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// How many violations of one test are reported: one cause can have many.
const VIOLATIONS_MAX: usize = 20;
/// How long no test must have run until all are taken to have ended: longer than a test needs to
/// create its first guard.
const QUIET: Duration = Duration::from_secs(3);
/// How long the tests may run.
const PATIENCE: Duration = Duration::from_hours(1);

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

#[derive(Debug, Default)]
struct Registry {
    /// The tests that run: each has a thread of its own.
    running: HashMap<ThreadId, Run>,
    /// The tests that created organizations.
    organizations: HashMap<String, Owner>,
    unclaimed: Vec<String>,
}

#[derive(Debug)]
struct Run {
    name: String,
    guards: usize,
    violations: Vec<String>,
    /// Whether the test has failed for its violations.
    is_reported: bool,
}

/// A test that a violation can belong to, whether it still runs or not.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    thread: ThreadId,
    name: String,
}

/// Fails its test, when it is dropped, for the violations that the test has caused. Everything that
/// tests use keeps one.
#[derive(Debug)]
pub struct TestGuard {
    owner: Owner,
}

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestGuard {
    /// A guard of the test that runs on this thread.
    #[must_use]
    pub fn of_this_test() -> Self {
        let here = thread::current();
        Self::of(Owner { thread: here.id(), name: here.name().unwrap_or("a test").to_owned() })
    }

    fn of(owner: Owner) -> Self {
        let mut registry = registry();
        let run = registry.running.entry(owner.thread).or_insert_with(|| Run {
            name: owner.name.clone(),
            guards: 0,
            violations: Vec::new(),
            is_reported: false,
        });
        run.guards += 1;
        drop(registry);
        Self { owner }
    }

    /// The test.
    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// From now on violations whose evidence names this organization belong to the test.
    pub(crate) fn own(&self, organization: &str) {
        registry().organizations.insert(organization.to_owned(), self.owner.clone());
    }

    /// Fails the test if it has caused violations.
    ///
    /// # Panics
    /// When the test has caused violations.
    pub fn check(&self) {
        if self.can_fail_here() && !thread::panicking() {
            let violations = self.take_report();
            assert!(violations.is_empty(), "{}", list(&violations));
        }
    }

    /// Whether a panic here fails the test: in a task of its own it would end the task alone.
    fn can_fail_here(&self) -> bool {
        thread::current().id() == self.owner.thread && tokio::task::try_id().is_none()
    }

    fn take_report(&self) -> Vec<String> {
        let mut registry = registry();
        let Some(run) = registry.running.get_mut(&self.owner.thread) else { return Vec::new() };
        run.is_reported = true;
        run.violations.clone()
    }

    /// Ends the test's run with its last guard.
    fn leave(&self) {
        let mut registry = registry();
        let Some(run) = registry.running.get_mut(&self.owner.thread) else { return };
        run.guards -= 1;
        if run.guards == 0
            && let Some(run) = registry.running.remove(&self.owner.thread)
            && !run.is_reported
        {
            for violation in run.violations {
                registry.add_unclaimed(&format!("{violation} ({})", run.name));
            }
        }
    }
}

impl Clone for TestGuard {
    fn clone(&self) -> Self {
        Self::of(self.owner.clone())
    }
}

impl Drop for TestGuard {
    fn drop(&mut self) {
        let violations = if self.can_fail_here() { self.take_report() } else { Vec::new() };
        self.leave();
        if violations.is_empty() {
            return;
        }
        match thread::panicking() {
            // The test fails already.
            true => eprintln!("{}", list(&violations)),
            false => panic!("{}", list(&violations)),
        }
    }
}

impl Registry {
    fn add(&mut self, thread: ThreadId, violation: &str) -> bool {
        let Some(run) = self.running.get_mut(&thread) else { return false };
        if run.violations.len() < VIOLATIONS_MAX && !run.violations.iter().any(|known| known == violation) {
            run.violations.push(violation.to_owned());
            run.is_reported = false;
        }
        true
    }

    fn add_unclaimed(&mut self, violation: &str) {
        // Past the test runner, which shows the output of failed tests alone.
        let _closed = writeln!(std::io::stderr(), "no test is left to fail for this: {violation}");
        self.unclaimed.push(violation.to_owned());
    }
}

fn list(violations: &[String]) -> String {
    format!("this test has caused:\n- {}", violations.join("\n- "))
}

/// Reports a violation, whose owner may be known, and may be named in the evidence.
pub(crate) fn report(owner: Option<&Owner>, evidence: &str, violation: &str) {
    let mut registry = registry();
    let here = thread::current().id();
    if owner.is_none() && registry.add(here, violation) {
        return;
    }
    let named = || {
        let mut organizations = registry.organizations.iter();
        organizations.find(|(organization, _)| evidence.contains(*organization)).map(|(_, owner)| owner)
    };
    if let Some(owner) = owner.or_else(named).cloned() {
        if !registry.add(owner.thread, violation) {
            registry.add_unclaimed(&format!("{violation} (after the end of {})", owner.name));
        }
        return;
    }
    let running: Vec<(ThreadId, String)> =
        registry.running.iter().map(|(thread, run)| (*thread, run.name.clone())).collect();
    let candidates: Vec<&str> = running.iter().map(|(_, name)| name.as_str()).collect();
    let suspicion = format!("{violation} (caused by one of: {})", candidates.join(", "));
    for (thread, _) in &running {
        registry.add(*thread, &suspicion);
    }
    if running.is_empty() {
        registry.add_unclaimed(violation);
    }
}

/// Waits until no other test runs and returns the violations for which no test has failed.
///
/// # Panics
/// When the other tests do not end.
pub async fn unclaimed_violations() -> Vec<String> {
    let begun = Instant::now();
    let mut busy = Instant::now();
    while busy.elapsed() < QUIET {
        let names: Vec<String> = registry().running.values().map(|run| run.name.clone()).collect();
        assert!(begun.elapsed() < PATIENCE, "these tests do not end: {names:?}");
        if !names.is_empty() {
            busy = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    registry().unclaimed.clone()
}
