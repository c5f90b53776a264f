use unionhall_proto::common::v1::{GetImportTemplateRequest, ListImportBatchesRequest};

use super::*;
use crate::sheet::Book;

#[tokio::test]
async fn a_batch_is_seen_by_its_client_and_by_its_scope_alone() {
    let rig = rig().await;
    let name = rig.upload("x").await.name;
    for (client, area, seen) in [
        ("office", "110102", true),
        ("office", "110101", true),
        ("deputy", "110102", true),
        ("city", "1101", false),
        ("street", "110102012", false),
        ("nobody", "", false),
    ] {
        let get = GetImportBatchRequest { name: name.clone() };
        let got = rig.imports.get(call_by(client, area, get)).await;
        assert_eq!(got.is_ok(), seen, "{client}");
        let list = rig.imports.list(call_by(client, area, Default::default())).await.unwrap();
        assert_eq!(list.import_batches.len(), usize::from(seen), "{client}");
        if let Err(fault) = got {
            assert_eq!(fault.reason(), &reasons::NOT_FOUND);
            let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
            let hidden = rig.imports.validate(call_by(client, area, asked)).await.unwrap_err();
            assert_eq!(hidden.reason(), &reasons::NOT_FOUND);
        }
    }
}

#[tokio::test]
async fn a_kind_asks_for_its_own_permissions() {
    let rig = rig().await;
    let file = format!("{}T1,物,-1\n", thing::HEADER);
    let name = rig.upload(&file).await.name;
    let reads = &["test.things.read"][..];
    let all = ["test.things.write", "test.things.try", "test.things.read"];
    for (permissions, lacks) in
        [(reads, "test.things.write"), (&all[..1], "test.things.try"), (&all[1..], all[0])]
    {
        let sent = stream::iter(messages("", file.as_bytes()));
        let refused =
            rig.imports.upload(call_with(permissions, "office", "110102", sent)).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::PermissionDenied);
        assert!(refused.message().contains(lacks), "{refused}");
        let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
        let asked = call_with(permissions, "office", "110102", asked);
        denied(rig.imports.validate(asked).await, lacks);
        let asked = CommitImportBatchRequest { name: name.clone(), ..Default::default() };
        let asked = call_with(permissions, "office", "110102", asked);
        denied(rig.imports.commit(asked).await, lacks);
        let asked = UndoImportBatchRequest { name: name.clone(), ..Default::default() };
        denied(rig.imports.undo(call_with(permissions, "office", "110102", asked)).await, lacks);
    }
    assert_eq!(rig.number(BATCHES).await, 1, "nothing was taken");

    assert_eq!(rig.validate(&name).await.fault_count, 1);
    let asked = || ListImportFaultsRequest { parent: name.clone(), ..Default::default() };
    let writes = call_with(&all[..2], "office", "110102", asked());
    denied(rig.imports.faults(writes).await, "test.things.read");
    let read = rig.imports.faults(call_with(reads, "office", "110102", asked())).await.unwrap();
    assert_eq!(read.import_faults.len(), 1);
}

#[tokio::test]
async fn a_repetition_is_authorised_again() {
    let rig = rig().await;
    let name = rig.upload("x").await.name;
    let request_id = "01234567-0123-7123-8123-012345678901";
    let asked = || ValidateImportBatchRequest { name: name.clone(), request_id: request_id.into() };
    rig.imports.validate(call(asked())).await.unwrap();
    assert!(rig.imports.validate(call(asked())).await.is_ok());
    let again = call_with(&["test.things.read"], "office", "110102", asked());
    denied(rig.imports.validate(again).await, "test.things.write");
}

fn denied<T: std::fmt::Debug>(answer: Outcome<T>, permission: &str) {
    let fault = answer.unwrap_err();
    assert_eq!(fault.reason(), &reasons::PERMISSION_DENIED);
    assert!(fault.english().contains(permission), "{fault}");
}

#[tokio::test]
async fn two_clients_without_a_scope_share_nothing() {
    let rig = rig().await;
    let sent = stream::iter(messages("", b"x"));
    let name = rig.imports.upload(call_by("one", "", sent)).await.unwrap().name;
    let get =
        |client| rig.imports.get(call_by(client, "", GetImportBatchRequest { name: name.clone() }));
    assert!(get("one").await.is_ok());
    assert!(get("two").await.is_err());
    let list = rig.imports.list(call_by("two", "", Default::default())).await.unwrap();
    assert_eq!(list.import_batches, []);
}

#[tokio::test]
async fn batches_are_listed_newest_first_page_by_page() {
    let rig = rig().await;
    let mut names = Vec::new();
    for _ in 0..5 {
        rig.clock.advance(chrono::TimeDelta::seconds(1));
        names.push(rig.upload("x").await.name);
    }
    names.reverse();
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    for size in [2, 2, 1] {
        let asked = ListImportBatchesRequest { page_size: 2, page_token };
        let page = rig.imports.list(call(asked)).await.unwrap();
        assert_eq!(page.import_batches.len(), size);
        listed.extend(page.import_batches.into_iter().map(|batch| batch.name));
        page_token = page.next_page_token;
    }
    assert_eq!((listed, page_token), (names, String::new()));
    let stray = ListImportBatchesRequest { page_token: "stray".into(), ..Default::default() };
    let refused = rig.imports.list(call(stray)).await.unwrap_err();
    assert_eq!(refused.reason(), &reasons::PAGE_TOKEN_INVALID);
}

#[tokio::test]
async fn a_watch_ends_with_the_server() {
    let rig = rig().await;
    let name = rig.upload("x").await.name;
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    rig.imports.validate(call(asked)).await.unwrap();
    let mut watched = call(WatchImportBatchRequest { name });
    let begun = crate::server::DrainToken::drained();
    watched.drain = begun;
    let mut watch = rig.imports.watch(watched).await.unwrap();
    assert_eq!(watch.next().await.unwrap().unwrap().state(), Contract::Validating);
    let end = watch.next().await.unwrap().unwrap_err();
    assert_eq!(end.code(), tonic::Code::Unavailable);
    assert!(watch.next().await.is_none());
}

#[tokio::test]
async fn a_template_is_accepted_as_a_header() {
    let rig = rig().await;
    for format in [0, 1, 2] {
        let asked = GetImportTemplateRequest { kind: "things".into(), format };
        let template = rig.imports.template(call(asked)).await.unwrap();
        assert!(template.file_name.starts_with("things."), "{}", template.file_name);
        let layout = rig.imports.importer("things").unwrap().layout().await.unwrap();
        let file = std::io::Cursor::new(template.content);
        let mut book = Book::open(file, None).unwrap();
        assert!(book.records(&layout).is_ok(), "{format}");
    }
    let unknown = GetImportTemplateRequest { kind: "stars".into(), format: 0 };
    let refused = rig.imports.template(call(unknown)).await.unwrap_err();
    assert_eq!(refused.reason(), &reasons::IMPORT_KIND_UNKNOWN);
}
