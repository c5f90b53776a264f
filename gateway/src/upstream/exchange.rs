//! One attempt at one call on one connection.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use h2::{Reason, client::ResponseFuture};
use http::{
    HeaderMap, Method, Request, Response, Uri, Version,
    uri::{Authority, PathAndQuery, Scheme},
};
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, body::Body};
use unionhall_kit::{
    deadline::Deadline,
    fault::{Fault, Outcome},
    reasons,
    server::DrainToken,
};

use super::{
    connection::Lease,
    download::Download,
    upload::{Broken, Incoming, Upload},
};

/// When a caller should come back to an upstream that does not answer.
const COME_BACK: Duration = Duration::from_secs(1);

const TIMEOUT: &str = "grpc-timeout";

/// What is known before the body. Cheap to clone for another attempt.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) path: PathAndQuery,
    pub(crate) headers: HeaderMap,
    /// When the caller stops waiting.
    pub(crate) deadline: Option<Deadline>,
    /// Ends the answer when the server stops; for streams whose caller resumes elsewhere.
    pub(crate) drain: Option<DrainToken>,
}

impl Head {
    /// The head of one attempt, with the time that is left to it.
    fn request(self, authority: &Authority) -> Outcome<Request<()>> {
        let mut uri = http::uri::Parts::default();
        uri.scheme = Some(Scheme::HTTP);
        uri.authority = Some(authority.clone());
        uri.path_and_query = Some(self.path);
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_parts(uri)
            .map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))?;
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = self.headers;
        if let Some(deadline) = self.deadline {
            request.headers_mut().insert(TIMEOUT, deadline.passed_on()?);
        }
        Ok(request)
    }
}

/// The body of an attempt.
pub(crate) enum Payload {
    /// All of it, so that another attempt can be made.
    Whole(Bytes),
    /// A stream, or a body too large to keep.
    Streamed(Box<Incoming>),
}

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The upstream surely did not begin the call.
    Unsent(String),
    /// The upstream may have done anything.
    Lost(h2::Error),
    /// The caller's own doing.
    Caller(Status),
}

impl Failure {
    pub(crate) fn status(self, upstream: &str) -> Status {
        match self {
            Self::Unsent(cause) => unavailable(upstream).caused_by(cause).into(),
            Self::Lost(cause) => unavailable(upstream).caused_by(cause).into(),
            Self::Caller(status) => status,
        }
    }
}

impl From<h2::Error> for Failure {
    /// A stream above the last one that a GOAWAY names was not begun, nor was a refused one.
    fn from(error: h2::Error) -> Self {
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        if error.is_remote() && (error.is_go_away() || refused) {
            return Self::Unsent(error.to_string());
        }
        Self::Lost(error)
    }
}

pub(super) fn unavailable(upstream: &str) -> Fault {
    Fault::new(&reasons::UPSTREAM_UNAVAILABLE).with("service", upstream).retry_after(COME_BACK)
}

/// Sends the call and waits for the head of its answer.
pub(super) async fn exchange(
    mut lease: Lease,
    authority: &Authority,
    upstream: &Arc<str>,
    head: Head,
    payload: Payload,
) -> Result<Response<Body>, Failure> {
    let drain = head.drain.clone();
    let request = head.request(authority).map_err(|fault| Failure::Caller(fault.into()))?;
    let (response, mut stream) =
        lease.send(request).map_err(|error| Failure::Unsent(error.to_string()))?;
    let (response, upload) = match payload {
        Payload::Whole(bytes) => {
            // Should the stream be gone already, then the answer's error says why.
            drop(stream.send_data(bytes, true));
            (response.await?, None)
        }
        Payload::Streamed(incoming) => {
            let (response, upload) = both_ways(response, Upload::new(*incoming, stream)).await?;
            (response, upload.map(|upload| AbortOnDropHandle::new(tokio::spawn(upload))))
        }
    };
    let upstream = Arc::clone(upstream);
    Ok(response.map(|body| Body::new(Download::new(body, upload, drain, upstream, lease))))
}

/// Uploads until the head of the answer is here; returns what is left to upload.
async fn both_ways(
    mut response: ResponseFuture,
    upload: Upload,
) -> Result<(Response<h2::RecvStream>, Option<Upload>), Failure> {
    let mut upload = Some(upload);
    let response = poll_fn(|context| {
        if let Some(running) = &mut upload
            && let Poll::Ready(outcome) = Pin::new(running).poll(context)
        {
            upload = None;
            match outcome {
                Err(Broken::Caller(status)) => return Poll::Ready(Err(Failure::Caller(status))),
                Ok(()) | Err(Broken::Upstream) => {}
            }
        }
        Pin::new(&mut response).poll(context).map_err(Failure::from)
    })
    .await?;
    // An answer that is complete needs no more input.
    let upload = upload.filter(|_| !response.body().is_end_stream());
    Ok((response, upload))
}
