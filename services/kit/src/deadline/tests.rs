use bytes::Bytes;
use http_body_util::BodyExt;
use tonic::{Code, Status};
use tower::{ServiceExt, service_fn};

use super::*;
use crate::access::{MethodAccess, ScopeSource};

const UNARY: &str = "/p.S/Unary";
const STREAM: &str = "/p.S/Stream";
const UPLOAD: &str = "/p.S/Upload";

fn layer() -> DeadlineLayer {
    let method = |path: &str| MethodAccess {
        path: path.to_owned(),
        permission: None,
        scope: ScopeSource::None,
        client_streaming: path == UPLOAD,
        server_streaming: path == STREAM,
    };
    let table: MethodTable = [UNARY, STREAM, UPLOAD].map(method).into_iter().collect();
    DeadlineLayer::new(Arc::new(table), Longest::default())
}

fn request(path: &str, timeout: Option<&str>) -> Request<()> {
    let mut request = Request::builder().uri(path);
    if let Some(timeout) = timeout {
        request = request.header("grpc-timeout", timeout);
    }
    request.body(()).unwrap()
}

/// The time that a handler is given.
async fn given(path: &str, timeout: Option<&str>) -> Duration {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    let handler = service_fn(move |request: Request<()>| {
        let deadline = *request.extensions().get::<Deadline>().unwrap();
        sender.try_send(deadline.remaining()).unwrap();
        std::future::ready(Ok(Response::new(Body::empty())))
    });
    layer().layer(handler).oneshot(request(path, timeout)).await.unwrap();
    receiver.recv().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_call_has_the_time_it_asks_for_up_to_the_longest() {
    let cases = [
        (UNARY, None, 30_000),
        (UNARY, Some("5S"), 5_000),
        (UNARY, Some("1M"), 30_000),
        (UNARY, Some("99999999H"), 30_000),
        (UNARY, Some("250m"), 250),
        (UNARY, Some("9000000u"), 9_000),
        (UNARY, Some("90000000n"), 90),
        (STREAM, None, 1_800_000),
        (STREAM, Some("1H"), 1_800_000),
        (STREAM, Some("10M"), 600_000),
        (UPLOAD, Some("10M"), 600_000),
        ("/p.S/Unknown", None, 30_000),
    ];
    for (path, timeout, millis) in cases {
        assert_eq!(given(path, timeout).await, Duration::from_millis(millis), "{path} {timeout:?}");
    }
    for odd in ["", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "S1", "1 S"] {
        assert_eq!(given(UNARY, Some(odd)).await, Duration::from_secs(30), "{odd}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_handler_is_dropped_and_its_caller_told() {
    let (alive, dropped) = tokio::sync::oneshot::channel::<()>();
    let alive = parking_lot::Mutex::new(Some(alive));
    let handler = service_fn(move |_: Request<()>| {
        let alive = alive.lock().take();
        async move {
            let _alive = alive;
            std::future::pending::<Result<Response<Body>, Infallible>>().await
        }
    });
    let begun = Instant::now();
    let answer = layer().layer(handler).oneshot(request(UNARY, Some("2S"))).await.unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!((2_000..=2_001).contains(&begun.elapsed().as_millis()));
    assert!(dropped.await.is_err(), "the handler is gone");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_nothing_begins_nothing() {
    let begun = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mark = Arc::clone(&begun);
    let handler = service_fn(move |_: Request<()>| {
        let mark = Arc::clone(&mark);
        async move {
            mark.store(true, std::sync::atomic::Ordering::SeqCst);
            Ok(Response::new(Body::empty()))
        }
    });
    let answer = layer().layer(handler).oneshot(request(UNARY, Some("0S"))).await.unwrap();
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert!(!begun.load(std::sync::atomic::Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_at_its_deadline_even_when_busy() {
    let handler = service_fn(|_: Request<()>| {
        let ticks = tokio::time::interval(Duration::from_secs(1));
        let frames = futures::stream::unfold(ticks, |mut ticks| async {
            ticks.tick().await;
            Some((Ok::<_, Status>(http_body::Frame::data(Bytes::from_static(b"x"))), ticks))
        });
        let body = Body::new(http_body_util::StreamBody::new(Box::pin(frames)));
        std::future::ready(Ok(Response::new(body)))
    });
    let begun = Instant::now();
    let answer = layer().layer(handler).oneshot(request(STREAM, Some("4500m"))).await.unwrap();
    let mut body = answer.into_body();
    let mut messages = 0;
    let trailers = loop {
        match body.frame().await.unwrap().unwrap().into_trailers() {
            Ok(trailers) => break trailers,
            Err(_) => messages += 1,
        }
    };
    assert_eq!(messages, 5);
    assert_eq!(Status::from_header_map(&trailers).unwrap().code(), Code::DeadlineExceeded);
    assert!((4_500..=4_501).contains(&begun.elapsed().as_millis()));
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_on_leaves_time_for_our_own_answer() {
    let deadline = Deadline::after(Duration::from_secs(2));
    assert_eq!(deadline.passed_on().unwrap(), "1950m");
    tokio::time::advance(Duration::from_millis(1_950)).await;
    assert_eq!(deadline.passed_on().unwrap_err().reason(), &reasons::DEADLINE_EXCEEDED);
    assert!(!deadline.has_passed());
    tokio::time::advance(Duration::from_millis(50)).await;
    assert!(deadline.has_passed());
    let late = deadline.bound(std::future::ready(())).await.unwrap_err();
    assert_eq!(late.reason(), &reasons::DEADLINE_EXCEEDED);
}
