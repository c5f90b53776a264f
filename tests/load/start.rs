//! From exec to the first SERVING, and memory when idle.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use unionhall_tests::{client, faults::signal};

/// Pause between two questions whether it serves yet; the resolution of the figure.
const PAUSE: Duration = Duration::from_millis(1);
const LIMIT: Duration = Duration::from_secs(60);

/// How starts are measured.
#[derive(Debug, Args)]
pub(crate) struct Starts {
    /// The program.
    #[arg(long)]
    binary: PathBuf,
    /// Starts; the median counts.
    #[arg(long, default_value_t = 21)]
    runs: usize,
    /// Seconds of rest before the memory is read.
    #[arg(long, default_value_t = 10)]
    idle: u64,
    /// The words after the program's name; `--listen` is added.
    #[arg(last = true, required = true)]
    words: Vec<String>,
}

/// Measures and prints.
pub(crate) async fn measure(starts: &Starts) -> Result<()> {
    ensure!(starts.runs > 0, "at least one start");
    let mut took = Vec::new();
    for _ in 0..starts.runs {
        let (server, time) = start(starts).await?;
        took.push(time.as_micros());
        stop(server).await?;
    }
    took.sort_unstable();
    let (server, _) = start(starts).await?;
    sleep(Duration::from_secs(starts.idle)).await;
    let memory = resident_kib(&server)?;
    stop(server).await?;
    let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
    println!("median_us={median} worst_us={worst} runs={} idle_rss_kib={memory}", took.len());
    Ok(())
}

async fn start(starts: &Starts) -> Result<(Child, Duration)> {
    // Free now, and nobody else is likely to take it within the millisecond.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut command = Command::new(&starts.binary);
    command.args(&starts.words).args(["--listen", &address.to_string()]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    let began = Instant::now();
    let mut server = command.spawn()?;
    while !serves(address).await {
        if let Some(status) = server.try_wait()? {
            bail!("the server ended: {status}");
        }
        ensure!(began.elapsed() < LIMIT, "the server does not serve");
        sleep(PAUSE).await;
    }
    Ok((server, began.elapsed()))
}

async fn serves(address: SocketAddr) -> bool {
    let Ok(channel) = client::channel(address).await else { return false };
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}

async fn stop(mut server: Child) -> Result<()> {
    let id = server.id().context("the server ended by itself")?;
    signal::send("TERM", &[id])?;
    let status = server.wait().await?;
    ensure!(status.success(), "the server did not stop cleanly: {status}");
    Ok(())
}

fn resident_kib(server: &Child) -> Result<u64> {
    let id = server.id().context("the server ended by itself")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.context("the kernel does not tell the memory")?.parse().context("VmRSS")
}
