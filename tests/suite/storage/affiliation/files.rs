//! What the writers do by spreadsheet: unions and coverage come in, and some of it is taken back.

use std::fmt::Write;

use anyhow::Result;
use tokio_stream::StreamExt;
use tonic::{Response, Status};
use unionhall_kit::{call::Call, fault::Fault};
use unionhall_proto::{
    common::v1::{
        CommitImportBatchRequest, ImportBatch, UndoImportBatchRequest, UploadImportRequest,
        ValidateImportBatchRequest, WatchImportBatchRequest,
        import_batch::State,
        upload_import_request::{Piece, UploadHeader},
    },
    google::r#type::Date,
};

use super::{deeds::Dice, hall::Hall};
use crate::storage::restructure::everywhere;

/// Rows of a file.
const ROWS: usize = 12;
const COVERAGE: &str = "单位代码,覆盖工会,覆盖起始日期,原覆盖工会,终止覆盖日期\n";
const UNIONS: &str = "工会名称,组织类型,组织形式,组织层级,上级工会,住所所在社区,建会日期,服务站设立日期,信息生效日期\n";

impl Hall {
    /// A file of coverage, of which half is taken back again.
    pub(super) async fn import_coverage(&self, dice: &Dice) -> Result<()> {
        let mut text = COVERAGE.to_owned();
        for row in 0..ROWS {
            let Some(employer) = self.employer(dice.one + row) else { return Ok(()) };
            let union = |at: usize| self.union(at).map(|union| self.title(&union));
            let (union, previous) = (union(dice.other + 3 * row), union(dice.third + row));
            let from = text_of(self.date(dice.day + i32::try_from(row)?));
            let employer = self.title(&employer);
            // Some leave the union that they are in, if it is that one; some any union.
            let previous = previous.filter(|_| row.is_multiple_of(3)).unwrap_or_default();
            match union.filter(|_| !row.is_multiple_of(5)) {
                Some(union) => writeln!(text, "{employer},{union},{from},{previous},")?,
                None => writeln!(text, "{employer},,,,{from}")?,
            }
        }
        self.import("coverage", text, dice).await
    }

    /// A file of new unions and of some that are known, of which half is taken back again.
    pub(super) async fn import_unions(&self, dice: &Dice) -> Result<()> {
        let mut text = UNIONS.to_owned();
        for row in 0..ROWS {
            let Some(superior) = self.union(dice.one + row) else { return Ok(()) };
            let superior = self.title(&superior);
            let known = self.union(dice.other + row).filter(|_| row.is_multiple_of(2));
            let seat = self.community(dice.third + row);
            let seat = seat.trim_start_matches("areas/");
            let from = text_of(self.date(dice.day + i32::try_from(row)?));
            match known.map(|union| self.title(&union)) {
                Some(name) => writeln!(text, "{name},,,,{superior},{seat},,{from},{from}")?,
                None => {
                    let name = format!("北京某某第{}工会", self.serial());
                    let kind = "JOINT,COMMITTEE,BASIC";
                    writeln!(text, "{name},{kind},{superior},{seat},{from},,{from}")?;
                }
            }
        }
        self.import("unions", text, dice).await
    }

    async fn import(&self, kind: &str, text: String, dice: &Dice) -> Result<()> {
        let what = format!("import {kind}");
        let content = text.into_bytes();
        let header = UploadHeader {
            kind: kind.to_owned(),
            file_name: format!("{kind}.csv"),
            ..UploadHeader::default()
        };
        let pieces = [Piece::Header(header), Piece::Chunk(content.into())];
        let pieces =
            pieces.map(|piece| Ok::<_, Status>(UploadImportRequest { piece: Some(piece) }));
        let uploaded = self.imports.upload(whole(tokio_stream::iter(pieces))?).await;
        let Some(batch) = self.answered(&what, uploaded.map(Response::new))? else { return Ok(()) };
        let name = batch.name;

        let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
        let begun = self.imports.validate(whole(asked)?).await;
        let Some(checked) = self.rested(&what, &name, begun).await? else { return Ok(()) };
        if checked.state() != State::Validated || checked.valid_row_count == 0 {
            return Ok(());
        }
        let asked = CommitImportBatchRequest {
            name: name.clone(),
            only_valid_rows: true,
            ..Default::default()
        };
        let begun = self.imports.commit(whole(asked)?).await;
        let applied = self.rested(&what, &name, begun).await?;
        if applied.is_some_and(|batch| batch.state() == State::Applied)
            && dice.third.is_multiple_of(2)
        {
            let asked = UndoImportBatchRequest { name: name.clone(), ..Default::default() };
            let begun = self.imports.undo(whole(asked)?).await;
            self.rested(&what, &name, begun).await?;
        }
        Ok(())
    }

    /// The batch once nobody works on it.
    async fn rested(
        &self,
        what: &str,
        name: &str,
        begun: Result<ImportBatch, Fault>,
    ) -> Result<Option<ImportBatch>> {
        let begun = begun.map(Response::new).map_err(Status::from);
        let Some(mut batch) = self.answered(what, begun)? else { return Ok(None) };
        let mut watched = false;
        while !watched {
            let asked = WatchImportBatchRequest { name: name.to_owned() };
            let watch = self.imports.watch(whole(asked)?).await;
            let watch = watch.map(Response::new).map_err(Status::from);
            let Some(mut watch) = self.answered(what, watch)? else { continue };
            watched = true;
            // A watch that the database breaks is opened again: the batch is not to be left working.
            while let Some(next) = watch.next().await {
                match self.answered(what, next.map(Response::new))? {
                    Some(next) => batch = next,
                    None => watched = false,
                }
            }
        }
        anyhow::ensure!(batch.failure.is_none(), "{what}: {batch:?}");
        Ok(Some(batch))
    }
}

fn whole<T>(message: T) -> Result<Call<T>> {
    Ok(Call::accept(everywhere(message))?)
}

fn text_of(day: Option<Date>) -> String {
    let Date { year, month, day } = day.unwrap_or_default();
    format!("{year}-{month:02}-{day:02}")
}
