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

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use tokio::{
        io::{AsyncBufReadExt, BufReader, Lines},
        process::{ChildStdout, Command},
    };

    const CHILD: &str = "UNIONHALL_TEST_SIGNALS";

    /// Runs in a process of its own, which the test below signals.
    #[tokio::test]
    async fn child() {
        if std::env::var_os(CHILD).is_none() {
            return;
        }
        let token = super::signals().unwrap();
        println!("listening");
        token.cancelled().await;
        println!("told to stop");
        std::future::pending::<()>().await;
    }

    #[tokio::test]
    async fn the_first_signal_is_heard_and_the_second_ends_the_process() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "server::signals::tests::child"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let id = child.id().unwrap().to_string();
        until(&mut lines, "listening").await;
        terminate(&id).await;
        until(&mut lines, "told to stop").await;
        terminate(&id).await;
        assert_eq!(child.wait().await.unwrap().code(), Some(super::INTERRUPTED));
    }

    async fn until(lines: &mut Lines<BufReader<ChildStdout>>, sign: &str) {
        while !lines.next_line().await.unwrap().expect("the process ended").ends_with(sign) {}
    }

    async fn terminate(id: &str) {
        assert!(Command::new("kill").args(["-TERM", id]).status().await.unwrap().success());
    }
}
