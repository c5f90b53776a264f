//! Unions, coverage and affiliation under concurrency: several writers do whatever comes into their
//! heads, for any day, by call and by spreadsheet, while jobs carry along what moves, lets editions of
//! the base register count, and recounts everybody by newer rules. At the end every figure of every node on
//! both lines equals a recount on every day, every path equals the one that the facts tell, and
//! what explains a figure sums to it.

pub(super) mod deeds;
mod files;
mod founding;
pub(super) mod hall;
mod lists;
mod lock_order;
mod places;
mod recount;
mod terms;
mod territories;
mod witness;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use rand::{SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;
use unionhall_kit::{fault::Outcome, keys::KeyRing, ledger::sequencer::Sequencer};
use unionhall_registry::{
    Register,
    jobs::{base_register::Lister, recount::Recounter, structure::Carrier},
    services,
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines, soak};

use self::hall::Hall;

const WRITERS: usize = 6;
/// A figure that is 0 everywhere and always would agree with any recount: as long as there is one, the
/// writers go on; so often at most.
const ROUNDS: u64 = 8;
/// Operations of another round.
const MORE: usize = 1_000;
/// With fewer operations not every figure has to move.
const ENOUGH: usize = 3_000;
/// Between two looks of a job that had nothing to do.
const BREATH: Duration = Duration::from_millis(5);

/// What the writers are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matter {
    /// Unions, coverage and affiliation.
    Unions,
    /// Members, with some of the former.
    Members,
}

impl Matter {
    fn name(self) -> &'static str {
        match self {
            Self::Unions => "unions",
            Self::Members => "members",
        }
    }
}

async fn soak_of_unions(engine: Engine) -> Result<()> {
    Box::pin(soak(engine, Matter::Unions)).await
}

/// Writers, jobs and clerks side by side, and in the end a recount.
pub(super) async fn soak(engine: Engine, matter: Matter) -> Result<()> {
    let operations = soak::operations()?;
    let seed = soak::seed()?;
    let began = Instant::now();
    let books = Books::open(engine).await?;
    let first = Hall::open(&books).await?;
    first.furnish().await?;
    let newer = first.newer(&books).await?;
    let halls = [first, newer];
    let mut imports = JoinSet::new();
    // SQLite has one process, of which both are a part; the imports have one worker a process.
    let workers = if engine == Engine::Sqlite { 1 } else { halls.len() };
    for hall in halls.iter().take(workers) {
        imports.spawn(Arc::clone(&hall.imports).run());
    }
    let rounds = if matter == Matter::Unions && operations >= ENOUGH { ROUNDS } else { 1 };
    let (mut written, mut unmoved) = (0, Vec::new());
    for number in 0..rounds {
        let deeds = if number == 0 { operations } else { MORE };
        round(&books, &halls, (deeds, seed.wrapping_add(number)), matter).await?;
        written += deeds;
        unmoved = Box::pin(recount::unmoved(&halls[1])).await?;
        if unmoved.is_empty() {
            break;
        }
    }
    ensure!(
        rounds == 1 || unmoved.is_empty(),
        "seed {seed}: never moved: {}{}",
        unmoved.join(", "),
        halls[1].refusals()
    );
    let found =
        Box::pin(recount::agree(&halls[1])).await.with_context(|| format!("seed {seed}"))?;
    let told = halls[1].told();
    soak::record(
        &format!("operations on {}, {engine:?}", matter.name()),
        &format!(
            "{written} operations by {WRITERS} writers ({} done, {} refused, of them {} for want \
             of an answer in time), {found}: all as recounted, seed {seed}, {} s",
            told.done,
            told.refused,
            told.away,
            began.elapsed().as_secs()
        ),
    )
}

on_both_engines!(soak_of_unions);

/// Compares all that a register holds with what its facts say, and tells how much that was.
pub(crate) async fn as_recounted(register: Register, keys: Arc<KeyRing>) -> Result<String> {
    Box::pin(recount::agree(&Hall::over(register, keys))).await
}

/// So many operations by several writers beside the jobs, until nothing is left for these to do.
async fn round(
    books: &Books,
    halls: &[Hall],
    (deeds, seed): (usize, u64),
    matter: Matter,
) -> Result<()> {
    let ended = Arc::new(AtomicBool::new(false));
    let mut jobs = JoinSet::new();
    for hall in halls {
        jobs.spawn(follow(hall.register.clone(), Arc::clone(&ended)));
    }
    jobs.spawn(fold(books.ledger.clone(), Arc::clone(&ended)));
    let left = Arc::new(AtomicUsize::new(deeds));
    let mut writers = JoinSet::new();
    for (number, hall) in (0_u64..).zip(halls.iter().cycle().take(WRITERS)) {
        let (hall, left) = (hall.clone(), Arc::clone(&left));
        let random = StdRng::seed_from_u64(seed ^ (number << 32));
        writers.spawn(async move { Box::pin(write(hall, random, left, matter)).await });
    }
    while let Some(writer) = writers.join_next().await {
        writer?.with_context(|| format!("seed {seed}"))?;
    }
    ended.store(true, Ordering::Relaxed);
    while let Some(job) = jobs.join_next().await {
        job??;
    }
    Ok(())
}

async fn write(
    hall: Hall,
    mut random: StdRng,
    left: Arc<AtomicUsize>,
    matter: Matter,
) -> Result<()> {
    let take = |left: usize| left.checked_sub(1);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        match matter {
            Matter::Unions => hall.deed(&mut random).await?,
            Matter::Members => hall.member_deed(&mut random).await?,
        }
    }
    Ok(())
}

/// Works as the jobs of an instance do, beside those of another one, until nothing is left to do at the
/// end. What got in the way of another writer is tried again.
async fn follow(register: Register, ended: Arc<AtomicBool>) -> Result<()> {
    let carrier = Carrier::new(register.clone());
    let lister = Lister::new(register.clone());
    let recounter = Recounter::new(register);
    loop {
        let last = ended.load(Ordering::Relaxed);
        let carried = went(carrier.step().await, true)?;
        let listed = went(lister.step().await, true)?;
        let recounted = went(recounter.step().await, 1)? > 0;
        let idle = !carried && !listed && !recounted;
        if last && idle {
            return Ok(());
        }
        breathe(idle).await;
    }
}

/// A job without work does not keep the writers from theirs; what comes up is seen soon enough.
async fn breathe(idle: bool) {
    if idle { tokio::time::sleep(BREATH).await } else { tokio::task::yield_now().await }
}

/// What a step told, or `again` where another try may succeed.
fn went<T>(step: Outcome<T>, again: T) -> Result<T> {
    match step {
        Err(fault) if hall::passing(fault.reason().name) => Ok(again),
        told => Ok(told?),
    }
}

async fn fold(ledger: unionhall_kit::ledger::Ledger, ended: Arc<AtomicBool>) -> Result<()> {
    let sequencer = Sequencer::new(ledger, services::ancestors());
    while !ended.load(Ordering::Relaxed) {
        let sealed = went(sequencer.drain().await, 0)?;
        breathe(sealed == 0).await;
    }
    Ok(())
}
