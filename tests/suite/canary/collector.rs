//! A collector of traces and metrics (OTLP over gRPC) that keeps every byte that it receives.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Result;
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, HeaderValue, Request, Response};
use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// An answer without any field: its header alone.
const EMPTY: [u8; 5] = [0; 5];

/// A collector; it ends with the value.
pub(super) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<u8>>>,
    accepting: JoinHandle<()>,
}

impl Collector {
    /// Begins to listen.
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, received) = (listener.local_addr()?, Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&received);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept)));
            }
        });
        Ok(Self { address, received, accepting })
    }

    /// Where it listens.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it received so far.
    pub(super) fn received(&self) -> Vec<u8> {
        self.received.lock().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(stream: TcpStream, received: Arc<Mutex<Vec<u8>>>) -> Result<()> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(call) = connection.accept().await {
        let (request, respond) = call?;
        tokio::spawn(take(request, respond, Arc::clone(&received)));
    }
    Ok(())
}

async fn take(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    received: Arc<Mutex<Vec<u8>>>,
) -> Result<()> {
    let mut body = request.into_body();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        received.lock().extend_from_slice(&chunk);
    }
    let answer = Response::builder().header("content-type", "application/grpc").body(())?;
    let mut answer = respond.send_response(answer, false)?;
    answer.send_data(Bytes::from_static(&EMPTY), false)?;
    let trailers = HeaderMap::from_iter([("grpc-status".parse()?, HeaderValue::from_static("0"))]);
    Ok(answer.send_trailers(trailers)?)
}
