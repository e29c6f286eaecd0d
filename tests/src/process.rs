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

/// The processor time, user and system, of all threads of a process in seconds, as Linux reports it; 0 on
/// other systems.
pub(crate) fn cpu_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The program's name, in parentheses, may have spaces in it. `utime` and `stime` are the 12th and 13th after it.
    let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    times.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}
