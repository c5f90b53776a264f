//! Resident memory of the process.

use std::fs;

use opentelemetry::metrics::Meter;

/// Observes it whenever metrics are collected.
pub(super) fn observe(meter: &Meter) {
    meter
        .u64_observable_gauge("process.memory.usage")
        .with_unit("By")
        .with_description("Resident memory of the process.")
        .with_callback(|observer| {
            // Other systems than Linux have no such file, and then no such metric.
            if let Ok(status) = fs::read_to_string("/proc/self/status")
                && let Some(bytes) = resident(&status)
            {
                observer.observe(bytes, &[]);
            }
        })
        .build();
}

/// `VmRSS` in bytes; the kernel writes it in KiB.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_counts_in_kib() {
        assert_eq!(resident("VmPeak:\t  9 kB\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!(resident("VmPeak:\t  9 kB\n"), None);
    }
}
