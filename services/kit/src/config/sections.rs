//! One struct per concern. Units stand in the names; every default is for one laptop.

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use serde::Deserialize;

use super::Secret;

/// Everything that the server builder needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where it listens.
    pub listen: ListenConfig,
    /// What it takes from its callers.
    pub limits: LimitsConfig,
    /// How it stops.
    pub drain: DrainConfig,
}

/// Where a service listens.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListenConfig {
    /// Address and port; port 0 lets the system choose. Default `127.0.0.1:50051`.
    pub address: SocketAddr,
    /// Whether the contract can be read over gRPC reflection: openly on a loopback address, with
    /// a token elsewhere. Default true.
    pub reflection: bool,
}

impl Default for ListenConfig {
    fn default() -> Self {
        Self { address: (Ipv4Addr::LOCALHOST, 50051).into(), reflection: true }
    }
}

/// The database of one service.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://...`; may hold a password, so it is never printed. Without it
    /// the service keeps a SQLite file of its own name in the data folder.
    pub url: Option<Secret>,
    /// Connections at most; on SQLite the readers beside the one writer. Default 16.
    pub max_connections: NonZeroU32,
    /// How long a call waits for a connection, in ms; a write waits for its turn before, as long as
    /// its caller does. Default 2,000.
    pub acquire_timeout_ms: u64,
    /// How long one statement may run, in ms. Default 15,000.
    pub statement_timeout_ms: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            max_connections: NonZeroU32::MIN.saturating_add(15),
            acquire_timeout_ms: 2_000,
            statement_timeout_ms: 15_000,
        }
    }
}

/// What a server takes from its callers before it refuses or hangs up.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Open connections; more are closed at once. Default 1,024.
    pub max_connections: NonZeroUsize,
    /// Open streams on one connection; more are refused. Default 128.
    pub max_streams_per_connection: NonZeroU32,
    /// Streams reset by the peer before they were taken up; more end the connection. Default 20.
    pub max_pending_resets: usize,
    /// Streams reset because of the peer's faults; more end the connection. Default 256.
    pub max_local_resets: usize,
    /// Bytes of metadata of one call, 1,024 to 1,048,576. Default 16,384.
    pub max_header_bytes: u32,
    /// How long a fresh connection may take until its first call, in ms. Default 10,000.
    pub handshake_timeout_ms: u64,
    /// Age at which a connection is told to go, in ms, give or take a tenth. Default 300,000.
    pub connection_age_ms: u64,
    /// Silence after which a connection is asked whether it lives, in ms. Default 30,000.
    pub ping_interval_ms: u64,
    /// How long it may take to say so, in ms. Default 20,000.
    pub ping_timeout_ms: u64,
    /// Unary calls at work at once. Default 256.
    pub work_slots: NonZeroUsize,
    /// Unary calls that wait for a slot, first come first served; more are shed. Default 1,024.
    pub work_queue: usize,
    /// How long a call waits for a slot until it is shed, in ms. Default 1,000.
    pub work_wait_ms: u64,
    /// Streaming calls open at once over all connections; more are shed. Default 1,024.
    pub stream_slots: NonZeroUsize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            max_connections: NonZeroUsize::MIN.saturating_add(1_023),
            max_streams_per_connection: NonZeroU32::MIN.saturating_add(127),
            max_pending_resets: 20,
            max_local_resets: 256,
            max_header_bytes: 16_384,
            handshake_timeout_ms: 10_000,
            connection_age_ms: 300_000,
            ping_interval_ms: 30_000,
            ping_timeout_ms: 20_000,
            work_slots: NonZeroUsize::MIN.saturating_add(255),
            work_queue: 1_024,
            work_wait_ms: 1_000,
            stream_slots: NonZeroUsize::MIN.saturating_add(1_023),
        }
    }
}

/// How a server stops: not serving, pause, streams told to resume, drain, cut.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DrainConfig {
    /// Time between "not serving" and the end of accepting, for load balancers to notice, in ms.
    /// Default 0; on Kubernetes 5,000.
    pub pause_ms: u64,
    /// Time for calls to end before they are cut, in ms. Default 20,000; on a laptop 5,000.
    pub cap_ms: u64,
}

impl DrainConfig {
    /// Time between "not serving" and the end of accepting.
    pub fn pause(&self) -> Duration {
        Duration::from_millis(self.pause_ms)
    }

    /// Time for calls to end before they are cut.
    pub fn cap(&self) -> Duration {
        Duration::from_millis(self.cap_ms)
    }
}

impl Default for DrainConfig {
    fn default() -> Self {
        Self { pause_ms: 0, cap_ms: 20_000 }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What a process tells about itself, and where.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// `text` or `json`, on standard error. Default `text`.
    pub log_format: LogFormat,
    /// `tracing` filter directives. Default `info,opentelemetry=warn`.
    pub log_filter: String,
    /// OTLP endpoint (gRPC) for traces and metrics, for instance `http://127.0.0.1:4317`. Without
    /// it nothing leaves the process.
    pub otlp_endpoint: Option<String>,
    /// Address of `/metrics` and `/healthz`. Without it there is no admin port.
    pub admin_address: Option<SocketAddr>,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Text,
            log_filter: "info,opentelemetry=warn".to_owned(),
            otlp_endpoint: None,
            admin_address: None,
        }
    }
}
