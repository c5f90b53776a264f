//! The suite as real processes: all in one, or the gateway apart from the registry.

pub mod process;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context, Result};
use tokio::process::Command;
use unionhall_finder::folder::{SearchedFolder, SearchedPath};

use crate::client::{Clients, until_serving};
use crate::engine::{Database, Engine};
use crate::faults::proxy::Proxy;
use crate::grpcurl::{Grpcurl, Output};
use crate::tools;
use process::Process;

/// How the suite is spread over processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `serve all`: one process.
    All,
    /// `serve registry` and `serve gateway`, with a [`Proxy`] between them.
    Split,
}

/// What a suite is started with.
#[derive(Debug)]
pub struct Plan {
    engine: Engine,
    layout: Layout,
    data: Option<PathBuf>,
    database_url: Option<String>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    policy: Option<String>,
}

impl Plan {
    /// A suite on a fresh database and a fresh data folder.
    #[must_use]
    pub fn new(engine: Engine, layout: Layout) -> Self {
        Self {
            engine,
            layout,
            data: None,
            database_url: None,
            arguments: Vec::new(),
            environment: Vec::new(),
            policy: None,
        }
    }

    /// Keeps the data in `folder`, which outlives the suite: a small disk, or a former run's.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Uses this database instead of a fresh one: an [`crate::own_cluster::OwnCluster`]'s.
    #[must_use]
    pub fn database_url(mut self, url: impl Into<String>) -> Self {
        self.database_url = Some(url.into());
        self
    }

    /// Adds a word to the command line of every process.
    #[must_use]
    pub fn argument(mut self, word: impl Into<OsString>) -> Self {
        self.arguments.push(word.into());
        self
    }

    /// Sets a variable in the environment of every process.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Begins with this access policy (`policy.toml`) instead of the first start's own.
    #[must_use]
    pub fn policy(mut self, text: impl Into<String>) -> Self {
        self.policy = Some(text.into());
        self
    }

    /// Starts it; returns when it serves.
    ///
    /// # Errors
    /// When it does not start; the end of its log is part of the error.
    pub async fn start(self) -> Result<Suite> {
        let home = SearchedFolder::called("unionhall-test.")?;
        let data = self.data.clone().unwrap_or_else(|| home.path().join("data"));
        if let Some(policy) = &self.policy {
            std::fs::create_dir_all(&data)?;
            std::fs::write(data.join("policy.toml"), policy)?;
        }
        let database = match &self.database_url {
            Some(_) => None,
            None => Some(self.engine.database().await?),
        };
        let mut suite = Suite {
            home: Some(home),
            _searched: self.data.clone().map(SearchedPath::new),
            data,
            plan: self,
            database,
            processes: Vec::new(),
            link: None,
            address: None,
            token: String::new(),
            starts: 0,
        };
        suite.start_again().await?;
        Ok(suite)
    }
}

/// A running suite. Killed, its folder searched for numbers of persons and removed, with the value.
#[derive(Debug)]
pub struct Suite {
    /// The front door is the last one. Dropped first: they use what follows.
    processes: Vec<Process>,
    database: Option<Database>,
    home: Option<SearchedFolder>,
    /// A data folder that is not in the home.
    _searched: Option<SearchedPath>,
    plan: Plan,
    data: PathBuf,
    link: Option<Proxy>,
    address: Option<SocketAddr>,
    token: String,
    starts: usize,
}

impl Suite {
    /// A suite on a fresh database and a fresh data folder.
    ///
    /// # Errors
    /// As [`Plan::start`].
    pub async fn start(engine: Engine, layout: Layout) -> Result<Self> {
        Plan::new(engine, layout).start().await
    }

    /// Starts what was killed or stopped, on the same data. The front door's address and the
    /// token are new.
    ///
    /// # Errors
    /// As [`Plan::start`].
    pub async fn start_again(&mut self) -> Result<()> {
        self.processes.clear();
        self.starts += 1;
        let front = match self.plan.layout {
            Layout::All => self.spawn("all", &[], true).await?,
            Layout::Split => {
                let registry = self.spawn("registry", &[], true).await?;
                let link = match self.link.take() {
                    Some(link) => link,
                    None => Proxy::start(registry).await?,
                };
                link.retarget(registry);
                let upstream = format!("http://{}", link.address());
                self.link = Some(link);
                self.spawn("gateway", &["--registry", &upstream], false).await?
            }
        };
        until_serving(front, "").await.with_context(|| self.logs())?;
        self.address = Some(front);
        self.token = std::fs::read_to_string(self.data.join("admin.token"))
            .context("admin.token")?
            .trim()
            .to_owned();
        Ok(())
    }

