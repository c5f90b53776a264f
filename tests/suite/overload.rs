//! More work than the register can do: refused at once and by name, and never taken half.

mod streams;

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use unionhall_proto::common::v1::ListChangesRequest;
use unionhall_proto::registry::v1::{CreateEmployerRequest, GetAreaRequest, ListEmployersRequest};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_layouts, on_every_layout, patience,
    policy::{Policy, UNBOUNDED},
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Plan},
};

/// Slots of work in the small house.
const SLOTS: usize = 2;
/// Calls that may wait for one.
const QUEUE: usize = 2;
const CALLERS: u32 = 40;
const CALLS: u32 = 20;

fn small(engine: Engine, layout: Layout) -> Plan {
    Plan::new(engine, layout)
        .policy(Policy::administrator(UNBOUNDED).text())
        .variable("UNIONHALL__SERVER__LIMITS__WORK_SLOTS", SLOTS.to_string())
        .variable("UNIONHALL__SERVER__LIMITS__WORK_QUEUE", QUEUE.to_string())
}

fn area() -> GetAreaRequest {
    GetAreaRequest { name: "areas/11".into(), day: None }
}

/// The delay that a refusal asks for.
fn delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

on_both_layouts!(a_full_house_says_so_and_recovers);

async fn a_full_house_says_so_and_recovers(layout: Layout) -> Result<()> {
    let suite = small(Engine::Sqlite, layout).start().await?;
    let clients = suite.connect().await?;
    // Who waits for a change that does not come holds a slot all the while.
    let end = last_cursor(&clients).await?;
    let mut waiting = JoinSet::new();
    for _ in 0..SLOTS + QUEUE {
        let (mut changes, cursor) = (clients.changes.clone(), end.clone());
        waiting.spawn(async move {
            let wait = Some(prost_types::Duration { seconds: 20, nanos: 0 });
            changes.list_changes(ListChangesRequest { cursor, page_size: 0, wait }).await
        });
    }
    let refusal = patience::until("the house to be full", || async {
        clients.areas.clone().get_area(area()).await.err()
    })
    .await?;
    let status = refused(Err::<(), _>(refusal), Code::ResourceExhausted, "OVERLOADED")?;
    ensure!(delay(&status).is_some_and(|delay| !delay.is_zero()), "{status:?}");

    // Those who waited give up, and their places are free again.
    waiting.shutdown().await;
    patience::until("the house to take calls again", || async {
        clients.areas.clone().get_area(area()).await.ok()
    })
    .await?;
    unharmed(&suite)
}

/// The cursor behind the last change.
async fn last_cursor(clients: &Clients) -> Result<String> {
    let mut request = ListChangesRequest { page_size: 5_000, ..ListChangesRequest::default() };
    loop {
        let page = clients.changes.clone().list_changes(request.clone()).await?.into_inner();
        if page.changes.is_empty() {
            return Ok(page.next_cursor);
        }
        request.cursor = page.next_cursor;
    }
}

on_every_layout!(a_flood_of_writes_is_taken_or_refused_whole);

async fn a_flood_of_writes_is_taken_or_refused_whole(engine: Engine, layout: Layout) -> Result<()> {
    let suite = small(engine, layout).start().await?;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let clients = suite.connect().await?;
        callers.spawn(async move { flood(&clients, caller * CALLS).await });
    }
    let (mut taken, mut shed) = (0, 0);
    while let Some(caller) = callers.join_next().await {
        let (took, refused) = caller??;
        taken += took;
        shed += refused;
    }
    ensure!(taken > 0 && shed > 0, "{taken} taken, {shed} shed: no overload");
    ensure!(taken + shed == (CALLERS * CALLS) as usize);
    // What was refused was not begun; what was taken is there.
    let clients = suite.connect().await?;
    ensure!(employers(&clients).await? == taken, "{taken} taken");
    unharmed(&suite)
}

/// Many writes at once; how many were taken and how many shed.
async fn flood(clients: &Clients, first: u32) -> Result<(usize, usize)> {
    let mut calls = JoinSet::new();
    for number in first..first + CALLS {
        let mut service = clients.employers.clone();
        calls.spawn(async move {
            let request = CreateEmployerRequest {
                employer: Some(samples::employer(number)),
                ..CreateEmployerRequest::default()
            };
            service.create_employer(request).await
        });
    }
    let (mut taken, mut shed) = (0, 0);
    while let Some(call) = calls.join_next().await {
        match call? {
            Ok(_) => taken += 1,
            answer => {
                let status = refused(answer, Code::ResourceExhausted, "OVERLOADED")?;
                ensure!(delay(&status).is_some(), "{status:?}");
                shed += 1;
            }
        }
    }
    Ok((taken, shed))
}

async fn employers(clients: &Clients) -> Result<usize> {
    let mut request = ListEmployersRequest { page_size: 1_000, ..ListEmployersRequest::default() };
    let mut count = 0;
    loop {
        let page = clients.employers.clone().list_employers(request.clone()).await?.into_inner();
        count += page.employers.len();
        if page.next_page_token.is_empty() {
            return Ok(count);
        }
        request.page_token = page.next_page_token;
    }
}

on_both_layouts!(a_caller_has_its_share_and_no_more);

async fn a_caller_has_its_share_and_no_more(layout: Layout) -> Result<()> {
    const SHARE: u32 = 3;
    let policy = Policy::administrator(UNBOUNDED).client("busy", &["registry.*"], &["11"], SHARE);
    let suite = Plan::new(Engine::Sqlite, layout).policy(policy.text()).start().await?;
    let busy = Clients::connect(suite.address(), &suite.token_of("busy").await?).await?;
    let other = suite.connect().await?;
    let mut refusal = None;
    let mut taken = 0;
    // Each round trip is far below a third of a second, so the share ends.
    for _ in 0..200 {
        match busy.areas.clone().get_area(area()).await {
            Ok(_) => taken += 1,
            Err(status) => {
                refusal = Some(status);
                break;
            }
        }
        // Another caller's share is its own.
        other.areas.clone().get_area(area()).await?;
    }
    let refusal = refusal.map_or(Ok(()), Err);
    let status = refused(refusal, Code::ResourceExhausted, "RATE_LIMITED")?;
    let delay = delay(&status).unwrap_or_default();
    ensure!(!delay.is_zero() && delay <= Duration::from_secs(1), "{status:?}");
    ensure!(taken >= SHARE, "{taken} of a share of {SHARE} were taken");
    patience::until("the busy caller to be served again", || async {
        busy.areas.clone().get_area(area()).await.ok()
    })
    .await?;
    unharmed(&suite)
}
