//! What the gateway hands on: the caller's ids, its trace, its token and what is left of its time.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use http::{HeaderMap, HeaderValue, Response};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::mpsc;
use tonic::Request;
use unionhall_proto::registry::v1::GetAreaRequest;
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_layouts, patience,
    refusals::unharmed,
    suite::{Layout, Suite, process::Process},
    tools,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn area() -> Request<GetAreaRequest> {
    Request::new(GetAreaRequest { name: "areas/11".into(), day: None })
}

on_both_layouts!(a_request_id_comes_back);

async fn a_request_id_comes_back(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let mut areas = suite.connect().await?.areas;
    let mut request = area();
    request.metadata_mut().insert("x-request-id", "agency-7/42".parse()?);
    let answer = areas.get_area(request).await?;
    ensure!(id(answer.metadata()) == Some("agency-7/42"), "{answer:?}");
    // One is made for whoever brings none, or one that cannot stand in a log.
    let first = areas.get_area(area()).await?;
    let second = areas.get_area(area()).await?;
    let (first, second) = (id(first.metadata()), id(second.metadata()));
    ensure!(first.is_some() && second.is_some() && first != second, "{first:?} {second:?}");
    for odd in ["two words".to_owned(), "x".repeat(200), "a\"b".to_owned()] {
        let mut request = area();
        request.metadata_mut().insert("x-request-id", odd.parse()?);
        let answer = areas.get_area(request).await?;
        ensure!(id(answer.metadata()).is_some_and(|id| id != odd), "{answer:?}");
    }
    // A refusal carries it too, which is when it is needed.
    let mut request = Request::new(GetAreaRequest { name: "areas/99".into(), day: None });
    request.metadata_mut().insert("x-request-id", "agency-7/43".parse()?);
    let status = areas.get_area(request).await.err().context("an area 99")?;
    ensure!(id(status.metadata()) == Some("agency-7/43"), "{status:?}");
    unharmed(&suite)
}

fn id(metadata: &tonic::metadata::MetadataMap) -> Option<&str> {
    metadata.get("x-request-id")?.to_str().ok()
}

/// An upstream that shows what it was called with and answers NOT_FOUND.
async fn upstream() -> Result<(SocketAddr, mpsc::UnboundedReceiver<(String, HeaderMap)>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (seen, calls) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, seen.clone()));
        }
    });
    Ok((address, calls))
}

async fn serve(
    stream: tokio::net::TcpStream,
    seen: mpsc::UnboundedSender<(String, HeaderMap)>,
) -> Result<()> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(call) = connection.accept().await {
        let (request, mut answer) = call?;
        let path = request.uri().path().to_owned();
        // Nobody asks any more once the test has ended.
        let _ = seen.send((path, request.headers().clone()));
        let head = Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "5")
            .body(())?;
        answer.send_response(head, true)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_call_carries_reaches_the_register() -> Result<()> {
    // The register makes keys and policy, which a gateway needs.
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let (address, mut calls) = upstream().await?;
    let mut command = Command::new(tools::unionhall()?);
    command.args(["serve", "gateway", "--listen", "127.0.0.1:0"]);
    command.args(["--registry", &format!("http://{address}")]).arg("--data").arg(suite.data());
    let gateway = Process::start(command, "gateway-before-another")?;
    let clients = Clients::connect(gateway.listening().await?, suite.token()).await?;

    let mut request = area();
    let metadata = request.metadata_mut();
    metadata.insert("x-request-id", "agency-7/42".parse()?);
    metadata.insert("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01").parse()?);
    metadata.insert("grpc-timeout", "9S".parse()?);
    metadata.insert("x-unionhall-caller", "somebody else".parse()?);
    ensure!(clients.areas.clone().get_area(request).await.is_err());
    let call = async {
        // The gateway asks for the register's health of its own accord.
        while let Some((path, headers)) = calls.recv().await {
            if path == "/unionhall.registry.v1.AreaService/GetArea" {
                return Some(headers);
            }
        }
        None
    };
    let headers = patience::within("the call", call).await?.context("no call")?;
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    ensure!(text("x-request-id") == Some("agency-7/42"), "{headers:?}");
    ensure!(text("traceparent").is_some_and(|value| value.contains(TRACE)), "{headers:?}");
    let bearer = format!("Bearer {}", suite.token());
    ensure!(headers.get("authorization") == Some(&HeaderValue::from_str(&bearer)?));
    ensure!(text("x-unionhall-caller").is_none(), "a caller spoke for the suite: {headers:?}");
    let left = text("grpc-timeout").and_then(milliseconds).context("no time is left")?;
    ensure!(left <= 9_000, "{headers:?}");
    Ok(())
}

/// A `grpc-timeout` in milliseconds.
fn milliseconds(value: &str) -> Option<u64> {
    let (number, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "H" => Some(number * 3_600_000),
        "M" => Some(number * 60_000),
        "S" => Some(number * 1_000),
        "m" => Some(number),
        "u" => Some(number / 1_000),
        "n" => Some(number / 1_000_000),
        _ => None,
    }
}
