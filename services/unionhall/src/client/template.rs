//! Writes the spreadsheet to fill in.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, Result};
use unionhall_proto::common::v1::{GetImportTemplateRequest, TemplateFormat};

use super::{explained, imports};
use crate::{cli::Template, settings::Settings};

/// Asks the suite for the template and writes it.
pub(crate) async fn template(ask: &Template, settings: &Settings) -> Result<ExitCode> {
    let csv = ask.out.as_ref().is_some_and(|out| out.extension().is_some_and(|e| e == "csv"));
    let format = if csv { TemplateFormat::Csv } else { TemplateFormat::Xlsx };
    let request =
        GetImportTemplateRequest { kind: ask.kind.name().to_owned(), format: format.into() };
    let template = imports(&ask.server, settings)
        .await?
        .get_import_template(request)
        .await
        .map_err(|status| explained(&status))?
        .into_inner();
    let out = ask.out.clone().unwrap_or_else(|| PathBuf::from(&template.file_name));
    fs::write(&out, &template.content).with_context(|| out.display().to_string())?;
    println!(
        "{}: fill in the first sheet, then: unionhall import {} {}",
        out.display(),
        ask.kind.name(),
        out.display()
    );
    Ok(ExitCode::SUCCESS)
}
