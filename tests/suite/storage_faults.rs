//! The storage fails: nothing is acknowledged that is not kept, and everything recovers unaided.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use unionhall_kit::db::{Db, DbConfig};
use unionhall_proto::registry::v1::{
    CreateEmployerRequest, Employer, GetAreaRequest, GetEmployerRequest, ListEmployersRequest,
};
use unionhall_tests::{
    client::{self, Clients},
    cluster::{self, TestDatabase},
    engine::Engine,
    faults::{disk::SmallDisk, proxy::Proxy},
    imports::Upload,
    own_cluster::OwnCluster,
    patience,
    policy::{Policy, UNBOUNDED},
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Plan, Suite},
};

use crate::kills::{Desk, Follower, agree, violations};

const SERVICE: &str = "unionhall.registry.v1.EmployerService";
const WRITERS: usize = 4;

async fn create(clients: &Clients, number: u32) -> Result<Employer, Status> {
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(number)),
        ..CreateEmployerRequest::default()
    };
    Ok(clients.employers.clone().create_employer(request).await?.into_inner())
}

async fn read(clients: &Clients, name: &str) -> Result<Employer, Status> {
    let request = GetEmployerRequest { name: name.to_owned(), day: None };
    Ok(clients.employers.clone().get_employer(request).await?.into_inner())
}

