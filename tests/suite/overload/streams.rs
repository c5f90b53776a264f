//! Streams have places of their own.

use anyhow::Result;
use tokio::task::JoinSet;
use tonic::Code;
use unionhall_proto::common::v1::UploadImportRequest;
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    imports::Upload,
    on_both_layouts, patience,
    policy::{Policy, UNBOUNDED},
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Plan},
};

use super::area;

/// Uploads a file whose bytes never come; begins again where it was shed itself.
async fn hold(clients: Clients) {
    loop {
        let silence = tokio_stream::pending::<UploadImportRequest>();
        let _ = clients.imports.clone().upload_import(silence).await;
    }
}

on_both_layouts!(streams_have_their_places_too);

/// Streams beyond the house's places are shed, and unary calls go on.
async fn streams_have_their_places_too(layout: Layout) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let plan = Plan::new(Engine::Sqlite, layout).policy(policy);
    let suite = plan.variable("UNIONHALL__SERVER__LIMITS__STREAM_SLOTS", "2").start().await?;
    let clients = suite.connect().await?;
    let mut uploads = JoinSet::new();
    for _ in 0..2 {
        uploads.spawn(hold(clients.clone()));
    }
    let upload = Upload::employers("rows.csv", samples::csv(1..3));
    let refusal = patience::until("the streams to fill the house", || async {
        upload.send(&clients).await.err()
    })
    .await?;
    refused(Err::<(), _>(refusal), Code::ResourceExhausted, "OVERLOADED")?;
    clients.areas.clone().get_area(area()).await?;
    uploads.shutdown().await;
    patience::until("a stream's place to be free", || async { upload.send(&clients).await.ok() })
        .await?;
    unharmed(&suite)
}
