//! Connections that ask for too much at once, or say nothing.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use unionhall_proto::registry::v1::GetAreaRequest;
use unionhall_tests::{
    client,
    engine::Engine,
    faults::signal::resident_bytes,
    on_both_layouts, patience,
    refusals::unharmed,
    suite::{Layout, Plan, Suite},
};

const STREAMS: u32 = 20_000;
/// Streams that one connection may have open (`server.limits.max_streams_per_connection`).
const ALLOWED: usize = 128;
const GROWTH: u64 = 32 * 1024 * 1024;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const GOAWAY: u8 = 7;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> BytesMut {
    let mut frame = BytesMut::new();
    frame.put_uint(payload.len() as u64, 3);
    frame.put_u8(kind);
    frame.put_u8(flags);
    frame.put_u32(stream);
    frame.put_slice(payload);
    frame
}

/// The head of a call that goes on for ever: an upload whose bytes never come.
fn head(address: SocketAddr, token: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let mut field = |name: &[u8], value: &[u8]| {
        // HPACK: a literal field without indexing, both parts as they are.
        block.push(0);
        for part in [name, value] {
            integer(part.len(), &mut block);
            block.extend_from_slice(part);
        }
    };
    field(b":path", b"/unionhall.registry.v1.ImportService/UploadImport");
    field(b":authority", address.to_string().as_bytes());
    field(b"content-type", b"application/grpc");
    field(b"te", b"trailers");
    field(b"authorization", format!("Bearer {token}").as_bytes());
    block
}

/// HPACK's integers with a prefix of seven bits (RFC 7541, section 5.1).
fn integer(value: usize, block: &mut Vec<u8>) {
    if value < 127 {
        block.push(u8::try_from(value).unwrap());
        return;
    }
    block.push(127);
    let mut rest = value - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
}

/// What a server said to a flood of streams.
#[derive(Debug, Default)]
struct Said {
    refused: usize,
    otherwise: usize,
    goodbye: bool,
}

async fn listen(mut stream: impl AsyncReadExt + Unpin) -> Said {
    let mut said = Said::default();
    let mut head = [0; 9];
    // The server hangs up when it has had enough.
    while stream.read_exact(&mut head).await.is_ok() {
        let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
        let mut payload = vec![0; length];
        if stream.read_exact(&mut payload).await.is_err() {
            break;
        }
        match head[3] {
            RESET if payload.ends_with(&REFUSED_STREAM.to_be_bytes()) => said.refused += 1,
            RESET | HEADERS => said.otherwise += 1,
            GOAWAY => said.goodbye = true,
            _ => {}
        }
    }
    said
}

fn resident(suite: &Suite) -> u64 {
    suite.processes().iter().filter_map(|process| resident_bytes(process.id())).sum()
}

on_both_layouts!(twenty_thousand_streams_on_one_connection);

async fn twenty_thousand_streams_on_one_connection(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let request = GetAreaRequest { name: "areas/110102".into(), day: None };
    clients.areas.clone().get_area(request.clone()).await?;
    let before = resident(&suite);

    let (reading, mut writing) = TcpStream::connect(suite.address()).await?.into_split();
    let said = tokio::spawn(listen(reading));
    writing.write_all(PREFACE).await?;
    writing.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let block = head(suite.address(), suite.token());
    let mut sent = 0;
    for number in 0..STREAMS {
        let headers = frame(HEADERS, END_HEADERS, 2 * number + 1, &block);
        if writing.write_all(&headers).await.is_err() {
            break;
        }
        sent += 1;
        if number % 500 == 0 {
            // Others are served meanwhile.
            clients.areas.clone().get_area(request.clone()).await?;
        }
    }
    let growth = resident(&suite).saturating_sub(before);
    drop(writing);
    let said = patience::within("the end of the connection", said).await??;
    ensure!(sent > ALLOWED && said.refused > 0, "{sent} sent: {said:?}");
    ensure!(said.otherwise <= ALLOWED, "{sent} sent: {said:?}");
    ensure!(said.goodbye || said.refused + ALLOWED >= sent, "{sent} sent: {said:?}");
    ensure!(growth <= GROWTH, "{growth} bytes of growth");
    clients.areas.clone().get_area(request).await?;
    unharmed(&suite)
}

on_both_layouts!(many_calls_on_one_connection_are_all_answered);

/// A polite client waits for a place; none of its calls is lost.
async fn many_calls_on_one_connection_are_all_answered(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let channel = client::channel(suite.address()).await?;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..2_000 {
        let mut health = HealthClient::new(channel.clone());
        calls.spawn(async move { health.check(HealthCheckRequest::default()).await });
    }
    let mut answered = 0;
    while let Some(call) = calls.join_next().await {
        call??;
        answered += 1;
    }
    ensure!(answered == 2_000);
    unharmed(&suite)
}

on_both_layouts!(silent_connections_do_not_hold_the_end);

async fn silent_connections_do_not_hold_the_end(layout: Layout) -> Result<()> {
    // A cap that the test would not outlive: only a drain that needs no cap ends in time.
    let cap = patience::LIMIT.as_millis() * 2;
    let plan = Plan::new(Engine::Sqlite, layout);
    let plan = plan.variable("UNIONHALL__SERVER__DRAIN__CAP_MS", cap.to_string());
    let mut suite = plan.start().await?;
    // One that never spoke, one that shook hands, one that had an answer, one with an open stream.
    let mute = TcpStream::connect(suite.address()).await?;
    let mut greeted = TcpStream::connect(suite.address()).await?;
    greeted.write_all(PREFACE).await?;
    greeted.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    let clients = suite.connect().await?;
    let request = GetAreaRequest { name: "areas/11".into(), day: None };
    clients.areas.clone().get_area(request).await?;
    let mut health = HealthClient::new(client::channel(suite.address()).await?);
    let watching = health.watch(HealthCheckRequest::default()).await?.into_inner();

    let ends = suite.stop().await.with_context(|| suite.logs())?;
    ensure!(ends.iter().all(|end| end.code() == Some(0)), "{ends:?}\n{}", suite.logs());
    drop((mute, greeted, clients, watching));
    Ok(())
}
