//! The load driver of `tests/measure`: prints one line of `key=value` pairs a run.
//!
//! It speaks HTTP/2 by itself: on a machine that client and server share, every cycle of the
//! client is missing on the other side, and a general client costs as much as a fast answer.

mod calls;
mod connection;
mod frame;
mod race;
mod start;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::{calls::Calls, race::Race};

/// Measures a running suite, or its start.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Cli {
    #[command(subcommand)]
    what: What,
}

/// What is measured.
#[derive(Debug, Subcommand)]
enum What {
    /// `GetEmployer` of random employers.
    Employers(Load),
    /// `GetMember` of random members.
    Members(Load),
    /// `BatchGetFigures`: every sub-district, 20 figures, a random past day.
    Boards(Load),
    /// The server's own health method: no token, no database. What the transport alone carries.
    Health(Load),
    /// From exec to the first SERVING, and memory when idle.
    Starts(start::Starts),
}

/// How a server is loaded.
#[derive(Debug, Args)]
struct Load {
    /// Where it listens.
    #[arg(long)]
    target: SocketAddr,
    /// File with the bearer token.
    #[arg(long)]
    token_file: PathBuf,
    /// HTTP/2 connections.
    #[arg(long, default_value_t = 4)]
    connections: usize,
    /// Calls under way at once over all connections.
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    /// Seconds that count.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds before them.
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
}

// One thread: the other core belongs to the server, as it does beside h2load and pgbench.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match measure(Cli::parse().what).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(what: What) -> Result<()> {
    match what {
        What::Employers(load) => {
            let calls = calls::employers(load.target, &load.token()?).await?;
            run(&load, calls).await
        }
        What::Members(load) => {
            let calls = calls::members(load.target, &load.token()?).await?;
            run(&load, calls).await
        }
        What::Boards(load) => {
            let calls = calls::boards(load.target, &load.token()?).await?;
            run(&load, calls).await
        }
        What::Health(load) => run(&load, calls::health()).await,
        What::Starts(starts) => start::measure(&starts).await,
    }
}

impl Load {
    fn token(&self) -> Result<String> {
        let text = std::fs::read_to_string(&self.token_file)
            .with_context(|| self.token_file.display().to_string())?;
        Ok(text.trim().to_owned())
    }
}

async fn run(load: &Load, calls: Calls) -> Result<()> {
    // From here on the server works for the run alone.
    eprintln!("{} calls are prepared", calls.len());
    let race = Race {
        target: load.target,
        token: load.token()?,
        connections: load.connections,
        in_flight: load.in_flight,
        warm_up: Duration::from_secs(load.warm_up),
        counted: Duration::from_secs(load.seconds),
    };
    println!("{}", race::run(&race, calls).await?);
    Ok(())
}
