//! Upstreams that die, refuse and come back.

use std::time::Duration;

use futures::StreamExt;
use tonic::Code;
use tonic_types::StatusExt;
use unionhall_kit::{config::ServerConfig, fault::Fault, reasons};

use crate::{
    client::{Client, read},
    house::{Front, Host, House, Place, gateway, remote},
    toy::{Mood, Toy, message},
};
use unionhall_gateway::Upstream;

const READ: &str = "toy.v1.Toys/GetEcho";
const WRITE: &str = "toy.v1.Toys/CreateEcho";

fn unavailable() -> Mood {
    let fault = Fault::new(&reasons::STORAGE_UNAVAILABLE).retry_after(Duration::from_millis(60));
    Mood::Fails(fault.to_status())
}

#[tokio::test]
async fn an_unavailable_read_is_tried_again_and_a_write_is_not() {
    let house = House::new(Place::Remote).await;
    house.toy.mood(unavailable());
    assert_eq!(house.client.call(READ, &[], message(b"")).await.code(), Code::Ok);
    assert_eq!(house.toy.calls(), 2);

    house.toy.mood(unavailable());
    let reply = house.client.call(WRITE, &[], message(b"")).await;
    assert_eq!(reply.code(), Code::Unavailable);
    assert!(reply.text().contains("database"), "the upstream's own words: {}", reply.text());
    assert_eq!(house.toy.calls(), 3);
}

#[tokio::test]
async fn a_refusal_that_is_not_unavailable_is_final() {
    let house = House::new(Place::Remote).await;
    house.toy.mood(Mood::Fails(Fault::new(&reasons::CONFLICT).to_status()));
    assert_eq!(house.client.call(READ, &[], message(b"")).await.code(), Code::Aborted);
    assert_eq!(house.toy.calls(), 1);
}

#[tokio::test]
async fn an_upstream_that_dies_amid_a_call_is_retried_for_reads_only() {
    for (method, code, calls) in [(READ, Code::Ok, 2), (WRITE, Code::Unavailable, 1)] {
        let mut house = House::new(Place::Remote).await;
        house.toy.mood(Mood::Hangs);
        let toy = house.toy.clone();
        let host = house.upstream.take().unwrap();
        let restart = tokio::spawn(async move {
            toy.0.begun.notified().await;
            let address = host.kill().await;
            Host::serve_at(address, toy.service()).await
        });
        let reply = house.client.call(method, &[], message(b"again")).await;
        assert_eq!(reply.code(), code, "{method}");
        assert_eq!(house.toy.calls(), calls, "{method}");
        drop(restart.await.unwrap());
    }
}

#[tokio::test]
async fn calls_go_on_after_a_restart_between_them() {
    let mut house = House::new(Place::Remote).await;
    assert_eq!(house.client.call(WRITE, &[], message(b"")).await.code(), Code::Ok);
    let address = house.upstream.take().unwrap().kill().await;
    house.upstream = Some(Host::serve_at(address, house.toy.service()).await);
    // Reads bridge the moment in which the old connection's end is not yet noticed.
    assert_eq!(house.client.call(READ, &[], message(b"")).await.code(), Code::Ok);
    assert_eq!(house.client.call(WRITE, &[], message(b"")).await.code(), Code::Ok);
}

#[tokio::test]
async fn connections_that_come_of_age_take_no_call_with_them() {
    let toy = Toy::default();
    let mut config = ServerConfig::default();
    config.limits.connection_age_ms = 20;
    let local = gateway(Upstream::local(toy.service()));
    let upstream = Front::configured(&local, config, |server| server).await;
    let front = Front::open(&gateway(Upstream::Remote(remote(upstream.address)))).await;
    let client = Client::connect(front.address).await;
    // A stream holds its connection open beyond its age, through every recycling of the others.
    let (response, mut upload) = client.open("toy.v1.Toys/Chat", &[]);
    upload.send_data(message(b"held"), false).unwrap();
    let mut held = response.await.unwrap().into_body();
    assert_eq!(held.data().await.unwrap().unwrap(), message(b"held"));
    for _ in 0..300 {
        assert_eq!(client.call(WRITE, &[], message(b"")).await.code(), Code::Ok);
        let (response, mut upload) = client.open("toy.v1.Toys/Collect", &[]);
        upload.send_data(message(b""), true).unwrap();
        assert_eq!(read(response.await.unwrap()).await.code(), Code::Ok);
    }
    upload.send_data(message(b"still"), true).unwrap();
    assert_eq!(held.data().await.unwrap().unwrap(), message(b"still"));
}

/// A gateway before a port that nobody listens on.
async fn before_nobody() -> (Client, Front) {
    let nobody = Host::serve(Toy::default().service()).await.kill().await;
    let front = Front::open(&gateway(Upstream::Remote(remote(nobody)))).await;
    (Client::connect(front.address).await, front)
}

#[tokio::test]
async fn an_upstream_that_is_down_is_named_with_a_time_to_return() {
    let (client, _front) = before_nobody().await;
    for method in [READ, WRITE, "toy.v1.Toys/Watch"] {
        let reply = client.call(method, &[], message(b"")).await;
        assert_eq!(reply.code(), Code::Unavailable);
        assert!(reply.text().contains("'toy'"), "{}", reply.text());
        let status = tonic::Status::from_header_map(&reply.headers).unwrap();
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "UPSTREAM_UNAVAILABLE");
        assert!(details.retry_info().unwrap().retry_delay.is_some());
    }
}

#[tokio::test]
async fn a_broken_upstream_is_not_flooded_with_retries() {
    let house = House::new(Place::Remote).await;
    let calls = 200;
    for _ in 0..calls * 2 {
        house.toy.mood(unavailable());
    }
    let all = (0..calls).map(|_| house.client.call(READ, &[], message(b"")));
    let codes = futures::stream::iter(all).buffer_unordered(100).map(|reply| reply.code());
    assert!(codes.all(async |code| code == Code::Unavailable).await);
    assert!(house.toy.calls() > calls, "nothing was retried at all");
    assert!(house.toy.calls() * 10 <= calls * 12, "{} attempts", house.toy.calls());
}
