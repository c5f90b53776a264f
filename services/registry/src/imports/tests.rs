//! Files of employers, members, areas and the base register, from their bytes to the figures and back.

mod areas;
mod base_register;
mod confirmations;
mod coverage;
mod demo;
mod demo_members;
mod demo_unions;
mod employers;
mod members;
mod unions;

use std::sync::Arc;

use futures::{StreamExt, stream};
use tonic::Status;
use unionhall_kit::{
    call::Call,
    figures::{MetricId, read},
    imports::Imports,
    path::Line,
};
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, ImportBatch, ImportFault, ListImportFaultsRequest,
    UndoImportBatchRequest, UploadImportRequest, ValidateImportBatchRequest,
    WatchImportBatchRequest,
    import_batch::State,
    upload_import_request::{Piece, UploadHeader},
};

use super::imports;
use crate::{
    rules::{area::AreaPath, contribution::Metric},
    testing::{Rig, call_with, call_within, rig},
};

/// A register in 2024, after everything that a synthetic file tells of.
struct Desk {
    rig: Rig,
    imports: Arc<Imports>,
    scope: &'static str,
}

async fn desk() -> Desk {
    let rig = rig().await;
    rig.clock.set("2024-06-03T02:00:00Z".parse().unwrap());
    let imports = imports(&rig.register);
    Desk { rig, imports, scope: "11" }
}

impl Desk {
    fn call<T>(&self, message: T) -> Call<T> {
        Call::accept(call_within(self.scope, message)).unwrap()
    }

    async fn upload(&self, kind: &str, file: &[u8]) -> String {
        let (kind, file_name) = (kind.to_owned(), "file.csv".to_owned());
        let header = UploadHeader { kind, file_name, ..Default::default() };
        let chunks = file.chunks(1024 * 1024).map(|bytes| Piece::Chunk(bytes.to_vec().into()));
        let pieces: Vec<Piece> = std::iter::once(Piece::Header(header)).chain(chunks).collect();
        let message = |piece| Ok::<_, Status>(UploadImportRequest { piece: Some(piece) });
        let messages = stream::iter(pieces.into_iter().map(message));
        self.imports.upload(self.call(messages)).await.unwrap().name
    }

    /// Lets the job work until the batch rests. The job dies whenever `dies` says so.
    async fn rest(&self, name: &str, mut dies: impl FnMut(&ImportBatch) -> bool) -> ImportBatch {
        let work = || tokio::spawn(Arc::clone(&self.imports).run());
        let mut worker = work();
        let asked = WatchImportBatchRequest { name: name.to_owned() };
        let mut watch = self.imports.watch(self.call(asked)).await.unwrap();
        let mut last = None;
        while let Some(batch) = watch.next().await {
            let batch = batch.unwrap();
            if dies(&batch) {
                worker.abort();
                assert!(worker.await.unwrap_err().is_cancelled());
                worker = work();
            }
            last = Some(batch);
        }
        worker.abort();
        assert!(worker.await.unwrap_err().is_cancelled());
        last.unwrap()
    }

    async fn validate(&self, kind: &str, file: &[u8]) -> ImportBatch {
        let name = self.upload(kind, file).await;
        let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
        self.imports.validate(self.call(asked)).await.unwrap();
        self.rest(&name, |_| false).await
    }

    async fn begin_commit(&self, name: &str) {
        let asked = CommitImportBatchRequest {
            name: name.to_owned(),
            only_valid_rows: true,
            ..Default::default()
        };
        self.imports.commit(self.call(asked)).await.unwrap();
    }

    async fn import(&self, kind: &str, file: &[u8]) -> ImportBatch {
        let name = self.validate(kind, file).await.name;
        self.begin_commit(&name).await;
        let batch = self.rest(&name, |_| false).await;
        assert_eq!(batch.state(), State::Applied);
        batch
    }

    async fn undo(&self, name: &str) -> ImportBatch {
        let asked = UndoImportBatchRequest { name: name.to_owned(), ..Default::default() };
        self.imports.undo(self.call(asked)).await.unwrap();
        let batch = self.rest(name, |_| false).await;
        assert_eq!(batch.state(), State::Undone);
        batch
    }

    async fn faults(&self, name: &str) -> Vec<ImportFault> {
        let (mut all, mut page_token) = (Vec::new(), String::new());
        loop {
            let parent = name.to_owned();
            let asked = ListImportFaultsRequest { parent, page_size: 1_000, page_token };
            let page = self.imports.faults(self.call(asked)).await.unwrap();
            all.extend(page.import_faults);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// A figure at an area on a day.
    async fn figure(&self, metric: Metric, area: &str, day: &str) -> i64 {
        self.figure_of(metric.id(), area, day).await
    }

    async fn figure_of(&self, metric: MetricId, area: &str, day: &str) -> i64 {
        self.rig.sequencer.drain().await.unwrap();
        let question = read::Question {
            metric,
            line: Line::Area,
            node: AreaPath::parse(area).unwrap().path().clone(),
            day: day.parse().unwrap(),
        };
        read::values(self.rig.register.ledger.db(), &[question]).await.unwrap()[0]
    }
}

/// Line, column and code of each fault.
fn told(faults: &[ImportFault]) -> Vec<(i32, &str, &str)> {
    faults.iter().map(|fault| (fault.line, fault.column.as_str(), fault.code.as_str())).collect()
}

#[tokio::test]
async fn a_kind_is_imported_by_those_who_may_write_it() {
    const KINDS: [(&str, &[&str]); 7] = [
        ("areas", &["registry.areas.write"]),
        ("employers", &["registry.employers.write"]),
        ("base_register", &["registry.base_registers.write"]),
        ("unions", &["registry.unions.write"]),
        ("coverage", &["registry.coverage.write"]),
        ("members", &["registry.members.write", "registry.members.lookup"]),
        ("confirmations", &["registry.members.write"]),
    ];
    let desk = desk().await;
    let upload = async |permissions: &[&str], kind: &str| {
        let (kind, file_name) = (kind.to_owned(), "file.csv".to_owned());
        let header = UploadHeader { kind, file_name, ..Default::default() };
        let pieces = [Piece::Header(header), Piece::Chunk("x".into())];
        let message = |piece| Ok::<_, Status>(UploadImportRequest { piece: Some(piece) });
        let sent = stream::iter(pieces.map(message));
        let call = Call::accept(call_with(permissions, "11", sent)).unwrap();
        desk.imports.upload(call).await.map_err(|status| status.code())
    };
    for (kind, needed) in KINDS {
        assert!(upload(needed, kind).await.is_ok(), "{kind}");
        for lacking in needed {
            let some = ["registry.imports.write", "registry.members.read"].into_iter();
            let some: Vec<&str> =
                some.chain(needed.iter().copied().filter(|p| p != lacking)).collect();
            let refused = upload(&some, kind).await.unwrap_err();
            assert_eq!(refused, tonic::Code::PermissionDenied, "{kind} without {lacking}");
        }
    }
}
