use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;
use tonic_types::StatusExt;

use super::{
    house::{House, within},
    raw,
};
use crate::server::Drained;

#[tokio::test]
async fn a_call_in_flight_ends_before_the_server_does() {
    let house = House::open(|_| {}).await;
    let client = house.client().await;
    let call = tokio::spawn(client.call("Hang", &[]));
    house.seen.arrivals(1).await;
    house.shutdown.cancel();
    client.call("Echo", &[]).await.ok();
    house.seen.gate.add_permits(1);
    assert_eq!(within(call).await.unwrap().unwrap().status.code(), Code::Ok);
    assert_eq!(house.stopped().await, Drained::default());
}

#[tokio::test]
async fn a_resumable_stream_is_told_and_the_drain_is_clean() {
    let house = House::open(|_| {}).await;
    let call = tokio::spawn(house.client().await.call("Resumable", &[]));
    house.seen.arrivals(1).await;
    assert!(house.stop().await.is_clean());
    let status = within(call).await.unwrap().unwrap().status;
    assert_eq!(status.get_error_details().error_info().unwrap().reason, "SHUTTING_DOWN");
}

#[tokio::test]
async fn calls_that_do_not_end_are_ended_at_the_last_call() {
    let house = House::open(|config| config.drain.cap_ms = 400).await;
    let client = house.client().await;
    let stream = tokio::spawn(client.call("Silent", &[]));
    let unary = tokio::spawn(client.call("Hang", &[]));
    house.seen.arrivals(2).await;
    let drained = house.stop().await;
    assert_eq!(drained.calls_ended, 2);
    assert!(!drained.is_clean());
    for call in [stream, unary] {
        let status = within(call).await.unwrap().unwrap().status;
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(status.get_error_details().error_info().unwrap().reason, "SHUTTING_DOWN");
    }
}

#[tokio::test]
async fn a_stream_that_always_has_more_is_ended_too() {
    let house = House::open(|_| {}).await;
    let call = tokio::spawn(house.client().await.call("Endless", &[]));
    house.seen.arrivals(1).await;
    assert_eq!(house.stop().await.calls_ended, 1);
    assert_eq!(within(call).await.unwrap().unwrap().status.code(), Code::Unavailable);
}

#[tokio::test]
async fn a_reader_that_does_not_read_is_cut_and_counted() {
    let house = House::open(|config| config.drain.cap_ms = 400).await;
    let mut stalled = raw::Attacker::connect(house.address).await;
    stalled.writer.write_all(&raw::open_stream(1, "Endless")).await.unwrap();
    house.seen.arrivals(1).await;
    assert_eq!(house.stop().await, Drained { calls_ended: 1, connections_cut: 1 });
}

#[tokio::test]
async fn silent_and_half_open_connections_do_not_hold_the_exit() {
    let house = House::open(|_| {}).await;
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let mut half_open = TcpStream::connect(house.address).await.unwrap();
    half_open.write_all(raw::PREFACE).await.unwrap();
    let mut mute = raw::Attacker::connect(house.address).await;
    mute.settings_seen().await;
    let drained = house.stop().await;
    assert!(drained.is_clean());
    assert_eq!(drained.connections_cut, 0);
    within(silent.read_to_end(&mut Vec::new())).await.ok();
    within(half_open.read_to_end(&mut Vec::new())).await.ok();
}
