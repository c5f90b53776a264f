//! The body of a call: what was cut off never passes for what is whole.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tonic::Status;

/// A body as the connection brings it.
///
/// tonic takes a reset with CANCEL for the end of a request stream, and hyper a reset with
/// NO_ERROR: half an upload would be a whole one. Here both are errors, with a code that tonic
/// does not swallow.
pub(super) struct RequestBody(Incoming);

impl RequestBody {
    pub(super) fn new(body: Incoming) -> Self {
        Self(body)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let body = &mut self.0;
        Poll::Ready(match ready!(Pin::new(&mut *body).poll_frame(context)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            None if body.is_end_stream() => None,
            Some(Err(_)) | None => Some(Err(cut_off())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Nobody reads it: whoever cut the call off does not wait for an answer.
fn cut_off() -> Status {
    Status::aborted("the request was cut off")
}
