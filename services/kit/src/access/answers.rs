//! Refusals that handlers give, for instance OUT_OF_SCOPE. They are read off the answer, so that
//! no handler can forget to report one.

use std::{
    borrow::Cow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;

use super::{
    caller::Caller,
    denials::{Denial, DenialSink},
    method::MethodAccess,
};
use crate::{fault::ERROR_DOMAIN, reasons};

/// Looks at what a call is answered with.
pub(super) struct Answered {
    pub(super) denials: Arc<dyn DenialSink>,
    pub(super) caller: Arc<Caller>,
    pub(super) method: Option<Arc<MethodAccess>>,
}

impl Answered {
    /// Looks at the head of the answer, and at the end of one that streams.
    pub(super) fn over(self, answer: Response<Body>) -> Response<Body> {
        self.note(answer.headers());
        // A unary answer with a body was given; its handler had no more to refuse.
        if self.method.as_ref().is_some_and(|method| method.server_streaming) {
            return answer.map(|inner| Body::new(Watched { inner, answered: self }));
        }
        answer
    }

    fn note(&self, headers: &HeaderMap) {
        let code = headers.get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()));
        if code != Some(Code::PermissionDenied) {
            return;
        }
        let info = Status::from_header_map(headers).and_then(|it| it.get_details_error_info());
        let info = info.filter(|info| info.domain == ERROR_DOMAIN);
        let unnamed = Cow::Borrowed(reasons::PERMISSION_DENIED.name);
        let reason = info.map_or(unnamed, |info| Cow::Owned(info.reason));
        let client = Some(&self.caller.client);
        self.denials.denied(Denial::of(client, self.method.as_deref(), reason));
    }
}

/// A stream whose end is looked at.
struct Watched {
    inner: Body,
    answered: Answered,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(trailers) = frame.trailers_ref()
        {
            this.answered.note(trailers);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
