use std::{collections::HashSet, num::NonZeroUsize, sync::atomic::Ordering};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::{Code, body::Body, transport::Channel};
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};

use super::{
    house::{House, SERVICE, request, within},
    raw::{self, Attacker},
};

const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

#[tokio::test]
async fn twenty_thousand_streams_on_one_connection_are_refused() {
    let house = House::open(|_| {}).await;
    let Attacker { mut reader, mut writer } = Attacker::connect(house.address).await;
    let flood = tokio::spawn(async move {
        for id in (1..40_000).step_by(2) {
            // The server hangs up in between.
            if writer.write_all(&raw::open_stream(id, "Silent")).await.is_err() {
                break;
            }
        }
        writer
    });
    let (mut refused, mut goodbye) = (0_usize, None);
    while let Some(frame) = within(raw::read(&mut reader)).await {
        match frame.kind {
            raw::RST_STREAM => {
                assert_eq!(frame.error(), REFUSED_STREAM);
                refused += 1;
            }
            raw::GOAWAY => goodbye = Some(frame.error()),
            _ => {}
        }
        if refused >= 20_000 - 128 || goodbye.is_some() {
            break;
        }
    }
    assert!(house.seen.calls.load(Ordering::SeqCst) <= 128);
    assert!(refused >= 20_000 - 128 || goodbye == Some(ENHANCE_YOUR_CALM), "{refused}");
    within(flood).await.unwrap();
    let other = house.client().await.call("Echo", &[]).await.unwrap();
    assert_eq!(other.status.code(), Code::Ok);
}

/// Whatever a body is cut off with, it has not come to its end, and its error is none that tonic
/// takes for one.
#[tokio::test]
async fn a_body_that_is_cut_off_is_not_whole() {
    const CUTS: [u32; 4] = [NO_ERROR, CANCEL, REFUSED_STREAM, ENHANCE_YOUR_CALM];
    let house = House::open(|_| {}).await;
    let mut ends = house.seen.ends.subscribe();
    let mut attacker = Attacker::connect(house.address).await;
    for (id, cut) in (1..).step_by(2).zip(CUTS) {
        let pieces = [raw::open_stream(id, "Collect"), raw::data(id, false)];
        attacker.writer.write_all(&pieces.concat()).await.unwrap();
        within(house.seen.arrivals(1)).await;
        attacker.writer.write_all(&raw::reset(id, cut)).await.unwrap();
    }
    within(ends.wait_for(|ends| ends.len() == CUTS.len())).await.unwrap();
    let id = 101;
    let pieces = [raw::open_stream(id, "Collect"), raw::data(id, false)];
    attacker.writer.write_all(&pieces.concat()).await.unwrap();
    within(house.seen.arrivals(1)).await;
    // The whole connection.
    drop(attacker);
    let mut attacker = Attacker::connect(house.address).await;
    let whole = [raw::open_stream(id, "Collect"), raw::data(id, true)];
    attacker.writer.write_all(&whole.concat()).await.unwrap();
    let ends = within(ends.wait_for(|ends| ends.len() == CUTS.len() + 2)).await.unwrap().clone();
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1, "{ends:?}");
    assert!(!ends.contains(&Err(Code::Cancelled)), "{ends:?}");
}

#[tokio::test]
async fn a_connection_that_never_calls_is_closed() {
    let house = House::open(|config| config.limits.handshake_timeout_ms = 50).await;
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut half_open = TcpStream::connect(house.address).await.unwrap();
    half_open.write_all(raw::PREFACE).await.unwrap();
    let idle = house.client().await;
    within(silent.read_to_end(&mut Vec::new())).await.ok();
    within(half_open.read_to_end(&mut Vec::new())).await.ok();
    idle.closed().await;
}

