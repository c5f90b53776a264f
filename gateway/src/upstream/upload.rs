//! The caller's bytes on their way to a remote upstream.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use h2::SendStream;
use http_body::Body as _;
use tonic::{Status, body::Body};

use crate::meter::Meter;

/// A request body that is still coming in: what was read of it, and the rest.
pub(crate) struct Incoming {
    pub(crate) held: Bytes,
    pub(crate) body: Body,
    pub(crate) meter: Meter,
}

/// Why an upload ended before its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The caller is gone, or sent a message beyond the limit.
    Caller(Status),
    /// The upstream takes no more; its answer says why.
    Upstream,
}

/// Moves the bytes as fast as the upstream's window lets them, and holds one frame meanwhile.
pub(super) struct Upload {
    incoming: Incoming,
    stream: SendStream<Bytes>,
}

impl Upload {
    pub(super) fn new(incoming: Incoming, stream: SendStream<Bytes>) -> Self {
        Self { incoming, stream }
    }

    /// Sends what is held, in as many pieces as the window asks for.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while !self.incoming.held.is_empty() {
            self.stream.reserve_capacity(self.incoming.held.len());
            let room = match self.stream.capacity() {
                0 => match ready!(self.stream.poll_capacity(context)) {
                    Some(Ok(room)) => room,
                    Some(Err(_)) | None => return Poll::Ready(Err(Broken::Upstream)),
                },
                room => room,
            };
            let held = &mut self.incoming.held;
            let piece = held.split_to(room.min(held.len()));
            self.stream.send_data(piece, false).map_err(|_| Broken::Upstream)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl Future for Upload {
    type Output = Result<(), Broken>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            ready!(self.poll_send(context))?;
            let incoming = &mut self.incoming;
            match ready!(Pin::new(&mut incoming.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    // gRPC requests have no trailers; other frames carry nothing.
                    let Ok(bytes) = frame.into_data() else { continue };
                    incoming
                        .meter
                        .pass(&bytes)
                        .map_err(|large| Broken::Caller(large.fault().into()))?;
                    incoming.held = bytes;
                }
                Some(Err(status)) => return Poll::Ready(Err(Broken::Caller(status))),
                None => {
                    let ended = self.stream.send_data(Bytes::new(), true);
                    return Poll::Ready(ended.map_err(|_| Broken::Upstream));
                }
            }
        }
    }
}
