//! Takes a call to a remote upstream, and tries again where that is safe.

use std::{future::poll_fn, pin::Pin};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, uri::PathAndQuery};
use http_body::Body as _;
use tonic::{Status, body::Body};
use unionhall_kit::deadline::Deadline;

use crate::{
    catalogue::Traits,
    headers,
    meter::Meter,
    retry,
    upstream::{Failure, Head, Incoming, Payload, Remote},
};

/// A unary request up to this size is kept until it is answered, so that it can be sent again.
const KEPT: usize = 64 * 1024;

/// How one method gets to its upstream.
pub(crate) struct Passage {
    pub(crate) remote: Remote,
    pub(crate) traits: Traits,
    pub(crate) limit: u32,
}

/// Answers a call with the upstream's answer, or says why there is none.
pub(crate) async fn forward(passage: &Passage, request: Request<Body>) -> Response<Body> {
    let remote = &passage.remote;
    let (mut parts, body) = request.into_parts();
    headers::outgoing(&mut parts.headers, remote.randomness());
    let path = parts.uri.path_and_query().cloned();
    let head = Head {
        path: path.unwrap_or_else(|| PathAndQuery::from_static("/")),
        headers: parts.headers,
        deadline: parts.extensions.remove(),
        drain: parts.extensions.remove().filter(|_| passage.traits.streams_back),
    };
    let incoming = Incoming { held: Bytes::new(), body, meter: Meter::new(passage.limit) };
    let answer = if passage.traits.streams {
        remote.stream(head, Payload::Streamed(Box::new(incoming))).await
    } else {
        unary(passage, head, incoming).await
    };
    answer.unwrap_or_else(|failure| failure.status(remote.name()).into_http())
}

async fn unary(
    passage: &Passage,
    head: Head,
    incoming: Incoming,
) -> Result<Response<Body>, Failure> {
    match gather(incoming).await.map_err(Failure::Caller)? {
        Gathered::Whole(message) => persist(passage, head, message).await,
        Gathered::Beyond(incoming) => {
            passage.remote.call(head, Payload::Streamed(Box::new(incoming))).await
        }
    }
}

/// Attempts until there is an answer to hand on, or no reason, time or budget to go on.
async fn persist(passage: &Passage, head: Head, message: Bytes) -> Result<Response<Body>, Failure> {
    let Passage { remote, traits, .. } = passage;
    let retries = remote.retries();
    retries.earn();
    let mut made = 0;
    loop {
        let answer = remote.call(head.clone(), Payload::Whole(message.clone())).await;
        made += 1;
        let advised = match &answer {
            Ok(response) if traits.reads && retry::is_unavailable(response.headers()) => {
                retry::advised(response.headers())
            }
            Err(Failure::Unsent(_)) => None,
            Err(Failure::Lost(_)) if traits.reads => None,
            _ => return answer,
        };
        let left = head.deadline.map(Deadline::remaining);
        let Some(pause) = retries.pause(made, advised, left) else { return answer };
        tokio::time::sleep(pause).await;
    }
}

enum Gathered {
    /// The request is complete.
    Whole(Bytes),
    /// More than is kept has come in, or more may come.
    Beyond(Incoming),
}

/// Reads a unary request up to the size that is kept.
async fn gather(mut incoming: Incoming) -> Result<Gathered, Status> {
    let mut joined = BytesMut::new();
    while let Some(bytes) = next(&mut incoming).await? {
        // One frame is the rule, and then nothing is copied.
        if incoming.held.is_empty() && joined.is_empty() {
            incoming.held = bytes;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&std::mem::take(&mut incoming.held));
            }
            joined.extend_from_slice(&bytes);
        }
        if incoming.held.len() + joined.len() > KEPT {
            if incoming.held.is_empty() {
                incoming.held = joined.freeze();
            }
            return Ok(Gathered::Beyond(incoming));
        }
    }
    Ok(Gathered::Whole(if joined.is_empty() { incoming.held } else { joined.freeze() }))
}

async fn next(incoming: &mut Incoming) -> Result<Option<Bytes>, Status> {
    loop {
        if incoming.body.is_end_stream() {
            return Ok(None);
        }
        let frame = poll_fn(|context| Pin::new(&mut incoming.body).poll_frame(context)).await;
        let Some(frame) = frame.transpose()? else { return Ok(None) };
        if let Ok(bytes) = frame.into_data() {
            incoming.meter.pass(&bytes).map_err(|too_large| too_large.fault().to_status())?;
            return Ok(Some(bytes));
        }
    }
}
