//! gRPC by hand, where a client library is too well behaved.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use tokio::net::TcpStream;
use tonic::Status;

use crate::patience;

/// One connection.
#[derive(Debug)]
pub struct Wire {
    sender: SendRequest<Bytes>,
    authority: String,
    authorization: String,
}

/// What came back: the headers, the bytes of the messages with their frames, the trailers.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The first headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// What followed it.
    pub trailers: HeaderMap,
}

impl Answer {
    /// The gRPC code; `None` when the answer ended without one.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.status().map(|status| status.code().into())
    }

    /// How the call ended; `None` when the answer ended without saying.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        let trailers = Status::from_header_map(&self.trailers);
        trailers.or_else(|| Status::from_header_map(&self.headers))
    }
}

/// A message in its frame: a byte of flags, four of length.
///
/// # Panics
/// When it is longer than four gibibytes.
#[must_use]
pub fn framed(message: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    #[allow(clippy::expect_used, reason = "a test that sends so much is wrong itself")]
    frame.put_u32(u32::try_from(message.len()).expect("a message of four gibibytes at most"));
    frame.put_slice(message);
    frame.freeze()
}

impl Wire {
    /// Connects as the holder of `token`.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = h2::client::handshake(stream).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            authority: address.to_string(),
            authorization: format!("Bearer {token}"),
        })
    }

    /// The head of a call of `method` (`package.Service/Method`).
    ///
    /// # Errors
    /// When the name is no path.
    pub fn head(&self, method: &str) -> Result<Request<()>> {
        let uri = format!("http://{}/{method}", self.authority);
        let request = Request::post(uri)
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", &self.authorization);
        Ok(request.body(())?)
    }

    /// The connection, once it can take another stream.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn ready(&self) -> Result<SendRequest<Bytes>> {
        let ready = patience::within("a place for a stream", self.sender.clone().ready()).await?;
        ready.context("the connection has ended")
    }

    /// Calls `method` with these bytes, frame and all, and reads what comes.
    ///
    /// # Errors
    /// When the connection ends; a reset stream is an answer without a code.
    pub async fn call(&self, method: &str, bytes: Bytes) -> Result<Answer> {
        self.send(self.head(method)?, bytes).await
    }

    /// The same with a head of the caller's own.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn send(&self, head: Request<()>, bytes: Bytes) -> Result<Answer> {
        let mut sender = self.ready().await?;
        let (response, mut upload) = sender.send_request(head, false)?;
        // A server may refuse before it has read everything.
        let _ = upload.send_data(bytes, true);
        patience::within("the answer", read(response)).await?
    }
}

/// Reads an answer to its end, or to its reset.
///
/// # Errors
/// Never, save when the connection ends before the headers.
pub async fn read(response: h2::client::ResponseFuture) -> Result<Answer> {
    let Ok(response) = response.await else { return Ok(Answer::default()) };
    let (parts, mut body) = response.into_parts();
    let mut answer = Answer { headers: parts.headers, ..Answer::default() };
    let mut bytes = BytesMut::new();
    while let Some(Ok(piece)) = body.data().await {
        // A window that cannot be given back belongs to a stream that has ended.
        let _ = body.flow_control().release_capacity(piece.len());
        bytes.extend_from_slice(&piece);
    }
    answer.body = bytes.freeze();
    answer.trailers = body.trailers().await.ok().flatten().unwrap_or_default();
    Ok(answer)
}
