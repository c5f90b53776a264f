//! The spreadsheet to fill in.

use std::sync::Arc;

use unionhall_proto::common::v1::{GetImportTemplateRequest, ImportTemplate, TemplateFormat};

use super::Imports;
use crate::{
    call::Call,
    fault::{Fault, Outcome},
    reasons,
    sheet::{Layout, filled_csv, filled_xlsx},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

/// A spreadsheet as it is given out.
pub struct Spreadsheet {
    /// What its name ends with.
    pub extension: &'static str,
    /// Media type.
    pub content_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}

/// Writes a spreadsheet with these rows, cell by cell in the layout's order.
pub async fn spreadsheet(
    layout: Arc<Layout>,
    rows: Vec<Vec<String>>,
    format: TemplateFormat,
) -> Outcome<Spreadsheet> {
    if format == TemplateFormat::Csv {
        let content = filled_csv(&layout, &rows);
        return Ok(Spreadsheet { extension: "csv", content_type: CSV, content });
    }
    let written = tokio::task::spawn_blocking(move || filled_xlsx(&layout, &rows)).await;
    let content = written.map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))??;
    Ok(Spreadsheet { extension: "xlsx", content_type: XLSX, content })
}

impl Imports {
    /// The template of a kind. `IMPORT_KIND_UNKNOWN`.
    pub async fn template(&self, call: Call<GetImportTemplateRequest>) -> Outcome<ImportTemplate> {
        let kind = &call.message.kind;
        let layout = self.importer(kind)?.layout().await?;
        let made = spreadsheet(layout, Vec::new(), call.message.format()).await?;
        Ok(ImportTemplate {
            file_name: format!("{kind}.{}", made.extension),
            content_type: made.content_type.to_owned(),
            content: made.content.into(),
        })
    }
}
