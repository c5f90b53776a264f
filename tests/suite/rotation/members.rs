//! Both keys by which members are protected and found rotate over a whole register, while it is
//! read and written, and while it is killed again and again. No read fails, no record is brought
//! along twice, and nobody has two memberships.

mod clerks;
mod line;
mod progress;
mod readers;
mod recount;
mod roll;

use std::{collections::HashSet, sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_tests::{
    engine::Engine,
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples, soak,
    suite::{Layout, Plan, Suite},
};

use self::{
    clerks::{Books, Clerks},
    line::{Exchange, Phone},
    progress::{Kept, Key, kept, reached, told},
    roll::Roll,
};
use super::keys;

const READERS: usize = 3;
/// Records of one chunk (`ROWS_A_CHUNK`).
const CHUNK: u64 = 100;
/// When the register is killed: the key that rotates, and how many of a hundred members were brought
/// along. The job takes the keys in this order.
const KILLS: [(Key, u64); 6] = [
    (Key::BlindIndex, 10),
    (Key::BlindIndex, 40),
    (Key::BlindIndex, 70),
    (Key::Vault, 10),
    (Key::Vault, 40),
    (Key::Vault, 70),
];
/// Persons of whom everything is read once more at the end.
const LOOKED_AT: usize = 500;

on_both_engines!(soak_rotation_of_members);

async fn soak_rotation_of_members(engine: Engine) -> Result<()> {
    let (mut suite, members) = (start(engine).await?, soak::members()?);
    let roll = Arc::new(Roll::enter(&suite, members).await.with_context(|| suite.logs())?);
    let exchange = Exchange::open(&suite).await?;
    let mut crowd = Crowd::start(&suite, &exchange, &roll).await?;
    crowd.some_more().await?;
    let rotated = rotate(&mut suite, &exchange, &mut crowd, members.into()).await?;
    // The next start does not have the old keys any more.
    exchange.kill(&mut suite).await?;
    exchange.start_again(&mut suite).await?;
    crowd.some_more().await?;
    let Crowd { readers, clerks, .. } = crowd.stop().await.with_context(|| suite.logs())?;

    let (clients, phone) = (suite.connect().await?, exchange.phone());
    for person in roll.persons.iter().step_by(roll.persons.len().div_ceil(LOOKED_AT)) {
        readers::about(&phone, person).await?;
    }
    let books = std::mem::take(&mut *clerks.books.lock());
    let everybody = Box::pin(recount::everybody(&clients)).await?;
    recount::hold(&everybody, &roll, &books)?;
    recount::figures_agree(&clients, &everybody, &clerks.unions).await?;
    let moved = books.readmitted.keys().chain(books.passed_on.keys());
    let moved: HashSet<&str> = moved.map(|row| roll.persons[*row].number.as_str()).collect();
    let recognised = roll.recognised(&clients, &moved).await.with_context(|| suite.logs())?;

    let transfers: usize = books.passed_on.values().map(|(times, _)| times).sum();
    let Rotated { seconds, kills, amid, renewed } = rotated;
    let (reads, writes) = (readers.slowest(), clerks.phone.slowest());
    soak::record(
        &format!("rotation of the keys of members, {engine:?}"),
        &format!(
            "{members} members, vault and blind index in {seconds} s with {} kills, {amid} of them \
             amid it: {renewed} keys sealed anew, none twice; {} reads, 0 failed, {} cut by a kill, \
             99 % within {} ms, the slowest {} ms; {} persons admitted by two clerks at once, one \
             won each; {transfers} transfers; writes 99 % within {} ms, the slowest {} ms; \
             {recognised} rows of the sheet recognised, figures as counted",
            kills + 1,
            readers.answered(),
            readers.cut(),
            reads.0,
            reads.1,
            books.entered.len() + books.readmitted.len(),
            writes.0,
            writes.1,
        ),
    )
}

async fn start(engine: Engine) -> Result<Suite> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let plan = Plan::new(engine, Layout::All).policy(policy);
    let plan =
        plan.variable("UNIONHALL__TELEMETRY__LOG_FILTER", "warn,unionhall_kit::rotation=debug");
    // Here the readers look as fast as they can.
    let plan = plan.variable("UNIONHALL__LOOKS_AN_HOUR", "1000000000");
    // A machine that is busy with more than this takes its time over the connections of a new start.
    let plan = plan.variable("UNIONHALL__DATABASE__ACQUIRE_TIMEOUT_MS", "10000");
    // A connection that is told to go for its age would fail the call that is about to begin on it.
    plan.variable("UNIONHALL__SERVER__LIMITS__CONNECTION_AGE_MS", "86400000").start().await
}

/// How a rotation went.
struct Rotated {
    seconds: u64,
    kills: usize,
    /// Kills that came when some records were brought along and some were not.
    amid: usize,
    /// Keys that were sealed anew.
    renewed: u64,
}