    /// The front door.
    ///
    /// # Panics
    /// Never: a suite exists only once it has an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        #[allow(clippy::expect_used, reason = "start gives a suite out only after it served")]
        self.address.expect("a started suite")
    }

    /// The bootstrap administrator's token of this start.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The folder of keys, token and SQLite files.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The database, where it is PostgreSQL.
    #[must_use]
    pub fn database_url(&self) -> Option<&str> {
        self.plan.database_url.as_deref().or_else(|| self.database.as_ref()?.url())
    }

    /// The network between gateway and registry; `None` in one process.
    #[must_use]
    pub fn link(&self) -> Option<&Proxy> {
        self.link.as_ref()
    }

    /// The processes, the front door last.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// Clients with the administrator's token.
    ///
    /// # Errors
    /// When the front door does not answer.
    pub async fn connect(&self) -> Result<Clients> {
        Clients::connect(self.address(), &self.token).await
    }

    /// grpcurl with the administrator's token.
    #[must_use]
    pub fn grpcurl(&self) -> Grpcurl {
        Grpcurl::new(self.address(), Some(&self.token))
    }

    /// A fresh token for a client of the access policy.
    ///
    /// # Errors
    /// When the policy has no such client.
    pub async fn token_of(&self, client: &str) -> Result<String> {
        let data = self.data.display().to_string();
        let output = self.command_line(&["token", client, "--data", &data]).await?;
        anyhow::ensure!(output.status.success(), "{}", output.stderr);
        Ok(output.stdout.trim().to_owned())
    }

    /// Runs `unionhall WORDS...` beside the suite, in the folder that holds `data`.
    ///
    /// # Errors
    /// When the binary is missing or hangs.
    pub async fn command_line(&self, words: &[&str]) -> Result<Output> {
        let mut command = Command::new(tools::unionhall()?);
        command.args(words).envs(self.plan.environment.iter().cloned()).current_dir(self.folder());
        Output::of(command).await
    }

    /// The folder in which the documented commands are typed: `data` lies in it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.data.parent().unwrap_or(&self.data)
    }

    /// Leaves a file of [`Self::folder`] out of the search for numbers: a sheet to be sent, which holds
    /// what the test gives away and nothing that the suite emits.
    pub fn spare(&self, name: &str) {
        if let Some(home) = &self.home {
            home.spare(self.folder().join(name));
        }
    }

    /// Kills every process with SIGKILL and returns when all are gone.
    ///
    /// # Errors
    /// When a process does not die.
    pub async fn kill(&mut self) -> Result<()> {
        for process in &mut self.processes {
            process.kill().await?;
        }
        Ok(())
    }

    /// Kills the register alone with SIGKILL; the gateway goes on. For [`Layout::Split`].
    ///
    /// # Errors
    /// When it does not die, or there is one process only.
    pub async fn kill_register(&mut self) -> Result<()> {
        let [register, _gateway] = self.processes.as_mut_slice() else {
            anyhow::bail!("the register has no process of its own")
        };
        register.kill().await
    }

    /// Starts the register that was killed alone, behind the same link.
    ///
    /// # Errors
    /// As [`Plan::start`].
    pub async fn start_register_again(&mut self) -> Result<()> {
        self.starts += 1;
        let address = self.spawn("registry", &[], true).await?;
        // The last one is the new register: it takes the place of the dead one.
        self.processes.swap_remove(0);
        if let Some(link) = &self.link {
            link.retarget(address);
        }
        Ok(())
    }

    /// Stops every process with SIGTERM, the front door first; gives how each ended.
    ///
    /// # Errors
    /// When a process does not end.
    pub async fn stop(&mut self) -> Result<Vec<ExitStatus>> {
        let mut ends = Vec::new();
        for process in self.processes.iter_mut().rev() {
            ends.push(process.stop("TERM").await?);
        }
        Ok(ends)
    }

    /// The end of every log, for an error's text.
    #[must_use]
    pub fn logs(&self) -> String {
        self.processes.iter().map(Process::log_end).collect::<Vec<_>>().join("\n")
    }

    async fn spawn(&mut self, role: &str, more: &[&str], stores: bool) -> Result<SocketAddr> {
        let mut command = Command::new(tools::unionhall()?);
        command.args(["serve", role, "--listen", "127.0.0.1:0"]).args(more);
        command.arg("--data").arg(&self.data);
        if let (true, Some(url)) = (stores, self.database_url()) {
            command.args(["--migrate", "--database-url", url]);
        }
        command.args(&self.plan.arguments).envs(self.plan.environment.iter().cloned());
        command.current_dir(self.folder());
        let process = Process::start(command, &format!("{role}-{}", self.starts))?;
        let listening = process.listening().await;
        self.processes.push(process);
        listening.with_context(|| self.logs())
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        // What a failed test left is evidence.
        if let (true, Some(home)) = (std::thread::panicking(), self.home.take()) {
            eprintln!("the suite's folder is kept: {}", home.keep().display());
        }
    }
}
