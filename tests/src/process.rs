//! The resources that a process has used, as Linux reports them.

/// The peak memory of a process in MiB, as Linux reports it; 0 on other systems.
pub(crate) fn peak_memory_mib(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// The unit in which Linux reports a process's time (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// The user CPU time of all threads of a process in seconds, as Linux reports it; 0 on other
/// systems.
pub(crate) fn user_cpu_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name, in parentheses, may have spaces in it. `utime` is the 12th after it.
    let ticks = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(11)?.parse::<f64>().ok());
    ticks.unwrap_or_default() / TICKS_PER_SECOND
}
