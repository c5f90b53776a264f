//! One server process: its first words, its log and its end. When it is over, its words and its log
//! are searched for numbers of persons.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use unionhall_finder::places::Searched;

use crate::faults::signal;
use crate::{patience, tools};

/// Lines of a log that an error shows.
const LAST_LINES: usize = 40;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A server. Killed with the value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    id: u32,
    printed: watch::Receiver<Printed>,
    /// Ends with the process; a thread, since the end of a test waits for it.
    collecting: Option<JoinHandle<()>>,
    log: PathBuf,
}

#[derive(Debug, Default)]
struct Printed {
    lines: Vec<String>,
    ended: bool,
}

impl Process {
    /// Starts `command`; what it writes to standard error goes to a log called `name`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command, name: &str) -> Result<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let log = tools::log_folder()?.join(format!("{name}-{number}.log"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&log)?);
        let mut child = command.spawn()?;
        let id = child.id().context("a process that was just started has an id")?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let (sender, printed) = watch::channel(Printed::default());
        // Reads to the end: a full pipe would stop the server.
        let stdout = File::from(stdout.into_owned_fd()?);
        let collecting = Some(thread::spawn(move || collect(stdout, &sender)));
        Ok(Self { child, id, printed, collecting, log })
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The address after `listening on `, once it was printed.
    ///
    /// # Errors
    /// When the process ends without it.
    pub async fn listening(&self) -> Result<SocketAddr> {
        let line = self.line("listening on ").await?;
        line.trim().parse().with_context(|| format!("not an address: {line:?}"))
    }

    /// The rest of the first line that starts with `prefix`, once it was printed.
    ///
    /// # Errors
    /// When standard output ends without such a line.
    pub async fn line(&self, prefix: &str) -> Result<String> {
        let find = |printed: &Printed| {
            printed.lines.iter().find_map(|line| line.strip_prefix(prefix)).map(str::to_owned)
        };
        let mut printed = self.printed.clone();
        let waiting = printed.wait_for(|now| now.ended || find(now).is_some());
        let now = patience::within(&format!("a line {prefix:?}"), waiting).await??;
        find(&now).with_context(|| format!("it ended without a line {prefix:?}"))
    }

    /// What it printed so far, line by line.
    #[must_use]
    pub fn printed(&self) -> Vec<String> {
        self.printed.borrow().lines.clone()
    }

    /// Kills it with SIGKILL and reaps it.
    ///
    /// # Errors
    /// When it does not die.
    pub async fn kill(&mut self) -> Result<()> {
        patience::within("the kill", self.child.kill()).await??;
        Ok(())
    }

    /// Sends `signal` (`TERM`, `INT`) and waits for the end; at once when it has ended already.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self, signal: &str) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status);
        }
        signal::send(signal, &[self.id])?;
        self.ended().await
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not; the end of its log is part of the error.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let end = patience::within("the end of the process", self.child.wait()).await;
        Ok(end.with_context(|| self.log_end())??)
    }

    /// The whole log so far.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }

    /// Where the log is and how it ends.
    #[must_use]
    pub fn log_end(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(LAST_LINES)..];
        format!("--- {}\n{}", self.log.display(), end.join("\n"))
    }
}

impl Process {
    /// Kills what is still alive, and waits until all that it wrote is there.
    fn end(&mut self) {
        // Gone before its database and its folder go. One that was reaped cannot be killed.
        if self.child.start_kill().is_ok() {
            while signal::is_alive(self.id) {
                thread::yield_now();
            }
        }
        if let Some(collecting) = self.collecting.take() {
            // It ends with the pipe; what it read is kept.
            let _ = collecting.join();
        }
    }

    /// Searches what it printed and its log.
    fn searched(&self) -> std::io::Result<Searched> {
        let mut searched = Searched::default();
        searched.look("standard output", self.printed().join("\n").as_bytes());
        searched.walk(&self.log, &[])?;
        Ok(searched)
    }
}

impl Drop for Process {
    #[allow(clippy::panic, reason = "the end of a test has no other way to fail it")]
    fn drop(&mut self) {
        self.end();
        if thread::panicking() {
            return;
        }
        match self.searched().map(|searched| searched.told()) {
            Ok(None) => {}
            Ok(Some(told)) => panic!("{}: {told}", self.log.display()),
            Err(error) => panic!("{}: {error}", self.log.display()),
        }
    }
}

fn collect(stdout: File, printed: &watch::Sender<Printed>) {
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        printed.send_modify(|now| now.lines.push(line));
    }
    printed.send_modify(|now| now.ended = true);
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn waits_for_the_words_and_keeps_the_log() -> Result<()> {
        let script =
            "echo hello; echo oops >&2; echo listening on 127.0.0.1:17; exec tail -f /dev/null";
        let mut process = Process::start(shell(script), "spoken")?;
        assert_eq!(process.listening().await?, "127.0.0.1:17".parse()?);
        assert_eq!(process.printed()[0], "hello");
        assert!(signal::is_alive(process.id()));
        process.kill().await?;
        assert!(!signal::is_alive(process.id()));
        assert!(process.log_end().ends_with("oops"));
        Ok(())
    }

    #[tokio::test]
    async fn a_number_in_its_words_or_its_log_fails_the_test() -> Result<()> {
        for (name, redirected) in [("told", ""), ("logged", ">&2")] {
            let script = format!("echo number 110102188808080017 {redirected}");
            let mut process = Process::start(shell(&script), name)?;
            process.ended().await?;
            let end = catch_unwind(AssertUnwindSafe(|| drop(process))).err().context(name)?;
            let told = end.downcast_ref::<String>().context("a text")?;
            assert!(told.contains("****************17 plain, behind 'number '"), "{told}");
        }
        Ok(())
    }

    #[tokio::test]
    async fn an_early_end_is_an_error_and_no_wait() -> Result<()> {
        let mut process = Process::start(shell("echo no >&2; exit 3"), "silent")?;
        assert!(process.listening().await.is_err());
        assert_eq!(process.ended().await?.code(), Some(3));
        Ok(())
    }
}
