//! A response body that can be ended from outside with a status of its own.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use tonic::{Status, body::Body};

use crate::fault::Fault;

/// What may end a stream before its handler does.
pub(crate) trait Watch: Send + Unpin + 'static {
    /// Ready when the stream has to end, with what its caller is told.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Fault>;
}

/// A body that ends when its watch says so, and lets go of its handler's stream at once.
pub(crate) struct Ending<W> {
    inner: Option<Body>,
    watch: W,
}

impl<W: Watch> Ending<W> {
    pub(crate) fn over(inner: Body, watch: W) -> Body {
        Body::new(Self { inner: Some(inner), watch })
    }
}

impl<W: Watch> HttpBody for Ending<W> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        // First the watch: a stream that always has something to send must end too.
        if let Poll::Ready(fault) = this.watch.poll_end(cx) {
            this.inner = None;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers(&fault.to_status())))));
        }
        let polled = Pin::new(inner).poll_frame(cx);
        if matches!(&polled, Poll::Ready(None | Some(Err(_)))) {
            this.inner = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(HttpBody::is_end_stream)
    }
}

fn trailers(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    // Fails only for text that no header can carry; then the code alone travels.
    if status.add_header(&mut trailers).is_err() {
        trailers.insert("grpc-status", (status.code() as i32).into());
    }
    trailers
}
