use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Status};
use tower::{ServiceExt, service_fn};
use tracing::{Instrument, span};
use tracing_subscriber::layer::{Context as LogContext, SubscriberExt};

use super::*;
use crate::{
    access::{ClientEntry, ScopeSource, testing::Rig},
    fault::Reason,
    reasons,
};

const GET: &str = "/unionhall.registry.v1.EmployerService/GetEmployer";
const WATCH: &str = "/unionhall.registry.v1.EmployerService/WatchEmployers";
const CLOSE: &str = "/unionhall.registry.v1.EmployerService/CloseEmployer";
const PING: &str = "/unionhall.registry.v1.EmployerService/Ping";

/// Remembers every denial.
#[derive(Default)]
struct Book(Mutex<Vec<Denial>>);

impl DenialSink for Book {
    fn denied(&self, denial: Denial) {
        self.0.lock().push(denial);
    }
}

fn table() -> Arc<MethodTable> {
    let method = |path: &str, permission: Option<&str>| MethodAccess {
        path: path.to_owned(),
        permission: permission.map(str::to_owned),
        scope: ScopeSource::None,
        client_streaming: false,
        server_streaming: path == WATCH,
    };
    let read = Some("registry.employers.read");
    let methods = [
        method(GET, read),
        method(WATCH, read),
        method(CLOSE, Some("registry.employers.close")),
        method(PING, None),
    ];
    Arc::new(methods.into_iter().collect())
}

struct House {
    rig: Rig,
    book: Arc<Book>,
    layer: AuthenticateLayer,
}

impl House {
    fn new() -> Self {
        let rig = Rig::new();
        let book = Arc::new(Book::default());
        let layer = AuthenticateLayer::new(table(), Arc::clone(&rig.verifier), book.clone());
        Self { rig, book, layer }
    }

    fn request(&self, path: &str) -> Request<()> {
        let token = self.rig.token("tax-office");
        Request::builder()
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .body(())
            .unwrap()
    }

    /// What the handler saw, or the status with which it was not reached.
    async fn call(&self, request: Request<()>) -> Result<Request<()>, Status> {
        let seen = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&seen);
        let handler = service_fn(move |request: Request<()>| {
            *keep.lock() = Some(request);
            std::future::ready(Ok(Response::new(Body::empty())))
        });
        let answer = self.layer.layer(handler).oneshot(request).await.unwrap();
        match seen.lock().take() {
            Some(request) => Ok(request),
            None => Err(Status::from_header_map(answer.headers()).unwrap()),
        }
    }

    fn denials(&self) -> Vec<(Option<String>, String, String)> {
        let entry = |denial: &Denial| {
            let client = denial.client.as_ref().map(ToString::to_string);
            (client, denial.method.clone(), denial.reason.to_string())
        };
        self.book.0.lock().iter().map(entry).collect()
    }
}

#[tokio::test]
async fn the_handler_learns_who_calls_what() {
    let house = House::new();
    let seen = house.call(house.request(GET)).await.unwrap();
    let caller = seen.extensions().get::<Caller>().unwrap();
    assert_eq!(caller.client.as_str(), "tax-office");
    assert_eq!(seen.extensions().get::<Arc<MethodAccess>>().unwrap().path, GET);
    assert!(house.denials().is_empty());
}

/// Counts what is added to spans.
struct Records(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Records {
    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: LogContext<'_, S>) {
        self.0.lock().push(format!("{values:?}"));
    }
}

#[tokio::test]
async fn a_call_through_two_doors_of_one_process_names_its_client_once() {
    let records = Arc::new(Mutex::new(Vec::new()));
    let log = tracing_subscriber::registry().with(Records(Arc::clone(&records)));
    // A single log would be asked once, by whichever thread comes first, whether it listens.
    let _other = tracing::Dispatch::new(tracing_subscriber::registry());
    let _heard = tracing::subscriber::set_default(log);
    let house = House::new();
    let handler = service_fn(|_: Request<()>| std::future::ready(Ok(Response::new(Body::empty()))));
    let doors = house.layer.layer(house.layer.layer(handler));
    let span = telemetry::call_span(GET, "abc", &HeaderMap::new());
    doors.oneshot(house.request(GET)).instrument(span).await.unwrap();
    let records = records.lock();
    let clients = records.iter().filter(|record| record.contains("tax-office"));
    assert_eq!(clients.count(), 1, "{records:?}");
}

