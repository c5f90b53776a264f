use std::{io::Write, num::NonZeroUsize, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{layer::layer_fn, service_fn};
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::{
    config::{LimitsConfig, LogFormat},
    server::{
        Registered,
        tests::{House, describe},
    },
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE_ID: [u8; 16] = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes();

fn json() -> TelemetryConfig {
    TelemetryConfig { log_format: LogFormat::Json, ..TelemetryConfig::default() }
}

/// A log that a test can read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// While one log alone exists, `tracing` asks only the thread that first reaches a line whether
/// anybody listens; a parallel test without a log would then silence it for all.
fn other_log() -> tracing::Dispatch {
    tracing::Dispatch::new(tracing_subscriber::registry())
}

#[tokio::test]
async fn the_log_line_of_a_call_names_who_and_what_but_no_value() {
    let lines = Lines::default();
    let config = TelemetryConfig { log_filter: "debug,h2=off,hyper=off".into(), ..json() };
    let log = logs::subscriber(&config, None, lines.clone(), false).unwrap();
    let _others = other_log();
    let _heard = tracing::subscriber::set_default(log);
    let authentication = layer_fn(|inner: crate::server::Handlers| {
        service_fn(move |request| {
            record_client("agency-7");
            tower::ServiceExt::oneshot(inner.clone(), request)
        })
    });
    let house = House::with(|_| {}, |server| server.after_admission(authentication)).await;
    let headers = [("x-request-id", "abc"), ("authorization", "hush")];
    house.client().await.call("Echo", &headers).await.unwrap();
    house.stop().await;
    let text = String::from_utf8(lines.0.lock().clone()).unwrap();
    let line = text.lines().find(|line| line.contains("\"answered\"")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["code"], "OK");
    assert_eq!(line["span"]["request_id"], "abc");
    assert_eq!(line["span"]["client"], "agency-7");
    assert!(line["span"]["rpc.method"].as_str().unwrap().ends_with("/Echo"));
    assert!(line["micros"].is_u64());
    assert!(!text.contains("hush"));
}

#[tokio::test]
async fn metrics_count_calls_by_method_and_code_and_what_was_shed() {
    let telemetry = Arc::new(Telemetry::build(&TelemetryConfig::default(), "test").unwrap());
    let meter = telemetry.meter();
    let house = House::with(
        |config| {
            config.limits = LimitsConfig {
                work_slots: NonZeroUsize::MIN,
                work_queue: 0,
                ..LimitsConfig::default()
            };
        },
        |server| server.meter(&meter),
    )
    .await;
    let client = house.client().await;
    client.call("Echo", &[]).await.unwrap();
    client.call("Absent", &[]).await.unwrap();
    let inside = tokio::spawn(client.call("Hang", &[]));
    house.seen.arrivals(2).await;
    client.call("Echo", &[]).await.unwrap();

    let text = scrape(telemetry.clone(), "/metrics").await;
    let has = |parts: &[&str]| text.lines().any(|line| parts.iter().all(|p| line.contains(p)));
    let count = "rpc_server_call_duration_seconds_count";
    assert!(has(&[count, "TestService/Echo", "\"OK\"", "} 1"]), "{text}");
    assert!(has(&[count, "TestService/Echo", "\"RESOURCE_EXHAUSTED\"", "} 1"]), "{text}");
    assert!(has(&[count, "unknown/unknown", "\"UNIMPLEMENTED\"", "} 1"]), "{text}");
    assert!(has(&["rpc_server_calls_open", "} 1"]), "{text}");
    assert!(has(&["rpc_server_shed_total", "queue_full", "} 1"]), "{text}");
    assert!(has(&["process_memory_usage_bytes"]), "{text}");
    assert!(!text.contains("Absent"), "a caller must not make label values");
    inside.abort();
}

#[tokio::test]
async fn the_admin_port_says_that_the_process_lives() {
    let telemetry = Telemetry::build(&TelemetryConfig::default(), "test").unwrap();
    assert_eq!(scrape(Arc::new(telemetry), "/healthz").await, "ok\n");
}

async fn scrape(telemetry: Arc<Telemetry>, path: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}{path}", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let admin = tokio::spawn(serve_admin(listener, telemetry, stop.clone()));
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(uri.parse().unwrap()).await.unwrap();
    assert!(answer.status().is_success());
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    stop.cancel();
    admin.await.unwrap().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_and_metrics_reach_the_collector_at_the_flush() {
    let received = Lines::default();
    let collector = House::serving(collectors(received.clone())).await;
    let endpoint = Some(format!("http://{}", collector.address));
    let config = TelemetryConfig { otlp_endpoint: endpoint, ..json() };
    let telemetry = Telemetry::build(&config, "test").unwrap();
    let log = logs::subscriber(&config, telemetry.tracers.as_ref(), std::io::sink, false).unwrap();
    let _others = other_log();
    tracing::subscriber::with_default(log, || {
        let headers =
            HeaderMap::from_iter([("traceparent".parse().unwrap(), PARENT.parse().unwrap())]);
        let span = call_span("/unionhall.test.v1.TestService/Echo", "abc", &headers);
        let _entered = span.enter();
        let mut onward = HeaderMap::new();
        inject_context(&mut onward);
        let onward = onward["traceparent"].to_str().unwrap();
        assert_eq!(onward[..36], PARENT[..36], "the trace goes on");
        assert_ne!(onward, PARENT, "the parent is our span");
    });
    telemetry.flush().await;
    let bytes = received.0.lock().clone();
    assert!(bytes.windows(16).any(|window| window == TRACE_ID), "no span arrived");
    assert!(bytes.windows(20).any(|window| window == b"process.memory.usage"), "no metric arrived");
}

#[tokio::test]
async fn an_exporter_without_collector_does_not_hold_the_exit() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let config = TelemetryConfig { otlp_endpoint: Some(endpoint), ..json() };
    Telemetry::build(&config, "test").unwrap().flush().await;
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named() {
    let config = TelemetryConfig { otlp_endpoint: Some("no such thing".into()), ..json() };
    let refusal = Telemetry::build(&config, "test").err().unwrap();
    assert!(refusal.to_string().contains("no such thing"));
    let config = TelemetryConfig { log_filter: "rpc=loudest".into(), ..json() };
    let refusal = logs::subscriber(&config, None, std::io::sink, false).err().unwrap();
    assert!(refusal.to_string().contains("rpc=loudest"));
}

/// OTLP's two collector services, which keep every byte that they receive.
fn collectors(received: Lines) -> Registered {
    let handler = service_fn(move |request: Request<Body>| {
        let received = received.clone();
        async move {
            let bytes = request.into_body().collect().await.unwrap().to_bytes();
            received.0.lock().extend_from_slice(&bytes);
            let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), 0.into())]);
            let frames = [
                Ok::<_, tonic::Status>(http_body::Frame::data(Bytes::from_static(&[0; 5]))),
                Ok(http_body::Frame::trailers(trailers)),
            ];
            let mut answer = Response::new(Body::new(StreamBody::new(tokio_stream::iter(frames))));
            answer.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
            Ok(answer)
        }
    });
    let services = [
        "opentelemetry.proto.collector.trace.v1.TraceService",
        "opentelemetry.proto.collector.metrics.v1.MetricsService",
    ];
    let described = Registered::new(describe(&services, &[("Export", false)]));
    services.iter().fold(described, |all, service| all.named(service, handler.clone()))
}
