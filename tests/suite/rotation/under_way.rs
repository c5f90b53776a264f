//! A write that asked which keys are in use, and ends after that changed, is waited for: it may have
//! written what the job would pass over.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use unionhall_kit::{
    clock::SharedClock,
    ids::SystemRandomness,
    keys::{KeyRing, OpenMode, Purpose},
    rotation::{Keeper, Rotation, Sources, standings},
    vault::Vault,
};
use unionhall_tests::{books::Books, engine::Engine, patience};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_job_waits_for_writes_that_were_under_way() -> Result<()> {
    let (books, folder) = (Books::open(Engine::Postgres).await?, TempDir::new()?);
    let (dir, clock): (_, SharedClock) = (folder.path().join("keys"), books.clock.clone());
    let ring = Arc::new(KeyRing::open(&dir, OpenMode::CreateIfEmpty, &clock, &SystemRandomness)?);
    let ledger = &books.ledger;
    let keeper = Keeper::new(ledger.clone(), Arc::clone(&ring));
    keeper.admit().await?;
    let vault = Vault::new(Arc::clone(&ring), ledger.ids().clone());
    let job = Rotation::new(ledger.clone(), vault, Sources::default());
    KeyRing::rotate(&dir, Purpose::BlindIndex, Duration::ZERO, &*clock, &SystemRandomness)?;
    keeper.refresh().await?;
    ensure!(job.step().await?, "the new key is not in use");
    keeper.refresh().await?;
    books.clock.advance(TimeDelta::seconds(10));

    let write = ledger.begin_own("c", "/m").await?;
    write.conn().execute_unprepared("UPDATE feed SET epoch = epoch").await?;
    for _ in 0..3 {
        ensure!(!job.step().await?, "it did not wait");
    }
    ensure!(finished(&books).await? == 1, "rows are told to be under the new key");
    write.discard().await?;
    // Other tests write in the same cluster.
    patience::until("the job to go on", || async { job.step().await.ok()?.then_some(()) }).await?;
    ensure!(finished(&books).await? == 2, "nothing is under the new key");
    Ok(())
}

/// How many versions of the blind index have all rows.
async fn finished(books: &Books) -> Result<usize> {
    let found = standings(books.ledger.db().reader()).await.context("the versions")?;
    let blind = found.iter().filter(|one| one.purpose == Purpose::BlindIndex);
    Ok(blind.filter(|one| one.finished_at.is_some()).count())
}