#[tokio::test]
async fn a_call_without_one_good_token_is_not_let_in() {
    let house = House::new();
    let token = house.rig.token("tax-office");
    let cases: [&[String]; 7] = [
        &[],
        std::slice::from_ref(&token),
        &[format!("Basic {token}")],
        &[format!("Bearer  {token}")],
        &[format!("Bearer {token} ")],
        &["Bearer".to_owned()],
        &[format!("Bearer {token}"), format!("Bearer {token}")],
    ];
    for values in cases {
        let mut request = Request::builder().uri(GET);
        for value in values {
            request = request.header("authorization", value);
        }
        let status = house.call(request.body(()).unwrap()).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{values:?}");
        assert_eq!(status.details(), unauthenticated().to_status().details());
    }
    assert_eq!(house.denials()[0], (None, GET.to_owned(), "UNAUTHENTICATED".to_owned()));
    assert_eq!(house.denials().len(), cases.len());
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let house = House::new();
    let value = format!("bearer {}", house.rig.token("tax-office"));
    let request = Request::builder().uri(GET).header("authorization", value).body(()).unwrap();
    assert!(house.call(request).await.is_ok());
}

#[tokio::test]
async fn a_missing_permission_is_denied_and_counted() {
    let house = House::new();
    let status = house.call(house.request(CLOSE)).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(status.message().contains("registry.employers.close"));
    let expected =
        (Some("tax-office".to_owned()), CLOSE.to_owned(), "PERMISSION_DENIED".to_owned());
    assert_eq!(house.denials(), [expected]);
}

#[tokio::test]
async fn an_unknown_method_needs_a_token_and_then_passes() {
    let house = House::new();
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert!(house.call(house.request(path)).await.is_ok());
    let bare = Request::builder().uri(path).body(()).unwrap();
    assert_eq!(house.call(bare).await.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(house.denials(), [(None, "unknown".to_owned(), "UNAUTHENTICATED".to_owned())]);
}

#[tokio::test]
async fn a_public_method_has_no_caller() {
    let house = House::new();
    let seen = house.call(house.request(PING)).await.unwrap();
    assert!(seen.extensions().get::<Caller>().is_none());
}

#[tokio::test]
async fn claimed_identities_are_dropped() {
    let house = House::new();
    for path in [GET, PING] {
        let mut request = house.request(path);
        for name in ["x-unionhall-client", "x-unionhall-scope", "x-request-id"] {
            request.headers_mut().insert(name, "administrator".parse().unwrap());
        }
        let seen = house.call(request).await.unwrap();
        let names: Vec<_> = seen.headers().keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["authorization", "x-request-id"]);
    }
}

#[tokio::test]
async fn a_stale_policy_lets_nobody_in() {
    let house = House::new();
    let request = house.request(GET);
    house.rig.clock.advance(chrono::TimeDelta::seconds(6));
    assert_eq!(house.call(request).await.unwrap_err().code(), Code::Unavailable);
}

/// An open stream: what the handler sends into, and what the client reads from.
async fn open_stream(house: &House) -> (mpsc::Sender<Bytes>, Body) {
    let (sender, receiver) = mpsc::channel(4);
    let receiver = Mutex::new(Some(receiver));
    let handler = service_fn(move |_: Request<()>| {
        let frames = ReceiverStream::new(receiver.lock().take().unwrap())
            .map(|bytes| Ok::<_, Status>(http_body::Frame::data(bytes)));
        let body = Body::new(http_body_util::StreamBody::new(frames));
        std::future::ready(Ok(Response::new(body)))
    });
    let answer = house.layer.layer(handler).oneshot(house.request(WATCH)).await.unwrap();
    assert!(answer.headers().get("grpc-status").is_none(), "it was let in");
    (sender, answer.into_body())
}

