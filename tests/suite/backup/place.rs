//! An empty place to restore into, and the commands about backups.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;
use unionhall_finder::folder::SearchedFolder;
use unionhall_kit::{
    backup::{State, Sum, postgres::Session, sqlite::Copy},
    db::DbConfig,
};
use unionhall_migrations::registry::SCHEMA;
use unionhall_tests::{
    engine::{Database, Engine},
    grpcurl::Output,
    policy::{Policy, UNBOUNDED},
    suite::{Layout, Plan, Suite},
    tools,
};

pub(super) const PASSPHRASE: &str = "某某区总工会登记册备份用口令某某某某某某某";

/// A folder without a register, and a database of the engine that is empty.
pub(super) struct Place {
    engine: Engine,
    folder: SearchedFolder,
    database: Database,
}

impl Place {
    /// An empty one with a copy of a backup in it.
    pub(super) async fn new(engine: Engine, backup: &Path) -> Result<Self> {
        let folder = SearchedFolder::called("unionhall-restored.")?;
        fs::copy(backup, folder.path().join("register.backup")).context("copying the backup")?;
        Ok(Self { engine, folder, database: engine.database().await? })
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn url(&self) -> Option<&str> {
        self.database.url()
    }

    /// `unionhall WORDS...` on this place, not started yet; with the passphrase where one is needed.
    pub(super) fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(tools::unionhall()?);
        command.args(words).arg("--data").arg(self.data()).current_dir(self.folder());
        if let Some(url) = self.url() {
            command.args(["--database-url", url]);
        }
        if matches!(words[0], "backup" | "restore") && !words.contains(&"--passphrase-file") {
            command.arg("--passphrase-file").arg(passphrase(self.folder(), PASSPHRASE)?);
        }
        Ok(command)
    }

    pub(super) async fn run(&self, words: &[&str]) -> Result<Output> {
        Output::of(self.command(words)?).await
    }

    /// Restores the backup, which has to succeed.
    pub(super) async fn restore(&self, more: &[&str]) -> Result<Output> {
        let words = [&["restore", "--from", "register.backup"], more].concat();
        let output = self.run(&words).await?;
        ensure!(output.status.success(), "{}{}", output.stdout, output.stderr);
        Ok(output)
    }

    /// Tries to restore; it has to be refused with this text, and to leave nothing.
    pub(super) async fn is_refused(&self, words: &[&str], text: &str) -> Result<()> {
        let output = self.run(words).await?;
        ensure!(!output.status.success(), "{words:?} succeeded: {}", output.stdout);
        ensure!(output.stderr.contains(text), "{words:?}: not {text:?} but {}", output.stderr);
        self.is_vacant().await
    }

    /// Whether nothing is there that anybody could take for a register, or has to clear.
    pub(super) async fn is_vacant(&self) -> Result<()> {
        let names = match fs::read_dir(self.data()) {
            Err(_) => Vec::new(),
            Ok(entries) => entries.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?,
        };
        ensure!(names.iter().all(|name| name == ".lock"), "{names:?} is left");
        if let Some(url) = self.url() {
            let session = Session::reading(&DbConfig::new(url, SCHEMA)).await?;
            let tables = session.all_tables().await?;
            session.close().await;
            ensure!(tables.is_empty(), "{} tables are left", tables.len());
        }
        Ok(())
    }

    /// What is in each table.
    pub(super) async fn sums(&self) -> Result<BTreeMap<String, Sum>> {
        sums(&self.data(), self.url()).await
    }

    /// Serves what was restored.
    pub(super) async fn start(&self) -> Result<Suite> {
        let mut plan = Plan::new(self.engine, Layout::All).data(self.data());
        if let Some(url) = self.url() {
            plan = plan.database_url(url);
        }
        // The policy came along: the first start's own lets the administrator call less often.
        let policy = fs::read_to_string(self.data().join("policy.toml"))?;
        ensure!(policy == Policy::administrator(UNBOUNDED).text(), "{policy}");
        plan.start().await
    }
}

/// A passphrase file that its owner alone reads.
pub(super) fn passphrase(folder: &Path, text: &str) -> Result<PathBuf> {
    let path = folder.join(format!("passphrase-{}", text.len()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    std::io::Write::write_all(&mut options.open(&path)?, text.as_bytes())?;
    Ok(path)
}

/// Backs a suite up, which has to succeed, and leaves one file that its owner alone reads.
pub(super) async fn backup(suite: &Suite, file: &Path) -> Result<Output> {
    let words = backup_words(suite, file)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = suite.command_line(&words).await?;
    ensure!(output.status.success(), "{}{}", output.stdout, output.stderr);
    let mode = fs::metadata(file)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "the backup has the mode {mode:o}");
    let left = fs::read_dir(suite.data().join(".backup"));
    let left = left.map(|entries| entries.filter_map(Result::ok).collect::<Vec<_>>());
    let only_lock =
        |entries: Vec<fs::DirEntry>| entries.iter().all(|one| one.file_name() == "lock");
    ensure!(left.map_or(true, only_lock), "a copy of the database is left");
    Ok(output)
}

pub(super) fn backup_words(suite: &Suite, file: &Path) -> Result<Vec<String>> {
    let passphrase = passphrase(suite.folder(), PASSPHRASE)?;
    let mut words = vec![
        "backup".to_owned(),
        "--out".to_owned(),
        file.display().to_string(),
        "--passphrase-file".to_owned(),
        passphrase.display().to_string(),
        "--data".to_owned(),
        suite.data().display().to_string(),
    ];
    let url = suite.database_url();
    words.extend(url.iter().flat_map(|url| ["--database-url".to_owned(), (*url).to_owned()]));
    Ok(words)
}

/// What is in each table of a database that nobody writes.
pub(super) async fn sums(data: &Path, url: Option<&str>) -> Result<BTreeMap<String, Sum>> {
    let state = match url {
        Some(url) => State::Postgres(Session::reading(&DbConfig::new(url, SCHEMA)).await?),
        None => State::Sqlite(Copy::open(&data.join("registry.db")).await?),
    };
    let tables = state.tables().await?;
    let sums = state.sums(&tables).await?;
    match state {
        State::Postgres(session) => session.close().await,
        State::Sqlite(copy) => copy.close().await,
    }
    Ok(sums)
}
