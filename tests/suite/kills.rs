//! The register is killed amid writes and imports, over and over. Nothing that it acknowledged is
//! lost, nothing happens twice, the feed has everything once, the audit chain is whole, and the
//! figures equal a recount.

mod affiliation;
mod check;
mod doctored;
mod follower;
pub(crate) mod history;
mod listing;
mod members;
mod membership;
mod recount;
mod split;
mod spreadsheet;
pub(crate) mod workload;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_engines,
    own_cluster::OwnCluster,
    policy::{Policy, UNBOUNDED},
    soak,
    suite::{Layout, Plan, Suite},
};

pub(crate) use self::{check::violations, follower::Follower, recount::agree, workload::Desk};
use self::{
    history::{Deed, Operation, Outcome},
    spreadsheet::Spreadsheet,
};

const WRITERS: usize = 6;
/// A cycle lasts until so many writes were acknowledged, at most.
const WRITES_A_CYCLE: usize = 40;
/// With as many writes acknowledged each deed was done.
const ENOUGH: usize = 400;
/// Every so many cycles one has an import in it.
const IMPORT_EVERY: usize = 4;
/// Every so many imports one is of several transactions.
const LARGE_EVERY: usize = 5;
const ROWS: u32 = 40;
/// More than two chunks of 500 rows.
const MANY_ROWS: u32 = 1_050;
/// Every so many cycles the figures are counted again and the audit chain is walked.
const AUDIT_EVERY: usize = 20;

on_both_engines!(soak_kill_cycles);

async fn soak_kill_cycles(engine: Engine) -> Result<()> {
    let cycles = soak::cycles(engine)?;
    let mut scene = Scene::open(engine).await?;
    for cycle in 1..=cycles {
        let within = || format!("cycle {cycle}\n{}", scene.suite.logs());
        let context = within();
        scene.cycle(cycle).await.with_context(|| context)?;
    }
    let employers = scene.close().await?;
    let figure = format!(
        "{cycles} kills, {} acknowledged writes, {} answers lost and learnt, {} employers of which \
         {} imported: none lost, none twice, figures as recounted",
        scene.desk.acknowledged(),
        scene.lost_answers,
        employers,
        scene.imported.len(),
    );
    soak::record(&format!("kill -9, {engine:?}"), &figure)
}

/// The register, those who use it, and what they know.
struct Scene {
    suite: Suite,
    cluster: Option<OwnCluster>,
    desk: Desk,
    follower: Follower,
    spreadsheet: Option<Spreadsheet>,
    imported: BTreeSet<u32>,
    lost_answers: usize,
}

impl Scene {
    async fn open(engine: Engine) -> Result<Self> {
        let mut plan = Plan::new(engine, Layout::All);
        plan = plan.policy(Policy::administrator(UNBOUNDED).text());
        let mut cluster = None;
        if engine == Engine::Postgres {
            let own = OwnCluster::start().await?;
            plan = plan.database_url(own.url());
            cluster = Some(own);
        }
        Ok(Self {
            suite: plan.start().await?,
            cluster,
            desk: Desk::new(),
            follower: Follower::default(),
            spreadsheet: None,
            imported: BTreeSet::new(),
            lost_answers: 0,
        })
    }

    /// Writes, kills amid the writes, starts again, and checks.
    async fn cycle(&mut self, cycle: usize) -> Result<()> {
        if cycle.is_multiple_of(IMPORT_EVERY) {
            let large = (cycle / IMPORT_EVERY).is_multiple_of(LARGE_EVERY);
            let rows = self.desk.numbers(if large { MANY_ROWS } else { ROWS });
            self.spreadsheet = Some(Spreadsheet::new(rows));
        }
        self.kill_amid_writes().await?;
        if cycle.is_multiple_of(AUDIT_EVERY) {
            self.audit().await?;
        }
        self.suite.start_again().await?;
        let clients = self.suite.connect().await?;
        self.check(&clients).await?;
        if cycle.is_multiple_of(AUDIT_EVERY) {
            recount::agree(&clients).await?;
        }
        Ok(())
    }