/// Returns when the health service says so of the register.
async fn until_health(suite: &Suite, wanted: ServingStatus) -> Result<()> {
    let channel = client::channel(suite.address()).await?;
    let what = format!("{SERVICE} to be {wanted:?}");
    patience::until(&what, || {
        let mut health = HealthClient::new(channel.clone());
        async move {
            let request = HealthCheckRequest { service: SERVICE.to_owned() };
            let status = health.check(request).await.ok()?.into_inner().status();
            (status == wanted).then_some(())
        }
    })
    .await
    .with_context(|| suite.logs())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_writes_and_nothing_else() -> Result<()> {
    let disk = SmallDisk::mount(96)?;
    let plan = Plan::new(Engine::Sqlite, Layout::All).data(disk.path().join("data"));
    let mut suite = plan.start().await?;
    let clients = suite.connect().await?;
    let mut kept = Vec::new();
    for number in 1..=20 {
        kept.push(create(&clients, number).await?);
    }
    let mut number = 20;
    // Twice, because the first recovery may leave something behind.
    for _ in 0..2 {
        disk.fill()?;
        let refusal = loop {
            number += 1;
            match create(&clients, number).await {
                // What SQLite had room for already may still be written.
                Ok(employer) => kept.push(employer),
                Err(status) => break status,
            }
        };
        refused(Err::<(), _>(refusal), Code::ResourceExhausted, "STORAGE_FULL")?;
        let upload = Upload::employers("rows.csv", samples::csv(1_000..9_000));
        let answer = upload.send(&clients).await;
        refused(answer, Code::ResourceExhausted, "STORAGE_FULL")?;
        for employer in &kept {
            ensure!(read(&clients, &employer.name).await? == *employer);
        }
        let area = GetAreaRequest { name: "areas/11".into(), day: None };
        clients.areas.clone().get_area(area).await?;
        unharmed(&suite)?;

        disk.free()?;
        number += 1;
        let employer = patience::until("a write to find room again", || async {
            create(&clients, number).await.ok()
        })
        .await?;
        kept.push(employer);
        upload.send(&clients).await?;
    }
    // Everything that was acknowledged, and nothing else.
    let list = ListEmployersRequest { page_size: 1_000, ..ListEmployersRequest::default() };
    let list = clients.employers.clone().list_employers(list).await?.into_inner().employers;
    let listed: BTreeSet<_> = list.into_iter().map(|employer| employer.name).collect();
    let wanted: BTreeSet<_> = kept.iter().map(|employer| employer.name.clone()).collect();
    ensure!(listed == wanted, "{} of {} employers", listed.len(), wanted.len());
    agree(&clients).await?;
    let ends = suite.stop().await?;
    ensure!(ends.iter().all(|end| end.code() == Some(0)), "{ends:?}\n{}", suite.logs());
    suite.start_again().await?;
    let clients = suite.connect().await?;
    for employer in &kept {
        ensure!(read(&clients, &employer.name).await? == *employer);
    }
    Ok(())
}

/// Writers that go on through the faults, and what must hold at the end.
struct Load {
    desk: Desk,
    writers: JoinSet<Result<()>>,
}

impl Load {
    async fn begin(suite: &Suite) -> Result<Self> {
        let (desk, mut writers) = (Desk::new(), JoinSet::new());
        for _ in 0..WRITERS {
            writers.spawn(desk.clone().write_on(suite.connect().await?));
        }
        Ok(Self { desk, writers })
    }

    /// Returns when so many further writes were acknowledged.
    async fn go_on(&self, writes: usize) -> Result<()> {
        self.desk.until_acknowledged(self.desk.acknowledged() + writes).await
    }

    /// Ends the load and checks that no acknowledgement was false and no effect came twice.
    async fn end(mut self, suite: &Suite) -> Result<()> {
        ensure!(self.writers.try_join_next().is_none(), "a writer gave up");
        self.writers.shutdown().await;
        let clients = suite.connect().await?;
        self.desk.resolve(&clients).await?;
        let (operations, none) = (self.desk.operations(), BTreeSet::new());
        let mut follower = Follower::default();
        follower.catch_up(&clients, &operations, &none).await?;
        let found = violations(&operations, follower.seen(), &none);
        ensure!(found.is_empty(), "{}", found.join("\n"));
        // A pool can still hold a connection that the fault killed: reads are repeated.
        let counted = patience::until("a recount", || async {
            let counted = agree(&clients).await;
            let away = |error: &anyhow::Error| {
                error.downcast_ref::<Status>().is_some_and(|told| told.code() == Code::Unavailable)
            };
            (!counted.as_ref().is_err_and(away)).then_some(counted)
        });
        counted.await??;
        unharmed(suite)
    }
}

fn postgres(url: String, layout: Layout) -> Plan {
    Plan::new(Engine::Postgres, layout)
        .policy(Policy::administrator(UNBOUNDED).text())
        .database_url(url)
        // A half-dead link is noticed within seconds.
        .variable("UNIONHALL__DATABASE__ACQUIRE_TIMEOUT_MS", "1000")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_restarted_under_load_all() -> Result<()> {
    Box::pin(a_database_restarted_under_load(Layout::All)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_restarted_under_load_split() -> Result<()> {
    Box::pin(a_database_restarted_under_load(Layout::Split)).await
}

async fn a_database_restarted_under_load(layout: Layout) -> Result<()> {
    let mut cluster = OwnCluster::start().await?;
    let suite = postgres(cluster.url(), layout).start().await?;
    let load = Load::begin(&suite).await?;
    load.go_on(50).await?;
    // As an operator would, cutting its clients; then as an accident would.
    cluster.restart().await?;
    load.go_on(50).await?;
    cluster.kill().await?;
    until_health(&suite, ServingStatus::NotServing).await?;
    let clients = suite.connect().await?;
    let answer = create(&clients, 9_000_000).await;
    refused(answer, Code::Unavailable, "STORAGE_UNAVAILABLE")?;
    cluster.start_again().await?;
    until_health(&suite, ServingStatus::Serving).await?;
    load.go_on(50).await?;
    load.end(&suite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_the_database_that_is_cut() -> Result<()> {
    let cluster = OwnCluster::start().await?;
    let (link, url) = linked(&cluster).await?;
    let suite = postgres(url, Layout::All).start().await?;
    let load = Load::begin(&suite).await?;
    load.go_on(30).await?;
    for _ in 0..3 {
        link.reset();
        load.go_on(20).await?;
    }
    link.cut();
    until_health(&suite, ServingStatus::NotServing).await?;
    let clients = suite.connect().await?;
    let answer = create(&clients, 9_000_000).await;
    refused(answer, Code::Unavailable, "STORAGE_UNAVAILABLE")?;
    link.heal();
    until_health(&suite, ServingStatus::Serving).await?;
    load.go_on(30).await?;
    load.end(&suite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_the_database_that_is_half_dead() -> Result<()> {
    let cluster = OwnCluster::start().await?;
    let (link, url) = linked(&cluster).await?;
    let suite = postgres(url, Layout::All).start().await?;
    let load = Load::begin(&suite).await?;
    load.go_on(30).await?;
    link.hold();
    until_health(&suite, ServingStatus::NotServing).await?;
    // A caller with a deadline gets an answer by then, though the database never gives one.
    let mut request = tonic::Request::new(GetEmployerRequest {
        name: "employers/00000000-0000-7000-8000-000000000000".into(),
        day: None,
    });
    request.set_timeout(std::time::Duration::from_millis(500));
    let clients = suite.connect().await?;
    let mut service = clients.employers.clone();
    match patience::within("an answer", service.get_employer(request)).await? {
        Ok(employer) => bail!("{employer:?} through a dead link"),
        Err(status) => {
            let code = status.code();
            let right = [Code::DeadlineExceeded, Code::Unavailable, Code::Cancelled];
            ensure!(right.contains(&code), "{status:?}");
        }
    }
    link.heal();
    until_health(&suite, ServingStatus::Serving).await?;
    load.go_on(30).await?;
    load.end(&suite).await
}

/// A proxy before the cluster, and the URL that leads through it.
async fn linked(cluster: &OwnCluster) -> Result<(Proxy, String)> {
    let url = cluster.url();
    let (_, rest) = url.split_once('@').context("a URL without an account")?;
    let (address, _) = rest.split_once('/').context("a URL without a database")?;
    let link = Proxy::start(address.parse()?).await?;
    let url = url.replace(address, &link.address().to_string());
    Ok((link, url))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_leaves_amid_a_begin_leaves_no_transaction_open() -> Result<()> {
    let database = TestDatabase::create().await?;
    let db = Db::open(&DbConfig::new(database.url(), "public")).await?;
    for turns in 0..400 {
        tokio::select! {
            biased;
            begun = db.begin() => drop(begun?),
            () = async { for _ in 0..turns % 40 { tokio::task::yield_now().await } } => {}
        }
    }
    let watcher = cluster::connect(database.url()).await?;
    let open = "SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    // Those that are on their way back are rolled back within the wait.
    let watcher = tokio::sync::Mutex::new(watcher);
    patience::until("no transaction to be open", || async {
        let mut watcher = watcher.lock().await;
        let count: i64 = sqlx::query_scalar(open).fetch_one(&mut *watcher).await.ok()?;
        (count == 0).then_some(())
    })
    .await
}
