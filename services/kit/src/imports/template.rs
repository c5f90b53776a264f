//! The spreadsheet to fill in.

use unionhall_proto::common::v1::{GetImportTemplateRequest, ImportTemplate, TemplateFormat};

use super::Imports;
use crate::{
    call::Call,
    fault::{Fault, Outcome},
    reasons,
    sheet::{template_csv, template_xlsx},
};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const CSV: &str = "text/csv; charset=utf-8";

impl Imports {
    /// The template of a kind. `IMPORT_KIND_UNKNOWN`.
    pub async fn template(&self, call: Call<GetImportTemplateRequest>) -> Outcome<ImportTemplate> {
        let kind = &call.message.kind;
        let layout = self.importer(kind)?.layout().await?;
        if call.message.format() == TemplateFormat::Csv {
            return Ok(ImportTemplate {
                file_name: format!("{kind}.csv"),
                content_type: CSV.to_owned(),
                content: template_csv(&layout).into(),
            });
        }
        let written = tokio::task::spawn_blocking(move || template_xlsx(&layout)).await;
        let content =
            written.map_err(|error| Fault::new(&reasons::INTERNAL).caused_by(error))??;
        Ok(ImportTemplate {
            file_name: format!("{kind}.xlsx"),
            content_type: XLSX.to_owned(),
            content: content.into(),
        })
    }
}