    async fn kill_amid_writes(&mut self) -> Result<()> {
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            // A connection each, as separate callers have.
            writers.spawn(self.desk.clone().write_until_cut(self.suite.connect().await?));
        }
        let follower = std::mem::take(&mut self.follower);
        let following = tokio::spawn(follower.follow_until_cut(self.suite.connect().await?));
        let clients = self.suite.connect().await?;
        let importing = self.spreadsheet.take();
        let importing = importing.map(|one| tokio::spawn(one.go_on_until_cut(clients)));

        let more = rand::random_range(0..=WRITES_A_CYCLE);
        self.desk.until_acknowledged(self.desk.acknowledged() + more).await?;
        self.suite.kill().await?;
        if let Some(cluster) = &mut self.cluster {
            cluster.kill().await?;
            cluster.start_again().await?;
        }
        while let Some(ended) = writers.join_next().await {
            ended?;
        }
        self.follower = following.await??;
        if let Some(importing) = importing {
            self.spreadsheet = Some(importing.await?);
        }
        Ok(())
    }

    /// What must hold as soon as the register serves again.
    async fn check(&mut self, clients: &Clients) -> Result<()> {
        self.lost_answers += self.desk.resolve(clients).await?;
        if let Some(mut spreadsheet) = self.spreadsheet.take() {
            spreadsheet.finish(clients).await?;
            self.imported.extend(spreadsheet.numbers());
        }
        let operations = self.desk.operations();
        let caught_up = self.follower.catch_up(clients, &operations, &self.imported).await;
        // First, since they name what a feed that never shows everything has lost.
        let found = violations(&operations, self.follower.seen(), &self.imported);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        caught_up
    }

    /// Walks the audit chain of the killed register.
    async fn audit(&self) -> Result<()> {
        let data = self.suite.data().display().to_string();
        let mut words = vec!["audit", "verify", "--data", &data];
        if let Some(url) = self.suite.database_url() {
            words.extend(["--database-url", url]);
        }
        let output = self.suite.command_line(&words).await?;
        ensure!(output.status.success(), "{}{}", output.stdout, output.stderr);
        // "123 entries sealed, 4 waiting, head ...": every acknowledged write left an entry.
        let numbers =
            output.stdout.split_whitespace().filter_map(|word| word.parse::<usize>().ok());
        let entries: usize = numbers.take(2).sum();
        let writes = self.desk.acknowledged();
        ensure!(entries >= writes, "{entries} audit entries of {writes} acknowledged writes");
        Ok(())
    }

    /// What nobody did could not be lost.
    fn each_deed_was_done(&self) -> Result<()> {
        let operations = self.desk.operations();
        let done = |deed: Deed| {
            let is = |one: &&Operation| one.deed == deed;
            let acknowledged =
                |one: &Operation| matches!(one.outcome, Outcome::Acknowledged { .. });
            operations.iter().filter(is).any(acknowledged)
        };
        let idle: Vec<Deed> = Deed::ALL.into_iter().filter(|deed| !done(*deed)).collect();
        ensure!(idle.is_empty(), "never done: {idle:?}");
        Ok(())
    }

    /// The last and widest look.
    async fn close(&mut self) -> Result<usize> {
        let clients = self.suite.connect().await?;
        let anew = Follower::anew(&clients).await?;
        ensure!(
            anew.seen() == self.follower.seen(),
            "the feed read anew differs from the feed as it was followed"
        );
        if self.desk.acknowledged() >= ENOUGH {
            self.each_deed_was_done()?;
        }
        let employers = recount::agree(&clients).await?;
        recount::new_employers_agree(&clients).await?;
        self.suite.kill().await?;
        self.audit().await?;
        Ok(employers)
    }
}
