//! Calls that go on when the register is killed and started again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Result;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use unionhall_tests::{
    client::{Clients, reason},
    suite::Suite,
};

/// The way to one start of the register.
struct Line {
    clients: Clients,
    /// Cancelled right before the kill: from then on an answer may fail to come.
    cut: CancellationToken,
}

/// Connects everybody with the register of the moment.
pub(super) struct Exchange(watch::Sender<Arc<Line>>);

impl Exchange {
    pub(super) async fn open(suite: &Suite) -> Result<Self> {
        Ok(Self(watch::Sender::new(Arc::new(line(suite).await?))))
    }

    pub(super) fn phone(&self) -> Phone {
        Phone { line: self.0.subscribe(), cut: Arc::default(), took: Arc::default() }
    }

    /// Kills the register while calls are on their way.
    pub(super) async fn kill(&self, suite: &mut Suite) -> Result<()> {
        self.0.borrow().cut.cancel();
        suite.kill().await
    }

    /// Starts it again; everybody goes on.
    pub(super) async fn start_again(&self, suite: &mut Suite) -> Result<()> {
        suite.start_again().await?;
        self.0.send_replace(Arc::new(line(suite).await?));
        Ok(())
    }
}

async fn line(suite: &Suite) -> Result<Line> {
    Ok(Line { clients: suite.connect().await?, cut: CancellationToken::new() })
}

/// What those of one kind call with, and what they met.
#[derive(Clone)]
pub(super) struct Phone {
    line: watch::Receiver<Arc<Line>>,
    cut: Arc<AtomicUsize>,
    took: Arc<Mutex<Vec<Duration>>>,
}

impl Phone {
    /// The answer. A call that a kill cut is made again at the next start; every other failure is
    /// the caller's to judge.
    pub(super) async fn ask<T, F>(&self, send: impl Fn(Clients) -> F) -> Result<T, Status>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let mut next = self.line.clone();
        loop {
            let line = Arc::clone(&next.borrow_and_update());
            if !line.cut.is_cancelled() {
                let began = Instant::now();
                match send(line.clients.clone()).await {
                    // What the register itself refused bears a reason, and counts.
                    Err(status) if line.cut.is_cancelled() && reason(&status).is_none() => {
                        self.cut.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(status) => return Err(status),
                    Ok(answer) => {
                        self.took.lock().push(began.elapsed());
                        return Ok(answer.into_inner());
                    }
                }
            }
            next.changed().await.map_err(|_| Status::aborted("there is no further start"))?;
        }
    }

    /// How many calls were answered.
    pub(super) fn answered(&self) -> usize {
        self.took.lock().len()
    }

    /// How many calls kills cut.
    pub(super) fn cut(&self) -> usize {
        self.cut.load(Ordering::Relaxed)
    }

    /// Milliseconds within which 99 of a hundred answers came, and those of the slowest.
    pub(super) fn slowest(&self) -> (u128, u128) {
        let mut took = self.took.lock().clone();
        took.sort_unstable();
        let at = |place: usize| took.get(place).map_or(0, Duration::as_millis);
        (at(took.len() * 99 / 100), at(took.len().saturating_sub(1)))
    }
}
