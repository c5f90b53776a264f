//! The signals that stop a process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// 128 + SIGINT, as shells report a process that was interrupted.
const INTERRUPTED: i32 = 130;

/// A token that SIGINT or SIGTERM cancels. A second signal ends the process at once: whoever sends
/// it does not want to wait for the drain.
///
/// # Errors
/// The system does not let us listen for signals.
pub fn signals() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let first = token.clone();
    tokio::spawn(async move {
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("stopping; a second signal ends the process at once");
        first.cancel();
        either(&mut interrupt, &mut terminate).await;
        std::process::exit(INTERRUPTED);
    });
    Ok(token)
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
