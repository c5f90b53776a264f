//! Sizes, slow readers and callers that vanish.

use bytes::Bytes;
use h2::Reason;
use tonic::Code;

use crate::{
    client::read,
    house::{BOTH, House},
    toy::message,
};

/// What the client reads before its window is full.
const WINDOW: usize = 65_535;

/// The windows, buffers and sockets between the toy and a caller that does not read.
const IN_FLIGHT: usize = 2 * 1024 * 1024;

#[tokio::test]
async fn a_message_beyond_four_mebibytes_is_refused_unread() {
    for place in BOTH {
        let house = House::new(place).await;
        for method in ["toy.v1.Toys/GetEcho", "toy.v1.Toys/Collect"] {
            let (response, mut upload) = house.client.open(method, &[]);
            upload.send_data(message(&vec![0; 5_000_000]), true).unwrap();
            let reply = read(response.await.unwrap()).await;
            assert_eq!(reply.code(), Code::ResourceExhausted, "{method} {place:?}");
            assert!(reply.text().contains("4194304"), "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn a_conversation_ends_at_a_message_that_is_too_large() {
    for place in BOTH {
        let house = House::new(place).await;
        let (response, mut upload) = house.client.open("toy.v1.Toys/Chat", &[]);
        upload.send_data(message(b"small"), false).unwrap();
        let mut answers = response.await.unwrap().into_body();
        assert_eq!(answers.data().await.unwrap().unwrap(), message(b"small"));
        upload.send_data(Bytes::from_static(&[0, 0, 0x80, 0, 0]), false).unwrap();
        assert!(answers.data().await.is_none());
        let trailers = answers.trailers().await.unwrap().unwrap();
        assert_eq!(trailers["grpc-status"], "8", "{place:?}");
    }
}

#[tokio::test]
async fn a_reader_that_stops_stops_the_upstream() {
    for place in BOTH {
        let house = House::new(place).await;
        let asked = [("x-count", "10000"), ("x-size", "16000")];
        let (response, mut upload) = house.client.open("toy.v1.Toys/Watch", &asked);
        upload.send_data(message(b""), true).unwrap();
        let mut answers = response.await.unwrap().into_body();
        // The first window fills without being released.
        let mut read = 0;
        while read < WINDOW {
            read += answers.data().await.unwrap().unwrap().len();
        }
        // A neighbour on the same connections is served meanwhile, again and again: time enough
        // to produce everything.
        let little = [("x-count", "5"), ("x-size", "5000")];
        for _ in 0..100 {
            let reply = house.client.call("toy.v1.Toys/Watch", &little, message(b"")).await;
            assert_eq!((reply.code(), reply.body.len()), (Code::Ok, 5 * 5_005));
        }
        let produced = house.toy.produced() - 100 * 5 * 5_005;
        assert!(produced < IN_FLIGHT, "{produced} bytes for a caller that read {read}");
    }
}

#[tokio::test]
async fn a_caller_that_vanishes_cancels_its_call() {
    for place in BOTH {
        let house = House::new(place).await;
        let asked = [("x-count", "100000"), ("x-size", "1000")];
        let (response, mut upload) = house.client.open("toy.v1.Toys/Watch", &asked);
        upload.send_data(message(b""), true).unwrap();
        let mut answers = response.await.unwrap().into_body();
        answers.data().await.unwrap().unwrap();
        drop((answers, upload));
        house.toy.0.dropped.notified().await;
        house.toy.0.dropped.notified().await;
        assert!(house.toy.produced() < 100_000 * 1_005, "{place:?}");
    }
}

#[tokio::test]
async fn a_caller_that_vanishes_before_the_answer_cancels_its_call() {
    for place in BOTH {
        for method in ["toy.v1.Toys/GetEcho", "toy.v1.Toys/Collect"] {
            let house = House::new(place).await;
            house.toy.mood(crate::toy::Mood::Hangs);
            let (response, mut upload) = house.client.open(method, &[]);
            upload.send_data(message(b""), method.ends_with("GetEcho")).unwrap();
            house.toy.0.begun.notified().await;
            upload.send_reset(Reason::CANCEL);
            drop((response, upload));
            house.toy.0.dropped.notified().await;
        }
    }
}
