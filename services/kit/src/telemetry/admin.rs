//! The admin port: `/metrics` for Prometheus, `/healthz` for whoever cannot speak gRPC.

use std::{io, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Telemetry;

/// The version of the text format that Prometheus expects to be named.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves until `stop` is cancelled, which comes after the drain: a draining process lives.
///
/// # Errors
/// The listener fails.
pub async fn serve_admin(
    listener: TcpListener,
    telemetry: Arc<Telemetry>,
    stop: CancellationToken,
) -> io::Result<()> {
    let router = Router::new()
        .route("/metrics", get(move || async move { metrics(&telemetry) }))
        .route("/healthz", get(|| async { "ok\n" }));
    tokio::select! {
        ended = async { axum::serve(listener, router).await } => ended,
        () = stop.cancelled() => Ok(()),
    }
}

fn metrics(telemetry: &Telemetry) -> Response {
    match telemetry.render() {
        Ok(text) => ([(CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::warn!(%error, "metrics cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
