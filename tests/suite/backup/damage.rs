//! A backup that is not what it was, a place that is not empty, a disk that is full: each is refused
//! with its remedy, and nothing is left.

use std::fs;

use anyhow::{Context, Result, ensure};
use unionhall_tests::{
    engine::Engine,
    faults::disk::SmallDisk,
    on_both_engines,
    suite::{Layout, Suite},
};

use super::{
    place::{PASSPHRASE, Place, backup, backup_words, passphrase},
    register::People,
};

const RESTORE: &[&str] = &["restore", "--from", "register.backup"];

on_both_engines!(a_damaged_backup_restores_nothing);

async fn a_damaged_backup_restores_nothing(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    People::enter(&suite).await?;
    let file = suite.folder().join("register.backup");
    backup(&suite, &file).await?;
    let whole = fs::read(&file)?;
    let place = Place::new(engine, &file).await?;
    let copy = place.folder().join("register.backup");
    // In what is authenticated: early, amid the rows, in the last chunk. The header is some 200 bytes.
    for at in [400, whole.len() / 2, whole.len() - 10] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        fs::write(&copy, flipped)?;
        place.is_refused(RESTORE, "take another copy").await.with_context(|| at.to_string())?;
    }
    // Amid a chunk, and at the end of the first of 64 KiB behind its header and nonce.
    for length in [300, whole.len() / 3, whole.len() - 1] {
        fs::write(&copy, &whole[..length])?;
        place.is_refused(RESTORE, "take another copy").await.with_context(|| length.to_string())?;
    }
    let mut header = whole.clone();
    header[60] ^= 1;
    fs::write(&copy, header)?;
    place.is_refused(RESTORE, "nothing was restored").await?;
    fs::write(&copy, "not a backup")?;
    place.is_refused(RESTORE, "it is no backup of unionhall").await?;
    fs::remove_file(&copy)?;
    place.is_refused(RESTORE, "cannot read").await?;

    fs::write(&copy, &whole)?;
    let wrong = passphrase(place.folder(), "另外一个完全不同的口令某某某某某某某某某某")?;
    let wrong = wrong.display().to_string();
    let words = [RESTORE, &["--passphrase-file", &wrong]].concat();
    place.is_refused(&words, "the passphrase does not open it").await?;
    place.restore(&[]).await?;
    // The place is taken now, and stays as it is.
    let sums = place.sums().await?;
    let again = place.run(RESTORE).await?;
    ensure!(!again.status.success() && again.stderr.contains("overwrites nothing"), "{again:?}");
    ensure!(place.sums().await? == sums, "a refused restore changed rows");
    Ok(())
}

on_both_engines!(a_place_that_is_taken_stays_as_it_is);

async fn a_place_that_is_taken_stays_as_it_is(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    let file = suite.folder().join("register.backup");
    backup(&suite, &file).await?;
    let mut words = backup_words(&suite, &file)?;
    let run = async |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        suite.command_line(&words).await
    };
    let again = run(&words).await?;
    ensure!(!again.status.success() && again.stderr.contains("overwrites nothing"), "{again:?}");

    // A running server's folder; then its database alone, from an empty folder.
    words[0] = "restore".to_owned();
    words[1] = "--from".to_owned();
    let running = run(&words).await?;
    ensure!(!running.status.success() && running.stderr.contains("another server"), "{running:?}");
    let place = Place::new(engine, &file).await?;
    if let Some(url) = suite.database_url() {
        let data = words.iter().position(|word| word == "--data").context("--data")? + 1;
        words[data] = place.data().display().to_string();
        let taken = run(&words).await?;
        ensure!(
            !taken.status.success() && taken.stderr.contains("is not empty"),
            "{taken:?} {url}"
        );
        place.is_vacant().await?;
    }
    place.is_vacant().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_the_other_engine_is_refused() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let file = suite.folder().join("register.backup");
    backup(&suite, &file).await?;
    let place = Place::new(Engine::Postgres, &file).await?;
    place.is_refused(RESTORE, "it is a backup of sqlite").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passphrase_has_to_be_long_and_private() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let file = suite.folder().join("register.backup");
    let mut words = backup_words(&suite, &file)?;
    let at = words.iter().position(|word| word == "--passphrase-file").context("the file")? + 1;
    let exposed = suite.folder().join("exposed");
    fs::write(&exposed, PASSPHRASE)?;
    let cases = [
        (passphrase(suite.folder(), "short")?, "fewer than 20 characters"),
        (passphrase(suite.folder(), "")?, "is empty"),
        (exposed, "run chmod 600 on it"),
    ];
    for (path, text) in cases {
        words[at] = path.display().to_string();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = suite.command_line(&words).await?;
        ensure!(!output.status.success() && output.stderr.contains(text), "{}", output.stderr);
        ensure!(!file.exists());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_without_all_its_keys_is_not_taken() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let file = suite.folder().join("register.backup");
    // As if a version was retired behind the backup's back: the rows of its state need it.
    let vault = suite.data().join("keys/vault.toml");
    let text = fs::read_to_string(&vault)?;
    fs::write(&vault, text.replace("version = 1", "version = 2"))?;
    let words = backup_words(&suite, &file)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = suite.command_line(&words).await?;
    ensure!(!output.status.success() && output.stderr.contains("lacks version 1"), "{output:?}");
    ensure!(output.stderr.contains("take the backup again"), "{output:?}");
    ensure!(!file.exists() && !file.with_extension("backup.partial").exists());
    fs::write(&vault, text)?;
    backup(&suite, &file).await?;
    Ok(())
}

on_both_engines!(a_full_disk_leaves_no_backup);

async fn a_full_disk_leaves_no_backup(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    People::enter(&suite).await?;
    let disk = SmallDisk::mount(2)?;
    let file = disk.path().join("register.backup");
    disk.fill()?;
    let words = backup_words(&suite, &file)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = suite.command_line(&words).await?;
    ensure!(!output.status.success() && output.stderr.contains("the disk is full"), "{output:?}");
    let left: Vec<_> = fs::read_dir(disk.path())?.filter_map(Result::ok).collect();
    ensure!(left.iter().all(|entry| entry.file_name() == "ballast"), "{left:?}");
    disk.free()?;
    backup(&suite, &file).await?;
    let place = Place::new(engine, &file).await?;
    place.restore(&[]).await.map(|_| ())
}
