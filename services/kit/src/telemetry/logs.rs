//! The log of the process, on standard error; standard output belongs to the commands.

use std::{
    io::{self, IsTerminal},
    panic,
};

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::filter_fn,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::{SCOPE, TelemetryError};
use crate::config::{LogFormat, TelemetryConfig};

pub(super) fn install(
    config: &TelemetryConfig,
    tracers: Option<&SdkTracerProvider>,
) -> Result<(), TelemetryError> {
    let subscriber = subscriber(config, tracers, io::stderr, io::stderr().is_terminal())?;
    subscriber.try_init().map_err(|_| TelemetryError::Twice)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        // A panic's text may quote the value at fault.
        tracing::error!(place, "a task panicked; its text is withheld");
    }));
    Ok(())
}

/// The log and the exporter, each with a filter of its own.
pub(super) fn subscriber<W>(
    config: &TelemetryConfig,
    tracers: Option<&SdkTracerProvider>,
    writer: W,
    colours: bool,
) -> Result<impl Subscriber + Send + Sync + use<W>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&config.log_filter).map_err(|error| {
        TelemetryError::Filter { filter: config.log_filter.clone(), problem: error.to_string() }
    })?;
    let lines = fmt::layer().with_writer(writer).with_ansi(colours);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log_format {
        LogFormat::Text => lines.with_target(false).with_filter(filter).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed()
        }
    };
    let spans = tracers.map(|tracers| {
        tracing_opentelemetry::layer()
            .with_tracer(tracers.tracer(SCOPE))
            .with_filter(filter_fn(our_own))
    });
    Ok(tracing_subscriber::registry().with(lines).with(spans))
}

/// The exporter's own calls must not be exported in their turn.
fn our_own(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with(SCOPE) && *metadata.level() <= Level::INFO
}
