//! The register dies, stalls and comes back.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use prost::Message;
use tonic::Code;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;
use unionhall_proto::registry::v1::{CreateEmployerRequest, GetAreaRequest, GetEmployerRequest};
use unionhall_tests::{
    client,
    engine::Engine,
    on_both_layouts, patience,
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Suite},
    wire::{Answer, Wire, framed},
};

fn area() -> GetAreaRequest {
    GetAreaRequest { name: "areas/11".into(), day: None }
}

async fn until_health(suite: &Suite, wanted: ServingStatus) -> Result<()> {
    let channel = client::channel(suite.address()).await?;
    patience::until(&format!("{wanted:?}"), || {
        let mut health = HealthClient::new(channel.clone());
        async move {
            let service = "unionhall.registry.v1.AreaService".to_owned();
            let status = health.check(HealthCheckRequest { service }).await.ok()?.into_inner();
            (status.status() == wanted).then_some(())
        }
    })
    .await
    .with_context(|| suite.logs())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_is_away_is_told_and_found_again() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::Split).await?;
    let clients = suite.connect().await?;
    let link = suite.link().context("a split suite has a link")?;
    clients.areas.clone().get_area(area()).await?;
    for _ in 0..3 {
        link.cut();
        let answer = patience::until("a refusal", || async {
            clients.areas.clone().get_area(area()).await.err()
        })
        .await?;
        let status = refused(Err::<(), _>(answer), Code::Unavailable, "UPSTREAM_UNAVAILABLE")?;
        ensure!(status.get_details_retry_info().is_some(), "{status:?}");
        until_health(&suite, ServingStatus::NotServing).await?;
        link.heal();
        patience::until("an answer", || async {
            clients.areas.clone().get_area(area()).await.ok()
        })
        .await?;
        until_health(&suite, ServingStatus::Serving).await?;
    }
    unharmed(&suite)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_was_killed_comes_back() -> Result<()> {
    let mut suite = Suite::start(Engine::Sqlite, Layout::Split).await?;
    let clients = suite.connect().await?;
    let create = |number| CreateEmployerRequest {
        employer: Some(samples::employer(number)),
        ..CreateEmployerRequest::default()
    };
    let made = clients.employers.clone().create_employer(create(1)).await?.into_inner();
    suite.kill_register().await?;
    // A write is not repeated by the gateway without an id that makes it safe.
    let answer = clients.employers.clone().create_employer(create(2)).await;
    refused(answer, Code::Unavailable, "UPSTREAM_UNAVAILABLE")?;
    until_health(&suite, ServingStatus::NotServing).await?;
    suite.start_register_again().await?;
    until_health(&suite, ServingStatus::Serving).await?;
    // The gateway and its connections are the same; the token is still good.
    let request = GetEmployerRequest { name: made.name.clone(), day: None };
    let read = clients.employers.clone().get_employer(request).await?.into_inner();
    ensure!(read == made, "{read:?}");
    unharmed(&suite)
}

/// A call that has 300 ms. By hand: a client library would keep the time itself.
async fn hurried(suite: &Suite, method: &str, message: Bytes) -> Result<Answer> {
    let wire = Wire::connect(suite.address(), suite.token()).await?;
    let mut head = wire.head(method)?;
    head.headers_mut().insert("grpc-timeout", "300m".parse()?);
    wire.send(head, message).await
}

on_both_layouts!(a_deadline_is_kept);

async fn a_deadline_is_kept(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    // A long poll would wait for twenty seconds; the caller will not.
    let wait = Some(prost_types::Duration { seconds: 20, nanos: 0 });
    let mut list =
        unionhall_proto::common::v1::ListChangesRequest { page_size: 5_000, ..Default::default() };
    loop {
        let page = clients.changes.clone().list_changes(list.clone()).await?.into_inner();
        list.cursor = page.next_cursor;
        if page.changes.is_empty() {
            break;
        }
    }
    list.wait = wait;
    let method = "unionhall.registry.v1.ChangeFeed/ListChanges";
    let answer = hurried(&suite, method, framed(&list.encode_to_vec())).await?;
    if answer.code() != Some(0) {
        let status = answer.status().context("no status")?;
        refused(Err::<(), _>(status), Code::DeadlineExceeded, "DEADLINE_EXCEEDED")?;
    }
    unharmed(&suite)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_register_that_stalls_meets_the_deadline() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::Split).await?;
    let clients = suite.connect().await?;
    clients.areas.clone().get_area(area()).await?;
    let link = suite.link().context("a split suite has a link")?;
    link.hold();
    let method = "unionhall.registry.v1.AreaService/GetArea";
    let answer = hurried(&suite, method, framed(&area().encode_to_vec())).await?;
    let status = answer.status().context("no status")?;
    refused(Err::<(), _>(status), Code::DeadlineExceeded, "DEADLINE_EXCEEDED")?;
    link.heal();
    patience::until("an answer", || async { clients.areas.clone().get_area(area()).await.ok() })
        .await?;
    unharmed(&suite)
}
