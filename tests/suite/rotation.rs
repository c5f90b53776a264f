//! The keys of the vault rotate while unions are read, and the register is killed amid it. No read
//! fails, no record changes, and at the end no row is under the old key.

mod behind;
mod members;
mod under_way;

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_proto::registry::v1::{
    Address, Contact, CreateUnionRequest, GetUnionRequest, ListUnionsRequest,
    RevealUnionContactRequest, Union,
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    engine::Engine,
    lanes, on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples,
    suite::{Layout, Plan, Suite},
};

const UNIONS: u64 = 1_000;
const READERS: u64 = 4;
/// A kill that comes too late or too early is tried again with the next version.
const TRIES: u32 = 4;

on_both_engines!(keys_rotate_under_reads_and_a_kill);

async fn keys_rotate_under_reads_and_a_kill(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let plan = Plan::new(engine, Layout::All).policy(policy);
    let plan =
        plan.variable("UNIONHALL__TELEMETRY__LOG_FILTER", "info,unionhall_kit::rotation=debug");
    // Here the readers look as fast as they can.
    let plan = plan.variable("UNIONHALL__LOOKS_AN_HOUR", "1000000000");
    let mut suite = plan.start().await?;
    let unions = Arc::new(enter(&suite.connect().await?).await?);
    let before = listed(&suite).await?;
    let vault = suite.data().join("keys/vault.toml");
    let old_file = fs::read(&vault)?;

    let (mut version, mut interrupted) = (1, false);
    while !interrupted {
        version += 1;
        ensure!(version <= 1 + TRIES, "no kill came amid a rotation");
        let readers = Readers::start(&suite, &unions).await?;
        keys(&suite, &["rotate", "vault", "--active-in", "1"], Ok("it seals from")).await?;
        let old = (version - 1).to_string();
        keys(&suite, &["retire", "vault", &old], Err("is in use")).await?;
        begun(&suite, version).await?;
        readers.killed.cancel();
        suite.kill().await?;
        readers.stop().await.with_context(|| suite.logs())?;
        let state = rows(&suite, version).await?;
        interrupted = state.0 > 0 && state.0 < UNIONS;
        suite.start_again().await?;
        let readers = Readers::start(&suite, &unions).await?;
        patience::until("the last row under the new key", || async {
            let (renewed, left) = rows(&suite, version).await.ok()?;
            (renewed == UNIONS && left == 0).then_some(())
        })
        .await
        .with_context(|| suite.logs())?;
        let read = readers.stop().await.with_context(|| suite.logs())?;
        ensure!(read > 0, "nobody read");
    }
    ensure!(listed(&suite).await? == before, "a rotation changed what a record shows");
    for old in 1..version {
        retired(&suite, old).await?;
    }
    let readers = Readers::start(&suite, &unions).await?;
    patience::until("some reads", || async { (readers.count() > UNIONS as usize).then_some(()) })
        .await?;
    readers.stop().await.with_context(|| suite.logs())?;

    suite.stop().await?;
    let new_file = fs::read(&vault)?;
    fs::write(&vault, old_file)?;
    let refused = suite.start_again().await;
    let told = format!("{refused:?}\n{}", suite.logs());
    ensure!(refused.is_err() && told.contains("lacks version"), "{told}");
    fs::remove_file(&vault)?;
    ensure!(suite.start_again().await.is_err() && !vault.exists(), "a key was made anew");
    fs::write(&vault, new_file)?;
    std::process::Command::new("chmod").arg("600").arg(&vault).status()?;
    suite.start_again().await?;
    let readers = Readers::start(&suite, &unions).await?;
    patience::until("some reads", || async { (readers.count() > 100).then_some(()) }).await?;
    readers.stop().await.map(|_| ()).with_context(|| suite.logs())
}

/// Joint unions, each with a contact of its own.
async fn enter(clients: &Clients) -> Result<Vec<String>> {
    let clients = clients.clone();
    lanes::each((0..UNIONS).collect(), move |number| {
        let clients = clients.clone();
        async move {
            let contact = Contact {
                display_name: "某某".to_owned(),
                mobile: mobile(number),
                ..Contact::default()
            };
            let union = Union {
                display_name: format!("北京某某{number}联合工会"),
                union_type: "JOINT".to_owned(),
                union_form: "COMMITTEE".to_owned(),
                union_level: "BASIC".to_owned(),
                seat: Some(Address { area: "areas/110102010002".to_owned(), line: String::new() }),
                contact: Some(contact),
                ..Union::default()
            };
            let request = CreateUnionRequest {
                union: Some(union),
                effective_date: Some(samples::day(2010, 1, 1)),
                request_id: request_id(),
                ..CreateUnionRequest::default()
            };
            let entered = repeated(request, |request| {
                let mut unions = clients.unions.clone();
                async move { unions.create_union(request).await }
            });
            Ok(Box::pin(entered).await?.name)
        }
    })
    .await
}

fn mobile(number: u64) -> String {
    format!("1390000{number:04}")
}

