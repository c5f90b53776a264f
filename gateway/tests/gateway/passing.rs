//! Bytes, headers and trailers pass as they are, both ways.

use bytes::Bytes;
use tonic::Code;

use crate::{
    client::read,
    house::{BOTH, House},
    toy::message,
};

fn assert_passed(reply: &crate::client::Reply, body: &[u8]) {
    assert_eq!(reply.code(), Code::Ok);
    assert!(reply.body == body, "{} bytes came back, not {}", reply.body.len(), body.len());
    assert_eq!(reply.headers["x-toy-header"], "kept");
    assert_eq!(reply.trailers["x-toy-trailer"], "kept");
}

#[tokio::test]
async fn unary_calls_of_any_size_come_back_byte_for_byte() {
    for place in BOTH {
        let house = House::new(place).await;
        for size in [0, 1, 20_000, 65_536, 200_000, 4_000_000] {
            let body = message(&vec![7; size]);
            for method in ["toy.v1.Toys/GetEcho", "toy.v1.Toys/CreateEcho"] {
                let reply = house.client.call(method, &[], body.clone()).await;
                assert_passed(&reply, &body);
            }
        }
    }
}

#[tokio::test]
async fn a_unary_request_in_many_frames_is_put_together() {
    for place in BOTH {
        let house = House::new(place).await;
        let body = message(&[9; 1_000]);
        let (response, mut upload) = house.client.open("toy.v1.Toys/GetEcho", &[]);
        for piece in body.chunks(3) {
            upload.send_data(Bytes::copy_from_slice(piece), false).unwrap();
        }
        upload.send_data(Bytes::new(), true).unwrap();
        assert_passed(&read(response.await.unwrap()).await, &body);
    }
}

#[tokio::test]
async fn a_client_stream_arrives_whole() {
    for place in BOTH {
        let house = House::new(place).await;
        let (response, mut upload) = house.client.open("toy.v1.Toys/Collect", &[]);
        let mut sent = Vec::new();
        for index in 0..50_u8 {
            let message = message(&vec![index; 5_000]);
            sent.extend_from_slice(&message);
            upload.send_data(message, index == 49).unwrap();
        }
        assert_passed(&read(response.await.unwrap()).await, &sent);
    }
}

#[tokio::test]
async fn a_server_stream_arrives_whole() {
    for place in BOTH {
        let house = House::new(place).await;
        let asked = [("x-count", "300"), ("x-size", "3000")];
        let reply = house.client.call("toy.v1.Toys/Watch", &asked, message(b"")).await;
        assert_eq!(reply.code(), Code::Ok);
        assert_eq!(reply.body.len(), 300 * 3_005);
        assert_eq!(reply.trailers["x-toy-trailer"], "kept");
    }
}

#[tokio::test]
async fn both_sides_of_a_conversation_take_turns() {
    for place in BOTH {
        let house = House::new(place).await;
        let (response, mut upload) = house.client.open("toy.v1.Toys/Chat", &[]);
        upload.send_data(message(b"0"), false).unwrap();
        let mut answers = response.await.unwrap().into_body();
        for turn in 0..20 {
            // Each message is sent only after the answer to the one before it.
            let answer = answers.data().await.unwrap().unwrap();
            assert_eq!(answer, message(turn.to_string().as_bytes()));
            upload.send_data(message((turn + 1).to_string().as_bytes()), turn == 19).unwrap();
        }
        assert_eq!(answers.data().await.unwrap().unwrap(), message(b"20"));
        assert!(answers.data().await.is_none());
        assert_eq!(answers.trailers().await.unwrap().unwrap()["x-toy-trailer"], "kept");
    }
}

#[tokio::test]
async fn a_package_that_nobody_owns_is_an_unknown_method() {
    let house = House::new(BOTH[0]).await;
    for method in ["toy.v2.Toys/GetEcho", "toy.v1.Toys/Invent", "GetEcho", "toy.v1.Toys"] {
        let reply = house.client.call(method, &[], message(b"")).await;
        assert_eq!(reply.code(), Code::Unimplemented, "{method}");
        assert!(reply.text().contains(method), "{}", reply.text());
    }
    assert_eq!(house.toy.calls(), 0);
}
