//! A caller that counts every byte.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use h2::{
    RecvStream, SendStream,
    client::{ResponseFuture, SendRequest},
};
use http::{HeaderMap, Request, Response};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;

pub(crate) struct Client {
    sender: SendRequest<Bytes>,
    _driving: AbortOnDropHandle<()>,
}

/// An answer in full.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: HeaderMap,
}

impl Reply {
    pub(crate) fn code(&self) -> Code {
        let status = self.trailers.get("grpc-status").or(self.headers.get("grpc-status"));
        Code::from_bytes(status.expect("an answer has a status").as_bytes())
    }

    pub(crate) fn text(&self) -> &str {
        let text = self.trailers.get("grpc-message").or(self.headers.get("grpc-message"));
        text.map_or("", |text| text.to_str().unwrap())
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let (sender, connection) = h2::client::Builder::new()
            .initial_window_size(65_535)
            .initial_connection_window_size(1 << 20)
            .handshake(socket)
            .await
            .unwrap();
        let driving = tokio::spawn(async move { drop(connection.await) });
        Self { sender, _driving: AbortOnDropHandle::new(driving) }
    }

    pub(crate) fn open(
        &self,
        method: &str,
        headers: &[(&str, &str)],
    ) -> (ResponseFuture, SendStream<Bytes>) {
        let mut request = Request::post(format!("http://front/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sender.clone().send_request(request.body(()).unwrap(), false).unwrap()
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        let (response, mut upload) = self.open(method, headers);
        upload.send_data(body.into(), true).unwrap();
        read(response.await.unwrap()).await
    }
}

/// Reads to the end, making room as fast as data comes.
pub(crate) async fn read(response: Response<RecvStream>) -> Reply {
    let (parts, mut stream) = response.into_parts();
    let mut body = BytesMut::new();
    while let Some(bytes) = stream.data().await {
        let bytes = bytes.unwrap();
        stream.flow_control().release_capacity(bytes.len()).unwrap();
        body.extend_from_slice(&bytes);
    }
    let trailers = stream.trailers().await.unwrap().unwrap_or_default();
    Reply { headers: parts.headers, body: body.freeze(), trailers }
}