/// How the stream ended, the time it took and whether the handler noticed.
async fn end(mut body: Body, sender: &mpsc::Sender<Bytes>) -> (Status, Duration) {
    let begun = tokio::time::Instant::now();
    let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
    let frame = frame.expect("the stream goes on").unwrap().unwrap();
    let status = Status::from_header_map(frame.trailers_ref().unwrap()).unwrap();
    assert!(sender.is_closed(), "the handler's side is let go");
    assert!(body.frame().await.is_none());
    (status, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_stream_goes_on_while_its_caller_may_see_it() {
    let house = House::new();
    let (sender, mut body) = open_stream(&house).await;
    for second in 0..10_u8 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        house.rig.wait(1);
        sender.send(Bytes::from(vec![second])).await.unwrap();
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), vec![second]);
    }
    drop(sender);
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_within_a_second_of_its_right() {
    type Change = fn(&mut ClientEntry);
    let cases: [(Change, &Reason); 4] = [
        (|client| client.roles.clear(), &reasons::PERMISSION_DENIED),
        (|client| client.area.clear(), &reasons::SCOPE_CHANGED),
        (|client| client.max_token_minutes = 1, &reasons::UNAUTHENTICATED),
        (|client| client.id = ClientId::parse("other").unwrap(), &reasons::UNAUTHENTICATED),
    ];
    for (change, reason) in cases {
        let house = House::new();
        let (sender, body) = open_stream(&house).await;
        house.rig.change_policy(change);
        let (status, took) = end(body, &sender).await;
        assert_eq!(status.code(), reason.code);
        assert!(took <= Duration::from_millis(1001), "{took:?}");
        let denied = (Some("tax-office".to_owned()), WATCH.to_owned(), reason.name.to_owned());
        assert_eq!(house.denials(), [denied]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_stream_ends_too() {
    let house = House::new();
    let (sender, mut body) = open_stream(&house).await;
    house.rig.change_policy(|client| client.roles.clear());
    sender.send(Bytes::from_static(b"before")).await.unwrap();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    tokio::time::advance(Duration::from_secs(1)).await;
    sender.send(Bytes::from_static(b"after")).await.unwrap();
    let (status, _) = end(body, &sender).await;
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_token_and_with_its_policy() {
    let house = House::new();
    let (sender, body) = open_stream(&house).await;
    house.rig.wait(960);
    assert_eq!(end(body, &sender).await.0.code(), Code::Unauthenticated);

    let house = House::new();
    let (sender, body) = open_stream(&house).await;
    house.rig.clock.advance(chrono::TimeDelta::seconds(6));
    assert_eq!(end(body, &sender).await.0.code(), Code::Unavailable);
}

/// A handler that refuses, in its head or, where it streams, after all.
fn refusing(
    streams: bool,
) -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future: Send + 'static>
+ Clone {
    service_fn(move |_: Request<()>| {
        let status = Fault::new(&reasons::OUT_OF_SCOPE).with("node", "110101").to_status();
        let answer = if streams {
            let mut trailers = HeaderMap::new();
            status.add_header(&mut trailers).unwrap();
            let frames =
                [http_body::Frame::data(Bytes::new()), http_body::Frame::trailers(trailers)];
            let frames = tokio_stream::iter(frames.map(Ok::<_, Status>));
            Response::new(Body::new(http_body_util::StreamBody::new(frames)))
        } else {
            status.into_http()
        };
        std::future::ready(Ok(answer))
    })
}

#[tokio::test]
async fn what_a_handler_refuses_is_counted_once_behind_any_number_of_doors() {
    for (path, streams) in [(GET, false), (WATCH, false), (WATCH, true)] {
        let house = House::new();
        let outer = AuthenticateLayer::before_another(
            table(),
            Arc::clone(&house.rig.verifier),
            house.book.clone(),
        );
        let doors = outer.layer(house.layer.layer(refusing(streams)));
        let answer = doors.oneshot(house.request(path)).await.unwrap();
        answer.into_body().collect().await.unwrap();
        let denied = (Some("tax-office".to_owned()), path.to_owned(), "OUT_OF_SCOPE".to_owned());
        assert_eq!(house.denials(), [denied], "{path} {streams}");
    }
}

#[tokio::test]
async fn other_failures_of_a_handler_are_no_denials() {
    let house = House::new();
    let handler = service_fn(|_: Request<()>| {
        let status = Fault::new(&reasons::NOT_FOUND).with("name", "x").to_status();
        std::future::ready(Ok::<_, Infallible>(status.into_http::<Body>()))
    });
    house.layer.layer(handler).oneshot(house.request(GET)).await.unwrap();
    assert!(house.denials().is_empty());
}
