//! The upstream's bytes on their way to the caller.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use h2::RecvStream;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use unionhall_kit::server::DrainToken;

use super::{connection::Lease, exchange::Failure, upload::Broken};
use crate::meter::Meter;

/// An upload that outlived the head of its answer, as in a stream both ways.
pub(super) type Background = AbortOnDropHandle<Result<(), Broken>>;

/// Watches for the end of the server under a stream that its caller can resume.
struct Stop {
    begun: Pin<Box<dyn Future<Output = ()> + Send>>,
    token: DrainToken,
    /// A stream is not cut within a message.
    meter: Meter,
}

impl Stop {
    fn new(token: DrainToken) -> Self {
        let begun = token.clone();
        let begun = Box::pin(async move { begun.draining().await });
        Self { begun, token, meter: Meter::new(u32::MAX) }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Status> {
        if !self.meter.between_messages() {
            return Poll::Pending;
        }
        self.begun.as_mut().poll(context).map(|()| self.token.fault().into())
    }
}

/// A response body. Dropping it resets the stream, which tells the upstream that nobody listens.
pub(super) struct Download {
    stream: RecvStream,
    upload: Option<Background>,
    stop: Option<Stop>,
    upstream: Arc<str>,
    ended: bool,
    _lease: Lease,
}

impl Download {
    pub(super) fn new(
        stream: RecvStream,
        upload: Option<Background>,
        drain: Option<DrainToken>,
        upstream: Arc<str>,
        lease: Lease,
    ) -> Self {
        let stop = drain.map(Stop::new);
        Self { stream, upload, stop, upstream, ended: false, _lease: lease }
    }

    /// What ends the answer before the upstream does.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Option<Status> {
        if let Some(status) = self.poll_upload(context) {
            return Some(status);
        }
        match self.stop.as_mut()?.poll(context) {
            Poll::Ready(status) => Some(status),
            Poll::Pending => None,
        }
    }

    /// A fault of the caller's upload ends the answer too.
    fn poll_upload(&mut self, context: &mut Context<'_>) -> Option<Status> {
        let Poll::Ready(outcome) = Pin::new(self.upload.as_mut()?).poll(context) else {
            return None;
        };
        self.upload = None;
        match outcome {
            Ok(Err(Broken::Caller(status))) => Some(status),
            // The answer itself says what became of the call.
            _ => None,
        }
    }

    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<Option<Received>> {
        while let Some(received) = ready!(self.stream.poll_data(context)) {
            let bytes = received?;
            // Only what the caller took makes room for more.
            self.stream.flow_control().release_capacity(bytes.len())?;
            if let Some(stop) = &mut self.stop {
                // Its limit is beyond every length.
                let _ = stop.meter.pass(&bytes);
            }
            if !bytes.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
        }
        let trailers = ready!(self.stream.poll_trailers(context))?;
        self.ended = true;
        Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))))
    }

    /// Trailers of our own in place of those that will not come.
    fn end_with(&mut self, status: &Status) -> Frame<Bytes> {
        self.ended = true;
        let mut trailers = HeaderMap::new();
        if let Err(status) = status.add_header(&mut trailers) {
            trailers.insert(Status::GRPC_STATUS, (status.code() as i32).into());
        }
        Frame::trailers(trailers)
    }
}

type Received = Result<Frame<Bytes>, h2::Error>;

impl HttpBody for Download {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if let Some(status) = self.poll_end(context) {
            return Poll::Ready(Some(Ok(self.end_with(&status))));
        }
        Poll::Ready(match ready!(self.poll_stream(context)) {
            Some(Ok(frame)) => Some(Ok(frame)),
            Some(Err(error)) => {
                let status = Failure::Lost(error).status(&self.upstream);
                Some(Ok(self.end_with(&status)))
            }
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || (self.upload.is_none() && self.stream.is_end_stream())
    }
}