/// Rotates both keys, kills amid it, and takes the old versions out of use.
async fn rotate(
    suite: &mut Suite,
    exchange: &Exchange,
    crowd: &mut Crowd,
    members: u64,
) -> Result<Rotated> {
    let began = Instant::now();
    for key in [Key::BlindIndex, Key::Vault] {
        keys(suite, &["rotate", key.name(), "--active-in", "1"], Ok("it seals from")).await?;
    }
    let (mut stops, mut renewed) = (Vec::<(Key, Kept)>::new(), 0);
    for (key, percent) in KILLS {
        // On a fast machine the kill before this one may have come too late.
        if stops.last().is_some_and(|(of, kept)| *of == key && kept.renewed.is_none()) {
            continue;
        }
        crowd.meanwhile(reached(suite, key, members * percent / 100)).await?;
        exchange.kill(suite).await?;
        let stop = (key, kept(suite, key).await?);
        renewed = told(suite, key)?.renewed;
        exchange.start_again(suite).await?;
        crowd.meanwhile(went_on(suite, stop)).await?;
        stops.push(stop);
    }
    if stops.last().is_some_and(|(_, kept)| kept.renewed.is_some()) {
        renewed = crowd.meanwhile(reached(suite, Key::Vault, u64::MAX)).await?.renewed;
    }
    let seconds = began.elapsed().as_secs();
    let amid = judge(&stops, (renewed, members))?;
    for key in [Key::BlindIndex, Key::Vault] {
        crowd.meanwhile(retired(suite, key)).await?;
    }
    Ok(Rotated { seconds, kills: stops.len(), amid, renewed })
}

/// The first chunk behind a kill follows the last one before it.
async fn went_on(suite: &Suite, (key, kept): (Key, Kept)) -> Result<()> {
    let Some(before) = kept.renewed else { return Ok(()) };
    let first = patience::until("the first chunk", || async { told(suite, key).ok()?.first });
    let first = first.await.with_context(|| suite.logs())?;
    ensure!((before..=before + CHUNK).contains(&first), "{before} were renewed, then {first}");
    Ok(())
}

/// What was renewed stayed so, and after each kill only what was left was done. Answers how many
/// kills came amid it.
fn judge(stops: &[(Key, Kept)], (renewed, members): (u64, u64)) -> Result<usize> {
    let mut amid = 0;
    for key in [Key::BlindIndex, Key::Vault] {
        let of_it = stops.iter().filter(|(of, _)| *of == key);
        let cut: Vec<(u64, Kept)> =
            of_it.filter_map(|(_, kept)| Some((kept.renewed?, *kept))).collect();
        ensure!(cut.is_sorted_by_key(|(at, _)| *at), "{key:?} fell back: {stops:?}");
        amid += cut.iter().filter(|(at, _)| *at > 0).count();
        for (at, kept) in cut.iter().filter(|_| key == Key::Vault) {
            let Kept { old, new, .. } = kept;
            ensure!(renewed - at == *old, "{} for {old} that were left", renewed - at);
            ensure!(new >= at && old + new >= members, "{kept:?}");
        }
    }
    ensure!(amid > 0, "no kill came amid it: {stops:?}");
    Ok(amid)
}

/// The old version goes once nothing needs it; as long as that takes, if only it goes on.
async fn retired(suite: &Suite, key: Key) -> Result<()> {
    let mut old = u64::MAX;
    while old > 0 {
        let before = old;
        let fewer = patience::until("fewer rows under the old key", || async {
            let now = kept(suite, key).await.ok()?;
            (now.old < before && now.renewed.is_none()).then_some(now.old)
        });
        old = fewer.await.with_context(|| suite.logs())?;
    }
    patience::until("a version that can be retired", || async {
        keys(suite, &["retire", key.name(), "1"], Ok("is retired")).await.ok()
    })
    .await?;
    Ok(())
}

/// Readers and clerks.
struct Crowd {
    tasks: JoinSet<Result<()>>,
    readers: Phone,
    clerks: Clerks,
}

impl Crowd {
    async fn start(suite: &Suite, exchange: &Exchange, roll: &Arc<Roll>) -> Result<Self> {
        let clients = suite.connect().await?;
        let mut unions = [String::new(), String::new()];
        for (number, union) in (0..).zip(&mut unions) {
            let request = samples::joint_union(number);
            *union = clients.unions.clone().create_union(request).await?.into_inner().name;
        }
        let clerks = Clerks {
            phone: exchange.phone(),
            roll: Arc::clone(roll),
            unions,
            books: Arc::new(Mutex::new(Books::default())),
            stop: CancellationToken::new(),
        };
        let mut crowd = Self { tasks: JoinSet::new(), readers: exchange.phone(), clerks };
        for _ in 0..READERS {
            let (phone, roll) = (crowd.readers.clone(), Arc::clone(roll));
            crowd.tasks.spawn(readers::read(phone, roll, crowd.clerks.stop.clone()));
        }
        crowd.tasks.spawn(crowd.clerks.clone().race());
        crowd.tasks.spawn(crowd.clerks.clone().pass_on());
        Ok(crowd)
    }

    /// Does the work while everybody goes on; the first failure of one of them ends it.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            ended = self.tasks.join_next() => {
                ended.context("nobody is there")???;
                anyhow::bail!("somebody went home")
            }
            done = work => done,
        }
    }

    /// Lets everybody go on for a while.
    async fn some_more(&mut self) -> Result<()> {
        let (readers, clerks) = (self.readers.clone(), self.clerks.phone.clone());
        let (reads, writes) = (readers.answered() + 100, clerks.answered() + 20);
        let more =
            || async { (readers.answered() > reads && clerks.answered() > writes).then_some(()) };
        self.meanwhile(patience::until("some reads and writes", more)).await
    }

    async fn stop(mut self) -> Result<Self> {
        self.clerks.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(self)
    }
}
