//! An upstream that speaks gRPC frames by hand and remembers what it saw.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream};
use http::{HeaderMap, Request, Response, header};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody};
use parking_lot::Mutex;
use prost::Message;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions,
    ServiceDescriptorProto, method_options::IdempotencyLevel,
};
use tokio::sync::Notify;
use tonic::{Status, body::Body};

pub(crate) const PACKAGE: &str = "toy.v1";

/// What the toy does with its next call, instead of echoing it.
pub(crate) enum Mood {
    Fails(Status),
    Hangs,
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) calls: AtomicUsize,
    pub(crate) headers: Mutex<HeaderMap>,
    pub(crate) produced: AtomicUsize,
    pub(crate) begun: Notify,
    pub(crate) dropped: Notify,
    pub(crate) moods: Mutex<VecDeque<Mood>>,
}

#[derive(Clone, Default)]
pub(crate) struct Toy(pub(crate) Arc<Memory>);

impl Toy {
    pub(crate) fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn produced(&self) -> usize {
        self.0.produced.load(Ordering::SeqCst)
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.headers.lock().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.0.moods.lock().push_back(mood);
    }

    pub(crate) fn service(
        &self,
    ) -> impl tower::Service<
        Request<Body>,
        Response = Response<Body>,
        Error = Infallible,
        Future: Send + 'static,
    > + Clone
    + Send
    + Sync
    + 'static {
        let toy = self.clone();
        tower::service_fn(move |request| {
            let toy = toy.clone();
            async move { Ok(toy.answer(request).await) }
        })
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        if request.uri().path().starts_with("/grpc.health") {
            // What the gateway asks by itself is not counted.
            return Status::unimplemented("a toy has no health").into_http();
        }
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        *self.0.headers.lock() = request.headers().clone();
        let guard = Dropped(Arc::clone(&self.0));
        self.0.begun.notify_one();
        let mood = self.0.moods.lock().pop_front();
        match mood {
            Some(Mood::Fails(status)) => return status.into_http(),
            Some(Mood::Hangs) => {
                std::future::pending::<()>().await;
                drop(guard);
            }
            None => {}
        }
        match request.uri().path().rsplit('/').next().unwrap() {
            "Watch" => self.watch(&request),
            "Chat" => chat(request),
            _ => echo(request).await,
        }
    }

    /// As many messages as `x-count` says, of `x-size` bytes each, made when they are asked for.
    fn watch(self, request: &Request<Body>) -> Response<Body> {
        let number = |name| -> usize { request.headers()[name].to_str().unwrap().parse().unwrap() };
        let (count, size) = (number("x-count"), number("x-size"));
        let guard = Dropped(Arc::clone(&self.0));
        let messages = stream::iter(0..count).map(move |index| {
            let _held = &guard;
            let message = message(&vec![u8::try_from(index % 251).unwrap(); size]);
            self.0.produced.fetch_add(message.len(), Ordering::SeqCst);
            Ok::<_, Status>(Frame::data(message))
        });
        let end = stream::once(async { Ok(Frame::trailers(trailers())) });
        respond(StreamBody::new(messages.chain(end)))
    }
}

/// Tells that a call ended, for whatever reason.
struct Dropped(Arc<Memory>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

async fn echo(request: Request<Body>) -> Response<Body> {
    match request.into_body().collect().await {
        Ok(body) => {
            let body = Full::new(body.to_bytes());
            respond(body.with_trailers(async { Some(Ok(trailers())) }))
        }
        Err(status) => status.into_http(),
    }
}

fn chat(request: Request<Body>) -> Response<Body> {
    let echoes = request.into_body().with_trailers(async { Some(Ok(trailers())) });
    respond(echoes)
}

fn trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    trailers.insert("x-toy-trailer", "kept".parse().unwrap());
    trailers
}

fn respond<B>(body: B) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tonic::codegen::StdError>,
{
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, "application/grpc".parse().unwrap());
    response.headers_mut().insert("x-toy-header", "kept".parse().unwrap());
    response
}

/// A gRPC frame, not compressed.
pub(crate) fn message(payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::new();
    frame.put_u8(0);
    frame.put_u32(u32::try_from(payload.len()).unwrap());
    frame.put_slice(payload);
    frame.freeze()
}

/// `GetEcho` reads, `CreateEcho` writes, the others stream.
pub(crate) fn descriptors() -> Vec<u8> {
    let level = IdempotencyLevel::NoSideEffects.into();
    let reading = MethodOptions { idempotency_level: Some(level), ..Default::default() };
    let method = |name: &str, client: bool, server: bool| MethodDescriptorProto {
        name: Some(name.into()),
        client_streaming: Some(client),
        server_streaming: Some(server),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("Toys".into()),
        method: vec![
            MethodDescriptorProto { options: Some(reading), ..method("GetEcho", false, false) },
            method("CreateEcho", false, false),
            method("Collect", true, false),
            method("Watch", false, true),
            method("Chat", true, true),
        ],
        ..Default::default()
    };
    let file = FileDescriptorProto {
        name: Some("toy.proto".into()),
        package: Some(PACKAGE.into()),
        service: vec![service],
        ..Default::default()
    };
    FileDescriptorSet { file: vec![file] }.encode_to_vec()
}
