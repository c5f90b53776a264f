//! The command line as a gRPC client of the suite.

pub(crate) mod import;
mod report;
mod session;
pub(crate) mod template;
mod upload;

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use unionhall_proto::registry::v1::import_service_client::ImportServiceClient;

use crate::{cli::Server, settings::Settings};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How often a silent connection is tried, and how long the answer may take.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(20));
/// Templates and pages of faults are larger than tonic's usual 4 MiB only in theory.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Puts the bearer token on every call.
#[derive(Clone)]
pub(crate) struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// The import service with a token on every call.
pub(crate) type Imports = ImportServiceClient<InterceptedService<Channel, Bearer>>;

/// Connects to the suite.
pub(crate) async fn imports(server: &Server, settings: &Settings) -> Result<Imports> {
    let file = server.token_file.clone().unwrap_or_else(|| settings.data.join("admin.token"));
    let token = fs::read_to_string(&file)
        .with_context(|| format!("{}: name the token's file with --token-file", file.display()))?;
    let bearer = Bearer(format!("Bearer {}", token.trim()).parse()?);
    let channel = Endpoint::from_shared(server.server.clone())?
        .connect_timeout(CONNECT_WITHIN)
        .http2_keep_alive_interval(ALIVE.0)
        .keep_alive_timeout(ALIVE.1)
        .connect()
        .await
        .with_context(|| format!("nothing answers at {}; is it running?", server.server))?;
    Ok(ImportServiceClient::with_interceptor(channel, bearer)
        .max_decoding_message_size(MAX_MESSAGE))
}

/// What a refusal says to a person: the text, the reason, and every field that was named.
pub(crate) fn explained(status: &Status) -> anyhow::Error {
    use tonic_types::StatusExt;
    let details = status.get_error_details();
    let reason = details.error_info().map_or("", |info| info.reason.as_str());
    let fields: Vec<String> = details
        .bad_request()
        .map(|bad| &bad.field_violations)
        .into_iter()
        .flatten()
        .map(|violation| format!("\n  {}: {}", violation.field, violation.description))
        .collect();
    anyhow::anyhow!(
        "{} ({reason}, see docs/errors/{reason}.md){}",
        status.message(),
        fields.concat()
    )
}