#[tokio::test]
async fn an_aged_connection_ends_and_no_call_is_lost() {
    let house = House::open(|config| config.limits.connection_age_ms = 100).await;
    let mut channel =
        Channel::from_shared(format!("http://{}", house.address)).unwrap().connect_lazy();
    let (mut ports, mut answered) = (HashSet::new(), 0);
    within(async {
        while ports.len() < 3 {
            let call = request::<Body>(&format!("/{SERVICE}/Echo"));
            match channel.ready().await.unwrap().call(call).await {
                Ok(answer) => {
                    assert_eq!(answer.headers()["grpc-status"], "0");
                    ports.insert(answer.headers()["seen-port"].clone());
                    answered += 1;
                }
                // A call that met the good-bye was never sent; the count below proves it.
                Err(error) => assert!(format!("{error:?}").contains("Canceled"), "{error:?}"),
            }
        }
    })
    .await;
    assert_eq!(house.seen.calls.load(Ordering::SeqCst), answered);
}

#[tokio::test]
async fn an_open_stream_outlives_the_age_of_its_connection() {
    let house = House::open(|config| config.limits.connection_age_ms = 50).await;
    let client = house.client().await;
    let call = tokio::spawn(client.call("Resumable", &[]));
    house.seen.arrivals(1).await;
    within(async {
        while !client.is_closed() {
            client.call("Echo", &[]).await.ok();
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(!call.is_finished());
    house.shutdown.cancel();
    assert_eq!(within(call).await.unwrap().unwrap().status.code(), Code::Unavailable);
}

#[tokio::test]
async fn beyond_slots_and_queue_calls_are_shed_with_a_hint() {
    let house = House::open(|config| {
        config.limits.work_slots = NonZeroUsize::MIN;
        config.limits.work_queue = 0;
    })
    .await;
    let client = house.client().await;
    let inside = tokio::spawn(client.call("Hang", &[]));
    house.seen.arrivals(1).await;
    let shed = client.call("Echo", &[]).await.unwrap().status;
    assert_eq!(shed.code(), Code::ResourceExhausted);
    let details = shed.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "OVERLOADED");
    assert!(details.retry_info().unwrap().retry_delay.is_some());
    house.seen.gate.add_permits(1);
    assert_eq!(within(inside).await.unwrap().unwrap().status.code(), Code::Ok);
    assert_eq!(client.call("Echo", &[]).await.unwrap().status.code(), Code::Ok);
}

#[tokio::test]
async fn a_call_waits_its_turn_but_not_for_ever() {
    let house = House::open(|config| {
        config.limits.work_slots = NonZeroUsize::MIN;
        config.limits.work_queue = 1;
        config.limits.work_wait_ms = 50;
    })
    .await;
    let client = house.client().await;
    let inside = tokio::spawn(client.call("Hang", &[]));
    house.seen.arrivals(1).await;
    let waited = client.call("Echo", &[]).await.unwrap().status;
    assert_eq!(waited.get_error_details().error_info().unwrap().reason, "OVERLOADED");
    inside.abort();
}

#[tokio::test]
async fn idle_streams_leave_the_work_slots_alone() {
    let house = House::open(|config| {
        config.limits.work_slots = NonZeroUsize::MIN;
        config.limits.stream_slots = NonZeroUsize::MIN;
    })
    .await;
    let client = house.client().await;
    let stream = tokio::spawn(client.call("Silent", &[]));
    house.seen.arrivals(1).await;
    assert_eq!(client.call("Echo", &[]).await.unwrap().status.code(), Code::Ok);
    let second = client.call("Silent", &[]).await.unwrap().status;
    assert_eq!(second.get_error_details().error_info().unwrap().reason, "OVERLOADED");
    stream.abort();
}

#[tokio::test]
async fn connections_beyond_the_cap_are_closed_at_once() {
    let house = House::open(|config| config.limits.max_connections = NonZeroUsize::MIN).await;
    let first = house.client().await;
    assert_eq!(first.call("Echo", &[]).await.unwrap().status.code(), Code::Ok);
    let mut second = TcpStream::connect(house.address).await.unwrap();
    let mut received = Vec::new();
    within(second.read_to_end(&mut received)).await.ok();
    assert!(received.is_empty());
    assert_eq!(first.call("Echo", &[]).await.unwrap().status.code(), Code::Ok);
}
