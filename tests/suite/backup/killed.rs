//! kill -9 amid a backup and amid a restore: nothing that looks whole is left, and the next try ends
//! well.

use std::{fs, process::Stdio};

use anyhow::{Context, Result, ensure};
use rand::Rng;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};
use unionhall_kit::{
    backup::{State, postgres::Session, sqlite::Copy},
    db::{DbConfig, sql},
};
use unionhall_migrations::registry::SCHEMA;
use unionhall_tests::{
    engine::Engine,
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    suite::{Layout, Plan},
    tools,
};

use super::{
    place::{Place, backup, backup_words, sums},
    register::People,
};

const KILLS: u32 = 6;
/// Lines of progress that a backup or a restore tells.
const LINES: usize = 24;

on_both_engines!(kills_leave_nothing_that_looks_whole);

async fn kills_leave_nothing_that_looks_whole(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    People::enter(&suite).await?;
    let file = suite.folder().join("register.backup");
    for _ in 0..KILLS {
        let mut command = Command::new(tools::unionhall()?);
        command.args(backup_words(&suite, &file)?).current_dir(suite.folder());
        if kill_amid(command).await? {
            ensure!(!file.exists(), "a killed backup has its name");
        } else {
            fs::remove_file(&file)?;
        }
    }
    suite.stop().await?;
    backup(&suite, &file).await?;
    ensure!(!suite.folder().join("register.backup.partial").exists(), "a draft is left");
    let mut original = sums(suite.data(), suite.database_url()).await?;
    original.remove("feed");

    let mut place = Place::new(engine, &file).await?;
    for _ in 0..KILLS {
        let command = place.command(&["restore", "--from", "register.backup"])?;
        if kill_amid(command).await? {
            ensure!(!place.data().join("keys").exists(), "a killed restore has its keys in place");
        } else {
            place = Place::new(engine, &file).await?;
        }
    }
    place.restore(&[]).await?;
    let mut restored = place.sums().await?;
    restored.remove("feed");
    ensure!(restored == original, "{restored:#?}");
    half_named(&place).await?;
    place.start().await.map(|_| ())
}

/// As a kill between the last names leaves it: the next restore gives them.
async fn half_named(place: &Place) -> Result<()> {
    let epoch = epoch(place).await?;
    let (data, staging) = (place.data(), place.data().join(".restoring"));
    fs::create_dir(&staging)?;
    fs::rename(data.join("keys"), staging.join("keys"))?;
    fs::rename(data.join("policy.toml"), staging.join("policy.toml"))?;
    // Without keys no server takes it for a register.
    let mut serve = place.command(&["serve", "all", "--listen", "127.0.0.1:0"])?;
    serve.kill_on_drop(true).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = patience::within("a refused start", serve.status()).await??;
    ensure!(!ended.success(), "a server started without its keys");
    fs::write(staging.join("ready"), epoch)?;
    let told = place.restore(&[]).await?;
    ensure!(told.stdout.contains("is complete now"), "{}", told.stdout);
    ensure!(!staging.exists() && data.join("policy.toml").exists(), "names are missing");
    let verified = place.run(&["audit", "verify"]).await?;
    ensure!(verified.status.success(), "{}{}", verified.stdout, verified.stderr);
    Ok(())
}

async fn epoch(place: &Place) -> Result<String> {
    let state = match place.url() {
        Some(url) => State::Postgres(Session::reading(&DbConfig::new(url, SCHEMA)).await?),
        None => State::Sqlite(Copy::open(&place.data().join("registry.db")).await?),
    };
    use sea_orm::ConnectionTrait;
    let row = state.conn().query_one_raw(sql(state.conn(), "SELECT epoch FROM feed", [])).await?;
    let epoch: uuid::Uuid = row.context("a feed")?.try_get("", "epoch")?;
    match state {
        State::Postgres(session) => session.close().await,
        State::Sqlite(copy) => copy.close().await,
    }
    Ok(epoch.to_string())
}

/// Kills the command somewhere amid its work; `false` when it ended before.
async fn kill_amid(mut command: Command) -> Result<bool> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let mut told = BufReader::new(child.stderr.take().context("standard error")?).lines();
    let lines = rand::rng().random_range(0..LINES);
    for _ in 0..lines {
        if patience::within("a line of progress", told.next_line()).await??.is_none() {
            break;
        }
    }
    child.start_kill()?;
    let ended = patience::within("the end of the killed command", child.wait()).await??;
    Ok(!ended.success())
}
