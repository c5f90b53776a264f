//! The gateway between a raw HTTP/2 client and toy upstreams, in process and across a socket.

// Clippy knows `#[test]` functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod client;
mod door;
mod failures;
mod health;
mod house;
mod limits;
mod passing;
mod toy;
