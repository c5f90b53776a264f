//! A PostgreSQL cluster that one test owns alone, to stop, kill and start again.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use unionhall_finder::folder::SearchedFolder;

use crate::faults::signal;
use crate::{patience, tools};

/// Tries of a start: a killed cluster can hold its memory for a moment.
const TRIES: usize = 20;

/// A running cluster with fsync on. Searched for numbers of persons and thrown away with the value.
#[derive(Debug)]
pub struct OwnCluster {
    folder: SearchedFolder,
    port: u16,
}

impl OwnCluster {
    /// Makes a cluster and starts it.
    ///
    /// # Errors
    /// When PostgreSQL is missing or does not start.
    pub async fn start() -> Result<Self> {
        let folder = SearchedFolder::called("unionhall-own-pg.")?;
        if let Some(user) = account() {
            run(Command::new("chown").arg(user).arg(folder.path()))?;
        }
        let mut cluster = Self { folder, port: 0 };
        run(cluster.program("initdb")?.args([
            "--username=unionhall",
            // Only loopback reaches it, and it holds synthetic rows for the length of a test.
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        ]))?;
        cluster.start_again().await?;
        Ok(cluster)
    }

    /// The URL of its `postgres` database, as superuser; the same after each start.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://unionhall@127.0.0.1:{}/postgres", self.port)
    }

    /// The folder of its data and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it after [`Self::stop`] or [`Self::kill`], and returns when it answers.
    ///
    /// # Errors
    /// When it does not start; its log is part of the error.
    pub async fn start_again(&mut self) -> Result<()> {
        let first = self.port == 0;
        for _ in 0..TRIES {
            if first {
                // Below the range that the kernel gives to outgoing connections.
                self.port = rand::random_range(20_000..32_000);
            }
            if run(&mut self.pg_ctl("start")?).is_ok() {
                return Ok(());
            }
            // What still holds the memory or the port has no name to wait for.
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        anyhow::bail!("the cluster did not start:\n{log}")
    }

    /// Stops it in PostgreSQL's `mode`: `smart`, `fast` or `immediate`.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self, mode: &str) -> Result<()> {
        run(self.pg_ctl("stop")?.arg(format!("--mode={mode}")))
    }

    /// Stops it as an operator would, cutting its clients, and starts it again.
    ///
    /// # Errors
    /// When it does not stop or start.
    pub async fn restart(&mut self) -> Result<()> {
        self.stop("fast")?;
        self.start_again().await
    }

    /// Kills the postmaster and every child at once, and waits until all are gone.
    ///
    /// `postmaster.pid` stays: PostgreSQL itself must see that it is stale.
    ///
    /// # Errors
    /// When it is not running or does not die.
    pub async fn kill(&self) -> Result<()> {
        let lock = std::fs::read_to_string(self.folder.path().join("data/postmaster.pid"))?;
        let postmaster = lock.lines().next().context("an empty postmaster.pid")?.parse()?;
        // Stopped first, it can neither give birth nor recover from the death of a child.
        signal::send("STOP", &[postmaster])?;
        let mut family = signal::children(postmaster)?;
        signal::send("KILL", &[postmaster])?;
        // A child may have ended by itself since; that all are gone is what counts.
        let _ = signal::send("KILL", &family);
        family.push(postmaster);
        patience::until("the killed cluster to be gone", || {
            let gone = family.iter().all(|process| !signal::is_alive(*process));
            async move { gone.then_some(()) }
        })
        .await
    }

    fn pg_ctl(&self, verb: &str) -> Result<Command> {
        let mut command = self.program("pg_ctl")?;
        command.arg("--wait").arg("--silent");
        if verb == "start" {
            let folder = self.folder.path().display();
            command.arg(format!("--log={folder}/log"));
            command.arg(format!(
                "--options=-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}",
                self.port
            ));
        }
        command.arg(verb);
        Ok(command)
    }

    /// A PostgreSQL program on this cluster's data, under an account that it accepts.
    fn program(&self, name: &str) -> Result<Command> {
        let path = Path::new(&tools::setting(tools::PG_BIN)?).join(name);
        let mut command = match account() {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", &user, "--"]).arg(path);
                command
            }
            None => Command::new(path),
        };
        // The account need not be able to enter the test's own folder.
        command.current_dir("/").env("PGDATA", self.folder.path().join("data"));
        Ok(command)
    }
}

impl Drop for OwnCluster {
    fn drop(&mut self) {
        // It may be down already: then there is nothing to stop.
        let _ = self.stop("immediate");
    }
}

fn account() -> Option<String> {
    std::env::var(tools::PG_USER).ok().filter(|user| !user.is_empty())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {error}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::execute;

    #[tokio::test]
    async fn what_it_acknowledged_survives_a_kill() -> Result<()> {
        let mut cluster = OwnCluster::start().await?;
        execute(&cluster.url(), "CREATE TABLE kept (a int)").await?;
        cluster.kill().await?;
        assert!(execute(&cluster.url(), "SELECT 1").await.is_err());
        cluster.start_again().await?;
        execute(&cluster.url(), "SELECT a FROM kept").await?;
        cluster.restart().await?;
        execute(&cluster.url(), "SELECT a FROM kept").await
    }
}
