//! Aggregated health and reflection, and the end of streams when the gateway stops.

use tokio_stream::StreamExt;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{v1, v1alpha};
use unionhall_gateway::{Builder, Upstream};
use unionhall_kit::{config::ServerConfig, server::Server};

use crate::{
    house::{BOTH, Front, Host, House, Place, gateway, ids, remote, upstream, within},
    toy::{Toy, message},
};

async fn channel(front: &Front) -> Channel {
    Endpoint::from_shared(format!("http://{}", front.address)).unwrap().connect().await.unwrap()
}

/// Waits until the front says so of the service.
async fn until(front: &Front, service: &str, expected: ServingStatus) {
    let request = HealthCheckRequest { service: service.into() };
    let mut client = HealthClient::new(channel(front).await);
    let mut changes = client.watch(request).await.unwrap().into_inner();
    while within(changes.message()).await.unwrap().unwrap().status() != expected {}
}

async fn check(front: &Front, service: &str) -> ServingStatus {
    let request = HealthCheckRequest { service: service.into() };
    HealthClient::new(channel(front).await).check(request).await.unwrap().into_inner().status()
}

#[tokio::test]
async fn health_follows_a_remote_upstream_and_readiness_does_not() {
    let address = Host::serve(Toy::default().service()).await.kill().await;
    let front = Front::open(&gateway(Upstream::Remote(remote(address)))).await;
    for (asked, expected) in [
        ("", ServingStatus::NotServing),
        ("toy.v1.Toys", ServingStatus::NotServing),
        ("readiness", ServingStatus::Serving),
        ("liveness", ServingStatus::Serving),
    ] {
        assert_eq!(check(&front, asked).await, expected, "{asked}");
    }
    let (local, _) = upstream(Place::Local, &Toy::default()).await;
    let ready = Server::new(ServerConfig::default(), ids())
        .register(gateway(local).registered())
        .build()
        .unwrap();
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let shutdown = tokio_util::sync::CancellationToken::new();
    let serving = tokio::spawn(ready.serve(listener, shutdown.clone()));
    until(&front, "toy.v1.Toys", ServingStatus::Serving).await;
    until(&front, "", ServingStatus::Serving).await;
    shutdown.cancel();
    until(&front, "toy.v1.Toys", ServingStatus::NotServing).await;
    within(serving).await.unwrap();
}

#[tokio::test]
async fn reflection_shows_routed_services_in_both_versions() {
    let (local, _) = upstream(Place::Local, &Toy::default()).await;
    let builder = Builder::new(unionhall_proto::DESCRIPTOR_SET).unwrap();
    let gateway = builder.route("unionhall.registry.v1", local).unwrap().build();
    let front = Front::open(&gateway).await;

    let ask = |request| v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    };
    use v1::server_reflection_request::MessageRequest as Ask;
    use v1::server_reflection_response::MessageResponse as Told;
    let asked = tokio_stream::iter([
        ask(Ask::ListServices(String::new())),
        ask(Ask::FileContainingSymbol("unionhall.registry.v1.EmployerService".into())),
    ]);
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(channel(&front).await);
    let answers = client.server_reflection_info(asked).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().message_response).collect().await;
    let Some(Told::ListServicesResponse(listed)) = &answers[0] else { panic!("{answers:?}") };
    let names: Vec<_> = listed.service.iter().map(|service| service.name.as_str()).collect();
    assert!(names.contains(&"unionhall.registry.v1.EmployerService"), "{names:?}");
    assert!(names.contains(&"grpc.health.v1.Health"), "{names:?}");
    assert!(matches!(&answers[1], Some(Told::FileDescriptorResponse(_))), "{answers:?}");

    let alpha = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel(&front).await);
    let answers = client.server_reflection_info(tokio_stream::iter([alpha])).await.unwrap();
    assert!(answers.into_inner().next().await.unwrap().is_ok());
}

#[tokio::test]
async fn streams_are_told_when_the_gateway_stops() {
    for place in BOTH {
        let house = House::new(place).await;
        let (response, mut upload) = house.client.open("toy.v1.Toys/Chat", &[]);
        upload.send_data(message(b"hello"), false).unwrap();
        let mut answers = response.await.unwrap().into_body();
        assert_eq!(answers.data().await.unwrap().unwrap(), message(b"hello"));
        house.front.shutdown.cancel();
        assert!(within(answers.data()).await.is_none());
        let trailers = answers.trailers().await.unwrap().unwrap();
        assert_eq!(trailers["grpc-status"], "14", "{place:?}");
        let status = tonic::Status::from_header_map(&trailers).unwrap();
        let details = tonic_types::StatusExt::get_error_details(&status);
        assert_eq!(details.error_info().unwrap().reason, "SHUTTING_DOWN");
        drop((answers, upload));
        let drained = within(house.front.served).await.unwrap();
        // In process the toy is told by its drain token, which it does not heed.
        assert_eq!(drained.is_clean(), matches!(place, Place::Remote));
    }
}
