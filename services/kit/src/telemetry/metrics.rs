//! Instruments of the server side; the names follow OpenTelemetry's RPC conventions.

use std::{sync::Arc, time::Duration};

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram, Meter, UpDownCounter},
};
use tonic::Code;

/// Upper bounds in seconds; a point read takes well under a millisecond.
const DURATION_BOUNDS: [f64; 15] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];

/// Why a call was refused before it was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shed {
    /// All places to wait were taken.
    QueueFull,
    /// The call waited as long as it may.
    WaitedTooLong,
    /// All places for streams were taken.
    StreamsFull,
    /// All connections were taken.
    ConnectionsFull,
}

impl Shed {
    const fn label(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::WaitedTooLong => "waited_too_long",
            Self::StreamsFull => "streams_full",
            Self::ConnectionsFull => "connections_full",
        }
    }
}

/// What a server measures about its calls.
#[derive(Clone)]
pub struct RpcMetrics(Arc<Instruments>);

struct Instruments {
    duration: Histogram<f64>,
    in_flight: UpDownCounter<i64>,
    shed: Counter<u64>,
}

impl RpcMetrics {
    /// The instruments of this meter.
    pub fn new(meter: &Meter) -> Self {
        Self(Arc::new(Instruments {
            duration: meter
                .f64_histogram("rpc.server.call.duration")
                .with_unit("s")
                .with_description("Time from the first header of a call to its last byte.")
                .with_boundaries(DURATION_BOUNDS.to_vec())
                .build(),
            in_flight: meter
                .i64_up_down_counter("rpc.server.calls.open")
                .with_description("Calls and streams that are open.")
                .build(),
            shed: meter
                .u64_counter("rpc.server.shed")
                .with_description("Calls and connections refused because the server was full.")
                .build(),
        }))
    }

    pub(crate) fn begun(&self) {
        self.0.in_flight.add(1, &[]);
    }

    pub(crate) fn ended(&self, method: &KeyValue, code: Code, took: Duration) {
        self.0.in_flight.add(-1, &[]);
        let code = KeyValue::new("rpc.response.status_code", code_name(code));
        self.0.duration.record(took.as_secs_f64(), &[method.clone(), code]);
    }

    pub(crate) fn shed(&self, why: Shed) {
        self.0.shed.add(1, &[KeyValue::new("reason", why.label())]);
    }
}

/// The code as the gRPC documents write it.
pub(crate) const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
