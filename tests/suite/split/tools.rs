//! What tools see at the front door: reflection in both versions, health, and grpcurl itself.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::json;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::{v1, v1alpha};
use unionhall_tests::{
    client,
    engine::Engine,
    on_both_layouts,
    refusals::unharmed,
    suite::{Layout, Suite},
};

const SERVICES: [&str; 6] = [
    "unionhall.registry.v1.AreaService",
    "unionhall.registry.v1.ChangeFeed",
    "unionhall.registry.v1.EmployerService",
    "unionhall.registry.v1.ImportService",
    "unionhall.registry.v1.Metrics",
    "unionhall.registry.v1.ReferenceService",
];

on_both_layouts!(both_versions_of_reflection_list_the_contract);

async fn both_versions_of_reflection_list_the_contract(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let channel = client::channel(suite.address()).await?;
    let mut one = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let answer = one.server_reflection_info(tokio_stream::iter([request])).await?;
    let answer = answer.into_inner().message().await?.and_then(|one| one.message_response);
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(list)) = answer
    else {
        anyhow::bail!("{answer:?}")
    };
    let newer: BTreeSet<_> = list.service.into_iter().map(|service| service.name).collect();

    let mut two = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let answer = two.server_reflection_info(tokio_stream::iter([request])).await?;
    let answer = answer.into_inner().message().await?.and_then(|one| one.message_response);
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        answer
    else {
        anyhow::bail!("{answer:?}")
    };
    let older: BTreeSet<_> = list.service.into_iter().map(|service| service.name).collect();
    ensure!(newer == older, "{newer:?} {older:?}");
    ensure!(SERVICES.iter().all(|service| newer.contains(*service)), "{newer:?}");
    unharmed(&suite)
}

on_both_layouts!(health_knows_every_service);

async fn health_knows_every_service(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    for service in SERVICES.into_iter().chain([""]) {
        client::until_serving(suite.address(), service).await?;
    }
    let mut health = HealthClient::new(client::channel(suite.address()).await?);
    let unknown = HealthCheckRequest { service: "unionhall.unicorn.v1.Stable".into() };
    let refusal = health.check(unknown).await;
    ensure!(refusal.is_err_and(|status| status.code() == tonic::Code::NotFound));
    unharmed(&suite)
}

on_both_layouts!(grpcurl_lists_describes_and_calls);

async fn grpcurl_lists_describes_and_calls(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let grpcurl = suite.grpcurl();
    let listed = grpcurl.list(None).await?;
    ensure!(SERVICES.iter().all(|service| listed.iter().any(|one| one == service)), "{listed:?}");
    for service in SERVICES {
        let methods = grpcurl.list(Some(service)).await?;
        ensure!(!methods.is_empty(), "{service}");
        for method in methods {
            let output = grpcurl.run(&[], &["describe", &method]).await?;
            ensure!(output.status.success(), "{method}: {}", output.stderr);
            ensure!(output.stdout.contains("google.api.http") || method.ends_with("UploadImport"));
        }
    }
    let describe = ["describe", "unionhall.registry.v1.Employer"];
    let output = grpcurl.run(&["-msg-template"], &describe).await?;
    ensure!(output.status.success() && output.stdout.contains("\"displayName\""), "{output:?}");

    let area = "unionhall.registry.v1.AreaService/GetArea";
    let answer = grpcurl.call(area, &json!({"name": "areas/110102"})).await?;
    let answer = answer.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    ensure!(answer[0]["displayName"] == "西城区", "{answer:?}");
    let refusal = grpcurl.call(area, &json!({"name": "areas/99"})).await?;
    let refusal = refusal.err().map(|refusal| (refusal.code, refusal.details));
    let Some((5, details)) = refusal else { anyhow::bail!("{refusal:?}") };
    ensure!(details.iter().any(|detail| detail["reason"] == "NOT_FOUND"), "{details:?}");
    unharmed(&suite)
}
