//! Unions, coverage and affiliation under concurrency: several writers do whatever comes into their
//! heads, for any day, while jobs carry along what moves. At the end every figure of every node on
//! both lines equals a recount on every day, every path equals the one that the facts tell, and
//! what explains a figure sums to it.

mod deeds;
mod hall;
mod recount;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Context, Result};
use rand::{SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;
use unionhall_kit::ledger::sequencer::Sequencer;
use unionhall_registry::{Register, jobs::structure::Carrier, services};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines, soak};

use self::hall::Hall;

const WRITERS: usize = 6;

async fn soak_of_unions(engine: Engine) -> Result<()> {
    let operations = soak::operations()?;
    let seed = soak::seed()?;
    let began = Instant::now();
    let books = Books::open(engine).await?;
    let first = Hall::open(&books).await?;
    first.furnish().await?;
    let second = Hall::open(&books).await?.knowing(&first);
    let halls = [first, second];
    let ended = Arc::new(AtomicBool::new(false));
    let mut jobs = JoinSet::new();
    for hall in &halls {
        jobs.spawn(carry(hall.register.clone(), Arc::clone(&ended)));
    }
    jobs.spawn(fold(books.ledger.clone(), Arc::clone(&ended)));

    let left = Arc::new(AtomicUsize::new(operations));
    let mut writers = JoinSet::new();
    for (number, hall) in (0_u64..).zip(halls.iter().cycle().take(WRITERS)) {
        let (hall, left) = (hall.clone(), Arc::clone(&left));
        let random = StdRng::seed_from_u64(seed ^ number);
        writers.spawn(async move { write(hall, random, left).await });
    }
    while let Some(writer) = writers.join_next().await {
        writer?.with_context(|| format!("seed {seed}"))?;
    }
    ended.store(true, Ordering::Relaxed);
    while let Some(job) = jobs.join_next().await {
        job??;
    }
    let found = recount::agree(&halls[0]).await.with_context(|| format!("seed {seed}"))?;
    let told = halls[0].told();
    soak::record(
        &format!("operations on unions, {engine:?}"),
        &format!(
            "{operations} operations by {WRITERS} writers ({} done, {} refused), {found}: \
             all as recounted, {} s",
            told.done,
            told.refused,
            began.elapsed().as_secs()
        ),
    )
}

on_both_engines!(soak_of_unions);

async fn write(hall: Hall, mut random: StdRng, left: Arc<AtomicUsize>) -> Result<()> {
    let take = |left: usize| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        hall.deed(&mut random).await?;
    }
    Ok(())
}

/// Works as an instance does, beside another one, until nothing is left to do at the end. What got
/// in the way of another writer is tried again.
async fn carry(register: Register, ended: Arc<AtomicBool>) -> Result<()> {
    let carrier = Carrier::new(register);
    loop {
        let last = ended.load(Ordering::Relaxed);
        let worked = match carrier.step().await {
            Ok(worked) => worked,
            Err(fault) if hall::passing(fault.reason().name) => true,
            Err(fault) => return Err(fault.into()),
        };
        if !worked && last {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

async fn fold(ledger: unionhall_kit::ledger::Ledger, ended: Arc<AtomicBool>) -> Result<()> {
    let sequencer = Sequencer::new(ledger, services::ancestors());
    while !ended.load(Ordering::Relaxed) {
        sequencer.drain().await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}
