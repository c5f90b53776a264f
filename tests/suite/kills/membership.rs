//! The register is killed, over and over, while several writers do with members whatever comes into
//! their heads: they enter, admit, transfer, retain and end them, two clerks at once do one thing,
//! records are corrected, merged and confirmed, and unions and employers end below them. Nothing that
//! was acknowledged is lost, nothing happens twice, nobody is a member twice, the feed tells every
//! version once and in order, and in the end the books are as a recount of their facts finds them.

mod calls;
mod choices;
mod claims;
mod deed;
mod doctored;
mod entry;
mod feed;
mod of_members;
mod of_unions;
mod papers;
mod roll;
mod writers;

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use rand::{SeedableRng, rngs::StdRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_kit::clock::SystemClock;
use unionhall_registry::Register;
use unionhall_tests::{
    books::left_by,
    client::Clients,
    engine::Engine,
    on_both_engines,
    own_cluster::OwnCluster,
    patience,
    policy::{Policy, UNBOUNDED},
    soak,
    suite::{Layout, Plan, Suite},
};

use self::{
    claims::Rest,
    deed::Deed,
    feed::Feed,
    papers::{Desk, Papers},
    writers::{Writer, resolve},
};
use crate::storage::as_recounted;

const WRITERS: usize = 6;
/// Operations between two kills, and how many kills there are at least.
const OPERATIONS_A_KILL: usize = 1_900;
const KILLS: usize = 5;
/// With as many operations each deed was done.
const ENOUGH: usize = 10_000;
/// What is said of steps that need a note.
const NOTE: &str = "某某";

on_both_engines!(soak_kill_members);

async fn soak_kill_members(engine: Engine) -> Result<()> {
    let (operations, seed) = (soak::operations_amid_kills()?, soak::seed()?);
    let began = Instant::now();
    let kills = (operations / OPERATIONS_A_KILL).max(KILLS);
    let mut scene = Scene::open(engine, operations, seed).await?;
    for kill in 1..=kills {
        let cycle = scene.cycle(kill, operations * kill / kills).await;
        cycle.with_context(|| format!("seed {seed}, kill {kill}\n{}", scene.suite.logs()))?;
    }
    let closed = scene.close(operations).await.with_context(|| format!("seed {seed}"))?;
    let papers = scene.desk.papers.lock();
    soak::record(
        &format!("operations on members amid kills, {engine:?}"),
        &format!(
            "{} operations by {WRITERS} writers ({} done, {} refused), {kills} kills, {} answers \
             lost and learnt, {} repeated, {} of two clerks won each; {closed}: none lost, none twice, all as \
             recounted, seed {seed}, {} s",
            papers.done.values().sum::<usize>() + papers.refused,
            papers.done.values().sum::<usize>(),
            papers.refused,
            scene.lost_answers,
            papers.asked_again,
            scene.races,
            began.elapsed().as_secs()
        ),
    )
}

/// The register, those who use it, and what they know.
struct Scene {
    suite: Suite,
    cluster: Option<OwnCluster>,
    desk: Desk,
    writers: Vec<Writer>,
    feed: Feed,
    seeded: Vec<String>,
    lost_answers: usize,
    races: usize,
}

impl Scene {
    async fn open(engine: Engine, operations: usize, seed: u64) -> Result<Self> {
        let plan = Plan::new(engine, Layout::All);
        let plan = plan.policy(Policy::administrator(UNBOUNDED).text());
        // Every number is looked for in the end, also those that find nobody.
        let mut plan = plan.variable("UNIONHALL__LOOKS_AN_HOUR", "1000000000");
        let mut cluster = None;
        if engine == Engine::Postgres {
            let own = OwnCluster::start().await?;
            plan = plan.database_url(own.url());
            cluster = Some(own);
        }
        let (mut suite, desk) = (plan.start().await?, Desk::new());
        entry::furnish(&suite.connect().await?, &desk).await?;
        suite.kill().await?;
        let members = u32::try_from((operations / 25).clamp(20, 1_500))?;
        let seeded = Box::pin(entry::seed(&suite, &desk, members)).await?;
        suite.start_again().await?;
        let wanted = (60 + operations / 100).min(400);
        let writer = |number: u64| Writer {
            desk: desk.clone(),
            random: StdRng::seed_from_u64(seed ^ (number << 32)),
            members: wanted,
        };
        let writers = (0..).map(writer).take(WRITERS).collect();
        let feed = Feed::default();
        Ok(Self { suite, cluster, writers, desk, feed, seeded, lost_answers: 0, races: 0 })
    }

    /// Lets so many operations be answered in all, kills amid the next, starts again, and checks.
    async fn cycle(&mut self, kill: usize, answered: usize) -> Result<()> {
        let cut = CancellationToken::new();
        let mut writing = JoinSet::new();
        for writer in self.writers.drain(..) {
            // A connection each, as separate callers have.
            writing.spawn(writer.write(self.suite.connect().await?, cut.clone()));
        }
        self.until_answered(answered).await?;
        self.kill(kill, &cut).await?;
        while let Some(writer) = writing.join_next().await {
            self.writers.push(writer?);
        }
        self.suite.start_again().await?;
        let clients = self.suite.connect().await?;
        self.lost_answers += resolve(&self.desk, &clients).await?;
        self.races += self.desk.judge_races()?;
        self.look(&clients).await
    }

    /// As long as the writers get on.
    async fn until_answered(&self, count: usize) -> Result<()> {
        let mut answered = self.desk.answered();
        loop {
            let now = *answered.borrow_and_update();
            if now >= count {
                return Ok(());
            }
            patience::within("another answer", answered.wait_for(|then| *then > now)).await??;
        }
    }

    /// Kills the register; its cluster dies now and then before it, behind it, or alone.
    async fn kill(&mut self, kill: usize, cut: &CancellationToken) -> Result<()> {
        let own = self.cluster.as_mut();
        match (kill % 4, own) {
            (1, Some(cluster)) => {
                cut.cancel();
                self.suite.kill().await?;
                cluster.kill().await?;
                cluster.start_again().await
            }
            (2, Some(cluster)) => {
                cluster.kill().await?;
                cut.cancel();
                self.suite.kill().await?;
                cluster.start_again().await
            }
            (3, Some(cluster)) => {
                cluster.kill().await?;
                cluster.start_again().await?;
                let more = *self.desk.answered().borrow() + WRITERS;
                self.until_answered(more).await?;
                cut.cancel();
                self.suite.kill().await
            }
            _ => {
                cut.cancel();
                self.suite.kill().await
            }
        }
    }

    /// What must hold as soon as the register serves again, of all whom it concerns.
    async fn look(&mut self, clients: &Clients) -> Result<()> {
        let known = {
            let mut papers = self.desk.papers.lock();
            ensure!(papers.faults.is_empty(), "{}", papers.faults.join("\n"));
            let touched = std::mem::take(&mut papers.touched);
            let card = |at: usize| (papers.cards[at].name.clone(), papers.cards[at].version);
            touched.into_iter().map(card).collect::<Vec<_>>()
        };
        let versions = roll::stand(clients, &known).await?;
        self.feed.catch_up(clients, versions).await
    }

    /// The last and widest look. Answers what it found.
    async fn close(&mut self, operations: usize) -> Result<String> {
        let clients = self.suite.connect().await?;
        let papers = Arc::clone(&self.desk.papers);
        let known = {
            let mut papers = papers.lock();
            papers.touched = (0..papers.cards.len()).collect();
            papers.clone()
        };
        let moved = roll::settled(&clients, &known).await?;
        self.look(&clients).await?;
        let known = Papers { merged: self.feed.pointers(), ..known };
        let listed = roll::listed(&clients, &known).await?;
        let tried = roll::found_once(&clients, &known).await?;
        roll::unions_stand(&clients, &known).await?;
        let rest = claims::assign(&known, self.feed.lives(), &self.seeded)?;
        let expected = Rest { followed: moved, confirmed: known.confirmed };
        ensure!(rest == expected, "{rest:?} in the feed, acknowledged {expected:?}");
        if operations >= ENOUGH {
            let idle: Vec<_> =
                Deed::ALL.iter().filter(|deed| !known.done.contains_key(deed)).collect();
            ensure!(idle.is_empty(), "never done: {idle:?}");
        }
        self.suite.kill().await?;
        let (ledger, keys) = left_by(&self.suite, Arc::new(SystemClock)).await?;
        let register = Register::open(ledger.clone(), Arc::clone(&keys)).await?;
        let recounted = as_recounted(register, keys).await.with_context(|| self.suite.logs())?;
        ledger.db().clone().close().await;
        Ok(format!(
            "{listed} members listed, {tried} numbers looked for, {moved} carried along, {} \
             confirmed with their union; {recounted}",
            known.confirmed
        ))
    }
}
