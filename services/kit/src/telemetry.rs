//! Logs, traces and metrics of a process, set up once and flushed once.
//!
//! A log line names the method, code, duration, request id and client id of a call, never a value
//! from a record. Metrics can always be scraped; traces and metrics are sent only where an OTLP
//! endpoint is configured.

mod admin;
mod logs;
mod memory;
mod metrics;
#[cfg(test)]
mod tests;
mod trace;

use std::time::Duration;

use opentelemetry::{
    global,
    metrics::{Meter, MeterProvider},
};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use prometheus::{Registry, TextEncoder};
use tokio::sync::oneshot;

pub use admin::serve_admin;
pub(crate) use metrics::code_name;
pub use metrics::{RpcMetrics, Shed};
pub(crate) use trace::call_span;
pub use trace::{inject_context, record_client};

use crate::config::TelemetryConfig;

/// An exporter that does not answer must not hold the exit.
const FLUSH_CAP: Duration = Duration::from_secs(5);

const SCOPE: &str = "unionhall";

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `telemetry.log_filter` is not a list of filter directives.
    #[error("telemetry.log_filter '{filter}' is not valid: {problem}")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `telemetry.otlp_endpoint` cannot be used.
    #[error("telemetry.otlp_endpoint '{endpoint}' cannot be used: {problem}")]
    Endpoint {
        /// The endpoint as given.
        endpoint: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The instruments cannot be set up.
    #[error("metrics cannot be set up: {0}")]
    Metrics(String),
    /// The process has a log already.
    #[error("telemetry was started twice")]
    Twice,
}

/// The one handle on everything that a process tells about itself.
pub struct Telemetry {
    meters: SdkMeterProvider,
    tracers: Option<SdkTracerProvider>,
    registry: Registry,
}

impl Telemetry {
    /// Sets up metrics and exporters without touching anything global. `service` names the process
    /// to collectors. Needs a running tokio runtime where an endpoint is configured.
    ///
    /// # Errors
    /// The endpoint cannot be used.
    pub fn build(config: &TelemetryConfig, service: &'static str) -> Result<Self, TelemetryError> {
        let resource = Resource::builder().with_service_name(service).build();
        let registry = Registry::new();
        let scraped = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .build()
            .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
        let mut meters =
            SdkMeterProvider::builder().with_resource(resource.clone()).with_reader(scraped);
        let mut tracers = None;
        if let Some(endpoint) = &config.otlp_endpoint {
            meters = meters.with_periodic_exporter(metric_exporter(endpoint)?);
            let traces = SdkTracerProvider::builder().with_resource(resource);
            tracers = Some(traces.with_batch_exporter(span_exporter(endpoint)?).build());
        }
        let telemetry = Self { meters: meters.build(), tracers, registry };
        memory::observe(&telemetry.meter());
        Ok(telemetry)
    }

    /// Builds, and makes it the process's own: log, meters, panic hook. The first thing that a
    /// binary does after it has read its settings.
    ///
    /// # Errors
    /// The endpoint or the filter cannot be used, or this is the second call.
    pub fn start(config: &TelemetryConfig, service: &'static str) -> Result<Self, TelemetryError> {
        let telemetry = Self::build(config, service)?;
        logs::install(config, telemetry.tracers.as_ref())?;
        global::set_meter_provider(telemetry.meters.clone());
        Ok(telemetry)
    }

    /// Makes instruments.
    pub fn meter(&self) -> Meter {
        self.meters.meter(SCOPE)
    }

    /// All metrics in Prometheus' text format.
    ///
    /// # Errors
    /// Two instruments of one name disagree.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    /// Sends what has not been sent and stops the exporters; within five seconds, and on a thread
    /// of its own, since exporters block theirs.
    pub async fn flush(&self) {
        let (meters, tracers) = (self.meters.clone(), self.tracers.clone());
        let (done, flushed) = oneshot::channel();
        std::thread::spawn(move || {
            let traces = tracers.map_or(Ok(()), |tracers| tracers.shutdown());
            let metrics = meters.shutdown();
            // The receiver is gone only when the cap has passed.
            let _ = done.send(traces.and(metrics));
        });
        match tokio::time::timeout(FLUSH_CAP, flushed).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "telemetry was not flushed"),
            _ => tracing::warn!("telemetry was not flushed in time"),
        }
    }
}

fn metric_exporter(endpoint: &str) -> Result<MetricExporter, TelemetryError> {
    let built = MetricExporter::builder().with_tonic().with_endpoint(endpoint).build();
    built.map_err(|error| unusable(endpoint, &error))
}

fn span_exporter(endpoint: &str) -> Result<SpanExporter, TelemetryError> {
    let built = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    built.map_err(|error| unusable(endpoint, &error))
}

fn unusable(endpoint: &str, error: &dyn std::error::Error) -> TelemetryError {
    TelemetryError::Endpoint { endpoint: endpoint.to_owned(), problem: error.to_string() }
}