/// Every union as it is shown, with its etag.
async fn listed(suite: &Suite) -> Result<Vec<Union>> {
    let request = ListUnionsRequest { page_size: 1_000, ..ListUnionsRequest::default() };
    let listed = suite.connect().await?.unions.clone().list_unions(request).await?.into_inner();
    ensure!(listed.unions.len() as u64 >= UNIONS, "{} unions", listed.unions.len());
    Ok(listed.unions)
}

/// Those who read masked and in full, without a pause.
struct Readers {
    tasks: JoinSet<Result<()>>,
    read: Arc<AtomicUsize>,
    stop: CancellationToken,
    /// From when on a cut connection is no failed read.
    killed: CancellationToken,
}

impl Readers {
    async fn start(suite: &Suite, unions: &Arc<Vec<String>>) -> Result<Self> {
        let mut readers = Self {
            tasks: JoinSet::new(),
            read: Arc::default(),
            stop: CancellationToken::new(),
            killed: CancellationToken::new(),
        };
        for first in 0..READERS {
            let (clients, unions) = (suite.connect().await?, Arc::clone(unions));
            let (read, stop, killed) =
                (Arc::clone(&readers.read), readers.stop.clone(), readers.killed.clone());
            readers.tasks.spawn(async move {
                let mut number = first;
                while !stop.is_cancelled() {
                    match look(&clients, &unions, number).await {
                        Err(_) if killed.is_cancelled() => return Ok(()),
                        looked => looked.with_context(|| format!("union {number}"))?,
                    }
                    read.fetch_add(1, Ordering::Relaxed);
                    number = (number + READERS) % UNIONS;
                }
                Ok(())
            });
        }
        Ok(readers)
    }

    fn count(&self) -> usize {
        self.read.load(Ordering::Relaxed)
    }

    /// How many reads there were; none failed.
    async fn stop(mut self) -> Result<usize> {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended??;
        }
        Ok(self.count())
    }
}

async fn look(clients: &Clients, unions: &[String], number: u64) -> Result<()> {
    let name = unions[usize::try_from(number)?].clone();
    let mobile = mobile(number);
    let request = GetUnionRequest { name: name.clone(), ..GetUnionRequest::default() };
    let union = clients.unions.clone().get_union(request).await?.into_inner();
    let masked = union.contact.context("a contact")?.masked_mobile;
    ensure!(masked.starts_with(&mobile[..3]) && masked.ends_with(&mobile[9..]), "{masked}");
    let request = RevealUnionContactRequest {
        name,
        reason: "轮换核对".to_owned(),
        ..RevealUnionContactRequest::default()
    };
    let shown = clients.unions.clone().reveal_union_contact(request).await?.into_inner().mobile;
    ensure!(shown == mobile, "{shown} instead of {mobile}");
    Ok(())
}

/// Waits until the job brought the first rows under the version.
async fn begun(suite: &Suite, version: u32) -> Result<()> {
    let process = suite.processes().first().context("a process")?;
    let (job, version) = ("rotating", format!("version={version}"));
    let begun = |line: &str| {
        line.contains(job)
            && line.contains(&version)
            && line.contains("trade_union")
            && !line.contains("renewed=0")
    };
    patience::until("the first rows under the new key", || async {
        process.log().ok()?.lines().any(begun).then_some(())
    })
    .await
    .with_context(|| suite.logs())
}

/// How many rows are under this version of the vault's key, and how many under the one before.
async fn rows(suite: &Suite, version: u32) -> Result<(u64, u64)> {
    let told = keys(suite, &["list"], Ok("vault version")).await?;
    let count = |version: u32| -> Option<u64> {
        let head = format!("vault version {version},");
        let line = told.lines().find(|line| line.starts_with(&head))?;
        line.split(", ").find_map(|part| part.strip_suffix(" rows"))?.parse().ok()
    };
    Ok((count(version).context("the new version")?, count(version - 1).unwrap_or(0)))
}

/// Retires a version as soon as every process knows the newer one.
async fn retired(suite: &Suite, version: u32) -> Result<()> {
    let version = version.to_string();
    patience::until("a version that can be retired", || async {
        keys(suite, &["retire", "vault", &version], Ok("is retired")).await.ok()
    })
    .await?;
    Ok(())
}

/// Runs `unionhall keys`; what it says must be there, and its exit code fit.
async fn keys(suite: &Suite, words: &[&str], expected: Result<&str, &str>) -> Result<String> {
    let data = suite.data().display().to_string();
    let mut all = vec!["--data", data.as_str()];
    all.extend(suite.database_url().iter().flat_map(|url| ["--database-url", url]));
    all.push("keys");
    all.extend(words);
    let output = suite.command_line(&all).await?;
    let told = format!("{}{}", output.stdout, output.stderr);
    let (Ok(text) | Err(text)) = expected;
    ensure!(
        told.contains(text) && output.status.success() == expected.is_ok(),
        "{words:?}: {told}"
    );
    Ok(told)
}
