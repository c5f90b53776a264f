//! The span of a call, and W3C trace context through metadata.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator},
    trace::TraceContextExt,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The span of one call, child of the caller's span where the metadata names one.
pub(crate) fn call_span(method: &str, request_id: &str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        rpc.method = method,
        request_id,
        client = field::Empty,
        code = field::Empty,
    );
    if headers.contains_key("traceparent") {
        let parent =
            TraceContextPropagator::new().extract_with_context(&Context::new(), &Reader(headers));
        if parent.span().span_context().is_valid() {
            // Fails only where no exporter is set up: then there is nobody to tell.
            let _ = span.set_parent(parent);
        }
    }
    span
}

/// Names the caller in the current call's span; called by the authentication.
pub fn record_client(client_id: &str) {
    Span::current().record("client", client_id);
}

/// Writes the current span's context into the metadata of a call that we make ourselves.
pub fn inject_context(headers: &mut HeaderMap) {
    let context = Span::current().context();
    TraceContextPropagator::new().inject_context(&context, &mut Writer(headers));
}

struct Reader<'a>(&'a HeaderMap);

impl Extractor for Reader<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

struct Writer<'a>(&'a mut HeaderMap);

impl Injector for Writer<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(key.as_bytes()), HeaderValue::from_str(&value))
        {
            self.0.insert(name, value);
        }
    }
}
