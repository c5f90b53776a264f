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
