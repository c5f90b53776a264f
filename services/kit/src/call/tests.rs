use std::convert::Infallible;

use chrono::DateTime;
use http::Response;
use parking_lot::Mutex;
use tonic::body::Body;
use tower::{Layer, ServiceExt, service_fn};
use unionhall_proto::registry::v1::GetEmployerRequest;

use super::*;
use crate::{
    access::{AuthenticateLayer, ClientId, MethodTable, RateLimitLayer, ScopeSource, testing::Rig},
    deadline::DeadlineLayer,
    path::Scope,
};

const GET: &str = "/unionhall.registry.v1.EmployerService/GetEmployer";

fn method() -> MethodAccess {
    MethodAccess {
        path: GET.to_owned(),
        permission: Some("registry.employers.read".to_owned()),
        scope: ScopeSource::Record,
        client_streaming: false,
        server_streaming: false,
    }
}

fn request<T>(message: T) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    let client = ClientId::parse("tax-office").unwrap();
    let caller = Caller::internal(client, &["*"], Scope::default(), DateTime::UNIX_EPOCH);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::new(method()));
    request
}

#[tokio::test]
async fn a_request_that_passed_no_authentication_is_refused() {
    let refused = Call::accept(tonic::Request::new(())).unwrap_err();
    assert_eq!(refused.reason(), &reasons::UNAUTHENTICATED);
    let mut half = request(());
    half.extensions_mut().remove::<Arc<MethodAccess>>();
    assert_eq!(Call::accept(half).unwrap_err().reason(), &reasons::UNAUTHENTICATED);
    assert!(Call::accept(request(())).is_ok());
}

#[tokio::test]
async fn authentication_comes_before_validation() {
    let bad = || GetEmployerRequest { name: "no name".to_owned(), day: None };
    let stranger = Call::open(tonic::Request::new(bad())).unwrap_err();
    assert_eq!(stranger.reason(), &reasons::UNAUTHENTICATED);
    assert!(stranger.named_violations().is_empty());
    let refused = Call::open(request(bad())).unwrap_err();
    assert_eq!(refused.reason(), &reasons::INVALID_FIELD);
    assert_eq!(refused.named_violations()[0].field, "name");
}

#[tokio::test(start_paused = true)]
async fn a_handler_finds_what_the_layers_left() {
    let rig = Rig::new();
    let table: Arc<MethodTable> = Arc::new([method()].into_iter().collect());
    let seen = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&seen);
    let handler = service_fn(move |request: http::Request<Body>| {
        *keep.lock() = Some(Call::accept(tonic::Request::from_http(request)));
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::empty())))
    });
    let shares = RateLimitLayer::new(Arc::new(()));
    let gate = AuthenticateLayer::new(Arc::clone(&table), Arc::clone(&rig.verifier), Arc::new(()));
    let deadlines = DeadlineLayer::new(table, Longest::default());
    let stack = deadlines.layer(gate.layer(shares.layer(handler)));
    let request = http::Request::builder()
        .uri(GET)
        .header("authorization", format!("Bearer {}", rig.token("tax-office")))
        .header("grpc-timeout", "7S")
        .body(Body::empty())
        .unwrap();
    stack.oneshot(request).await.unwrap();
    let call = seen.lock().take().unwrap().unwrap();
    assert_eq!(call.caller.client.as_str(), "tax-office");
    assert_eq!(call.deadline.remaining().as_secs(), 7);
    assert_eq!(call.method.path, GET);
}

#[test]
fn the_layers_fit_the_server() {
    let rig = Rig::new();
    let table: Arc<MethodTable> =
        Arc::new(MethodTable::from_descriptor_set(unionhall_proto::DESCRIPTOR_SET).unwrap());
    let ids = crate::ids::Ids::new(rig.clock.clone(), Arc::new(crate::ids::SystemRandomness));
    let gate = AuthenticateLayer::new(Arc::clone(&table), Arc::clone(&rig.verifier), Arc::new(()));
    let server = crate::server::Server::new(Default::default(), ids)
        .before_admission(DeadlineLayer::new(table, Longest::default()))
        .after_admission(gate)
        .after_admission(RateLimitLayer::new(Arc::new(())));
    assert!(server.build().is_ok());
}
