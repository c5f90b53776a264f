//! The register in this process: database, books, jobs, services.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    access::{DenialSink, Denials, PolicyStore, Verifier},
    db::{Db, sql},
    keys::KeyRing,
    ledger::{Ledger, LedgerKeys, denials::keep_written, sequencer::Sequencer},
    rotation::Keeper,
    server::{Probe, Registered},
};
use unionhall_migrations::registry::SCHEMA;
use unionhall_registry::{Register, services};

use super::Parts;
use crate::{data_folder::Lock, migrate};

/// How often the database is asked whether it answers.
const PROBE_EVERY: Duration = Duration::from_secs(1);
/// How long the jobs and the database may take to end.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long it may take to say so.
const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// A running register.
pub(super) struct Registry {
    register: Register,
    verifier: Arc<Verifier>,
    denials: Arc<Denials>,
    token: Option<String>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    sequencer: JoinSet<()>,
    stop_sequencer: CancellationToken,
    _lock: Lock,
}

impl Registry {
    /// Opens the database, makes what a first start makes, and starts the jobs.
    pub(super) async fn start(parts: &Parts) -> Result<Self> {
        let lock = parts.folder.lock()?;
        let db = Db::open(&parts.settings.db(SCHEMA)).await?;
        migrate::ensure(&db, &parts.settings).await?;
        let new = is_new(db.reader()).await?;
        let keys = Arc::new(parts.folder.keys(&parts.clock, new)?);
        let policy = parts.folder.policy(&parts.clock)?;
        let token = parts.folder.write_admin_token(&keys, &policy, &parts.clock)?;
        let own = LedgerKeys::of(&keys);
        let ledger = Ledger::new(db, Arc::clone(&parts.clock), parts.ids.clone(), own);
        ledger.open_feed().await?;
        let keeper = Keeper::new(ledger.clone(), Arc::clone(&keys));
        keeper.admit().await.context("keys of the data folder")?;
        let mut register = Register::open(ledger, Arc::clone(&keys)).await?;
        register.looks_an_hour = parts.settings.looks_an_hour;
        unionhall_registry::tree::seed(&register).await?;
        let mut registry = Self {
            verifier: verifier(&keys, &policy, parts),
            denials: Arc::new(Denials::new(Arc::clone(&parts.clock))),
            register,
            token,
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
            sequencer: JoinSet::new(),
            stop_sequencer: CancellationToken::new(),
            _lock: lock,
        };
        let probe = parts.health.probe("keys", &services::names());
        registry.tasks.spawn(keeper.run(probe, registry.stop.clone()));
        registry.start_tasks(parts, policy);
        Ok(registry)
    }

    fn start_tasks(&mut self, parts: &Parts, policy: Arc<PolicyStore>) {
        let ledger = self.register.ledger.clone();
        let sequencer = Sequencer::new(ledger.clone(), services::ancestors());
        self.sequencer.spawn(sequencer.run(self.stop_sequencer.clone()));
        let denials = Arc::clone(&self.denials);
        self.tasks.spawn(keep_written(denials, ledger.clone(), self.stop.clone()));
        self.tasks.spawn(until(self.stop.clone(), policy.keep_fresh()));
        let names = services::names();
        let probe = parts.health.probe("registry database", &names);
        self.tasks.spawn(until(self.stop.clone(), watch(ledger.db().clone(), probe)));
        services::start_jobs(&self.register, &self.stop, &mut self.tasks);
    }

    /// The services with their descriptors.
    pub(super) fn registered(&self) -> Registered {
        services::registered(&self.register)
    }

    /// What tokens are verified with.
    pub(super) fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// Where denials are counted for the audit.
    pub(super) fn denials(&self) -> Arc<dyn DenialSink> {
        Arc::clone(&self.denials) as Arc<dyn DenialSink>
    }

    /// The administrator's token of this start.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Returns when a job ended that should work for ever: it panicked, and the register without
    /// it would only look well.
    pub(super) async fn lost_a_job(&mut self) {
        let ended = tokio::select! {
            ended = self.tasks.join_next() => ended,
            ended = self.sequencer.join_next() => ended,
        };
        tracing::error!(?ended, "a background job ended; stopping, so that a new start mends it");
    }

    /// Stops the jobs, then the sequencer behind them, and closes the database. A database that
    /// does not answer is left after a while: what is committed is safe.
    pub(super) async fn stop(mut self) {
        let quiet = async {
            self.stop.cancel();
            while self.tasks.join_next().await.is_some() {}
            self.stop_sequencer.cancel();
            while self.sequencer.join_next().await.is_some() {}
            self.register.ledger.db().clone().close().await;
        };
        if tokio::time::timeout(STOP_WITHIN, quiet).await.is_err() {
            tracing::warn!("the jobs did not end in time and were cut");
        }
    }
}

/// Whether the database holds nothing yet.
async fn is_new(conn: &DatabaseConnection) -> Result<bool> {
    Ok(conn.query_one_raw(sql(conn, "SELECT epoch FROM feed", [])).await?.is_none())
}

fn verifier(keys: &KeyRing, policy: &Arc<PolicyStore>, parts: &Parts) -> Arc<Verifier> {
    let keys = keys.verifying().clone();
    Arc::new(Verifier::new(keys, Arc::clone(policy), Arc::clone(&parts.clock)))
}

async fn until(stop: CancellationToken, task: impl Future<Output = ()>) {
    stop.run_until_cancelled(task).await;
}

/// Says whether the database answers. A database that is away never ends the process.
async fn watch(db: Db, probe: Probe) {
    loop {
        let answered = tokio::time::timeout(PROBE_WITHIN, db.ping()).await;
        probe.set(matches!(answered, Ok(Ok(()))));
        tokio::time::sleep(PROBE_EVERY).await;
    }
}
