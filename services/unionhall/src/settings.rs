//! All settings of the binary, one struct a concern.

use std::path::PathBuf;

use serde::Deserialize;
use unionhall_kit::{
    config::{DatabaseConfig, ServerConfig, TelemetryConfig},
    db::DbConfig,
    ledger::looks,
};

/// Everything that can be set.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Data folder. Default `data`.
    pub data: PathBuf,
    /// Change the schema at start on PostgreSQL too. Default false.
    pub migrate: bool,
    /// The listening side.
    pub server: ServerConfig,
    /// The register's database.
    pub database: DatabaseConfig,
    /// Logs, metrics, traces.
    pub telemetry: TelemetryConfig,
    /// The gateway's upstreams, for `serve gateway`.
    pub gateway: GatewayConfig,
    /// How many looks at protected values one client has in a clock hour. Default 120.
    pub looks_an_hour: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            migrate: false,
            server: ServerConfig::default(),
            database: DatabaseConfig::default(),
            telemetry: TelemetryConfig::default(),
            gateway: GatewayConfig::default(),
            looks_an_hour: looks::AN_HOUR,
        }
    }
}

/// Where the services are that the gateway stands in front of.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GatewayConfig {
    /// The register, `http://HOST:PORT`. Default `http://127.0.0.1:50052`.
    pub registry: String,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self { registry: "http://127.0.0.1:50052".to_owned() }
    }
}

impl Settings {
    /// How the database of the service with this schema is reached.
    pub(crate) fn db(&self, schema: &str) -> DbConfig {
        let file = || format!("sqlite://{}", self.data.join(format!("{schema}.db")).display());
        let url = self.database.url.as_ref().map_or_else(file, |url| url.expose().to_owned());
        DbConfig {
            max_connections: self.database.max_connections.get(),
            acquire_timeout: std::time::Duration::from_millis(self.database.acquire_timeout_ms),
            statement_timeout: std::time::Duration::from_millis(self.database.statement_timeout_ms),
            ..DbConfig::new(url, schema)
        }
    }
}
