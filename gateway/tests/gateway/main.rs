//! The gateway between a raw HTTP/2 client and toy upstreams, in process and across a socket.

mod client;
mod failures;
mod house;
mod limits;
mod passing;
mod toy;
