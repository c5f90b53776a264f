//! Many calls at once, for a time, and what came of them.

use std::{fmt, net::SocketAddr, time::Duration};

use anyhow::{Result, ensure};
use tokio::time::Instant;

use crate::{calls::Calls, connection::Connection};

/// How a run goes.
pub(crate) struct Race {
    pub(crate) target: SocketAddr,
    pub(crate) token: String,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) warm_up: Duration,
    pub(crate) counted: Duration,
}

/// What one connection counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    micros: Vec<u32>,
    refused: u64,
}

impl Tally {
    /// Counts a call that ended.
    pub(crate) fn ended(&mut self, took: Duration, answered: bool) {
        if answered {
            self.micros.push(u32::try_from(took.as_micros()).unwrap_or(u32::MAX));
        } else {
            self.refused += 1;
        }
    }

    fn join(&mut self, other: Self) {
        self.micros.extend(other.micros);
        self.refused += other.refused;
    }
}

/// The result of a run.
pub(crate) struct Outcome {
    per_second: u128,
    half: u32,
    ninety_nine: u32,
    answered: usize,
    refused: u64,
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_second, half, ninety_nine, answered, refused } = self;
        write!(
            out,
            "rps={per_second} p50_us={half} p99_us={ninety_nine} answered={answered} \
             refused={refused}"
        )
    }
}

/// Runs it.
pub(crate) async fn run(race: &Race, calls: Calls) -> Result<Outcome> {
    ensure!(race.connections > 0 && race.in_flight >= race.connections, "a call a connection");
    // The connections borrow the calls for the life of the process, which is this run.
    let calls: &'static Calls = Box::leak(Box::new(calls));
    let from = Instant::now() + race.warm_up;
    let until = from + race.counted;
    let mut running = Vec::new();
    for number in 0..race.connections {
        let share = race.in_flight / race.connections
            + usize::from(number < race.in_flight % race.connections);
        let connection = Connection::open(race.target, &race.token, calls).await?;
        running.push(tokio::spawn(connection.run(share, from, until)));
    }
    let mut all = Tally::default();
    for connection in running {
        all.join(connection.await??);
    }
    ensure!(!all.micros.is_empty(), "no call was answered; {} were refused", all.refused);
    all.micros.sort_unstable();
    let at = |percent: usize| all.micros[(all.micros.len() - 1) * percent / 100];
    Ok(Outcome {
        per_second: all.micros.len() as u128 * 1_000 / race.counted.as_millis(),
        half: at(50),
        ninety_nine: at(99),
        answered: all.micros.len(),
        refused: all.refused,
    })
}
