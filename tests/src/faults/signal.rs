//! Processes: who is alive, and how to end them.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// Sends `signal` (`KILL`, `TERM`, `INT`, `STOP`, `CONT`) to every one of `processes`.
///
/// # Errors
/// When one of them does not exist or may not be signalled.
pub fn send(signal: &str, processes: &[u32]) -> Result<()> {
    let output = Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$@\"", signal])
        .args(processes.iter().map(u32::to_string))
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "kill {signal} {processes:?}: {error}");
    Ok(())
}

/// Whether the process still runs. One that waits to be reaped does not.
#[must_use]
pub fn is_alive(process: u32) -> bool {
    stat(process).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// The direct children of `parent`.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn children(parent: u32) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").context("/proc")? {
        let Ok(process) = entry?.file_name().to_string_lossy().parse() else { continue };
        if stat(process).is_some_and(|(_, its_parent)| its_parent == parent) {
            found.push(process);
        }
    }
    Ok(found)
}

/// Resident memory of the process, in bytes; `None` once it is gone.
#[must_use]
pub fn resident_bytes(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// State and parent from `/proc/PID/stat`, whose second field may itself hold spaces and brackets.
fn stat(process: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_child_counts_as_gone_before_it_is_reaped() -> Result<()> {
        let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn()?;
        let process = child.id();
        assert!(is_alive(process));
        assert!(children(std::process::id())?.contains(&process));
        assert!(resident_bytes(process).is_some());
        send("KILL", &[process])?;
        // Wait for the death without reaping: the state goes through Z before wait returns.
        while is_alive(process) {
            std::thread::yield_now();
        }
        child.wait()?;
        assert!(send("KILL", &[process]).is_err());
        Ok(())
    }
}
