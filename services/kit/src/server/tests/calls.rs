use tokio_stream::StreamExt;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::{v1, v1alpha};
use tonic_types::StatusExt;

use super::house::{House, SERVICE, within};
use crate::server::{HealthRegistry, REQUEST_ID_KEY};

async fn channel(house: &House) -> Channel {
    Channel::from_shared(format!("http://{}", house.address)).unwrap().connect().await.unwrap()
}

#[tokio::test]
async fn a_sane_request_id_goes_round_and_a_missing_one_is_made() {
    let house = House::open(|_| {}).await;
    let client = house.client().await;
    let given = client.call("Echo", &[(REQUEST_ID_KEY, "agency-7")]).await.unwrap();
    assert_eq!(given.headers["seen-request-id"], "agency-7");
    assert_eq!(given.headers[REQUEST_ID_KEY], "agency-7");
    let made = client.call("Echo", &[]).await.unwrap();
    assert_eq!(made.headers[REQUEST_ID_KEY], made.headers["seen-request-id"]);
    assert_eq!(made.headers[REQUEST_ID_KEY].len(), 36);
}

#[tokio::test]
async fn a_panic_becomes_internal_and_the_connection_lives_on() {
    let house = House::open(|_| {}).await;
    let client = house.client().await;
    for method in ["Panic", "Torn"] {
        let answer = client.call(method, &[]).await.unwrap();
        assert_eq!(answer.status.code(), Code::Internal, "{method}");
        assert!(answer.headers.contains_key(REQUEST_ID_KEY));
        assert!(!answer.status.message().contains("as asked"));
    }
    assert_eq!(client.call("Echo", &[]).await.unwrap().status.code(), Code::Ok);
}

#[tokio::test]
async fn an_unknown_method_is_refused_by_name() {
    let house = House::open(|_| {}).await;
    let answer = house.client().await.call("Absent", &[]).await.unwrap();
    assert_eq!(answer.status.code(), Code::Unimplemented);
    let details = answer.status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "UNKNOWN_METHOD");
    assert_eq!(details.error_info().unwrap().metadata["method"], format!("/{SERVICE}/Absent"));
}

#[tokio::test]
async fn health_follows_its_probes_and_answers_without_layers() {
    let registry = HealthRegistry::default();
    let probe = registry.probe("database", &[]);
    let house =
        House::with(|config| config.limits.work_queue = 0, |server| server.health(registry)).await;
    let mut health = HealthClient::new(channel(&house).await);
    let ask = |service: &str| HealthCheckRequest { service: service.to_owned() };
    for (service, expected) in [
        ("", ServingStatus::NotServing),
        (SERVICE, ServingStatus::NotServing),
        ("liveness", ServingStatus::Serving),
    ] {
        let answer = health.check(ask(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), expected, "{service}");
    }
    probe.set(true);
    for service in ["", "readiness", SERVICE, "grpc.health.v1.Health"] {
        let answer = health.check(ask(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(health.check(ask("absent")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn reflection_lists_the_services_in_both_versions() {
    let house = House::open(|_| {}).await;
    let channel = channel(&house).await;

    let ask = v1::ServerReflectionRequest {
        message_request: Some(v1::server_reflection_request::MessageRequest::FileContainingSymbol(
            SERVICE.into(),
        )),
        ..Default::default()
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut answers =
        client.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    let file = within(answers.next()).await.unwrap().unwrap().message_response.unwrap();
    assert!(matches!(
        file,
        v1::server_reflection_response::MessageResponse::FileDescriptorResponse(_)
    ));

    let ask = v1alpha::ServerReflectionRequest {
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
        ..Default::default()
    };
    let mut client =
        v1alpha::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut answers =
        client.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    let list = within(answers.next()).await.unwrap().unwrap().message_response.unwrap();
    let v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list) = list
    else {
        panic!("not a list");
    };
    let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    assert_eq!(names[..2], [SERVICE, "grpc.health.v1.Health"]);
    assert_eq!(names.len(), 4);
}

#[tokio::test]
async fn reflection_can_be_switched_off_and_is_guarded_elsewhere() {
    let closed = House::with(|config| config.listen.reflection = false, |server| server).await;
    assert_eq!(list(&closed).await.unwrap_err().code(), Code::Unimplemented);

    let guarded = House::with(
        |config| config.listen.address = "0.0.0.0:0".parse().unwrap(),
        |server| {
            server.after_admission(tower::layer::layer_fn(|_| {
                tower::service_fn(|_| async {
                    Ok(tonic::Status::unauthenticated("no").into_http())
                })
            }))
        },
    )
    .await;
    assert_eq!(list(&guarded).await.unwrap_err().code(), Code::Unauthenticated);
}

async fn list(house: &House) -> Result<(), tonic::Status> {
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(channel(house).await);
    client.server_reflection_info(tokio_stream::iter([])).await.map(drop)
}
