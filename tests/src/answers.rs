//! What the register answers to the clients of the tests, searched for numbers of persons on its way.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt;
use tonic::{
    body::Body,
    codegen::Service,
    transport::{Channel, Error},
};
use unionhall_finder::places::Searched;

/// Bytes that a piece of an answer is looked at together with: more than a number takes.
const BEFORE: usize = 256;

/// A connection whose answers are searched. A number in one, be it message, event or refusal, ends the
/// caller's task with a panic; only a reveal may show one.
#[derive(Clone, Debug)]
pub struct Heard {
    channel: Channel,
}

impl Heard {
    /// Listens on a connection.
    #[must_use]
    pub fn on(channel: Channel) -> Self {
        Self { channel }
    }
}

impl Service<Request<Body>> for Heard {
    type Response = Response<Body>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let mut ear = Ear::new(request.uri().path());
        let answering = self.channel.call(request);
        Box::pin(async move {
            let answer = answering.await?;
            ear.hear_headers(answer.headers());
            Ok(answer.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    match (frame.data_ref(), frame.trailers_ref()) {
                        (Some(data), _) => ear.hear(data),
                        (None, Some(trailers)) => ear.hear_headers(trailers),
                        (None, None) => {}
                    }
                    frame
                }))
            }))
        })
    }
}

/// What was heard of one answer.
struct Ear {
    method: String,
    /// The last bytes: a number can lie across two pieces.
    last: Vec<u8>,
}

impl Ear {
    fn new(method: &str) -> Self {
        Self { method: method.to_owned(), last: Vec::new() }
    }

    fn hear(&mut self, data: &Bytes) {
        self.last.extend_from_slice(data);
        self.search(&self.last);
        self.last.drain(..self.last.len().saturating_sub(BEFORE));
    }

    fn hear_headers(&self, headers: &HeaderMap) {
        for value in headers.values() {
            self.search(value.as_bytes());
        }
    }

    #[allow(clippy::panic, reason = "a caller takes no other error than the register's own")]
    fn search(&self, bytes: &[u8]) {
        if self.method.contains("/Reveal") {
            return;
        }
        let mut searched = Searched::default();
        searched.look(&self.method, bytes);
        if let Some(told) = searched.told() {
            panic!("{told}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    const NUMBER: &[u8] = b"110102188808080017";

    #[test]
    fn a_number_is_heard_across_pieces_but_not_in_a_reveal() {
        for (method, heard) in [("/p.Members/GetMember", true), ("/p.Members/RevealMember", false)]
        {
            let end = catch_unwind(AssertUnwindSafe(|| {
                let mut ear = Ear::new(method);
                ear.hear(&Bytes::from_static(&NUMBER[..7]));
                ear.hear(&Bytes::from_static(&NUMBER[7..]));
            }));
            assert_eq!(end.is_err(), heard, "{method}");
        }
    }

    #[test]
    fn a_number_is_heard_in_the_details_of_a_refusal() {
        let details = "CAMSEjExMDEwMjE4ODgwODA4MDAxNw".parse();
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-status-details-bin"),
            details.expect("a value"),
        )]);
        let end = catch_unwind(AssertUnwindSafe(|| Ear::new("/p.M/Get").hear_headers(&headers)));
        assert!(end.is_err());
    }
}
