use sha2::{Digest, Sha256};

use super::*;
use crate::imports::{
    rows::{Read, Rows},
    store::{batch, piece::PIECE},
};

#[tokio::test]
async fn a_file_comes_back_as_it_was_sent() {
    let rig = rig().await;
    let file = thing::file(40_000, "名");
    assert!(file.len() > 2 * PIECE, "several pieces");
    let sent = rig.upload(&file).await;
    assert_eq!(sent.state(), Contract::Uploaded);
    assert_eq!(sent.file_size_bytes, i64::try_from(file.len()).unwrap());
    assert_eq!(sent.file_sha256, hex::encode(Sha256::digest(file.as_bytes())));
    assert_eq!((sent.client.as_str(), sent.etag.as_str()), ("office", "1"));
    let stored = "SELECT COUNT(*) FROM import_spool WHERE instr(sealed, 'T000001') > 0";
    assert_eq!(rig.number(stored).await, 0, "the spool is sealed");

    let id = batch::id_of(&sent.name).unwrap();
    let batch = batch::load(rig.db.reader(), id).await.unwrap().unwrap();
    let importer = Arc::clone(rig.imports.importer("things").unwrap());
    let layout = importer.layout().await.unwrap();
    let mut rows = Rows::of(&rig.imports, &*importer, &batch, layout, 39_000);
    let mut lines = Vec::new();
    while let Read::Rows(some) = rows.next().await.unwrap() {
        assert!(some.len() <= importer.rows_a_chunk());
        lines.extend(some.iter().map(|row| row.line()));
    }
    assert_eq!(lines, (39_001..=40_001).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_request_returns_the_first_batch() {
    let rig = rig().await;
    let id = "7f6c2a34-8a41-4a3c-9b57-111111111111";
    let first = rig.send(messages(id, b"a")).await.unwrap();
    let again = rig.send(messages(id, b"a")).await.unwrap();
    assert_eq!(first, again);
    let other = rig.send(messages(id, b"b")).await.unwrap_err();
    assert!(other.message().contains("request_id"), "{other}");
    assert_eq!((rig.number(BATCHES).await, rig.number(PIECES).await), (1, 1));
}

#[tokio::test]
async fn a_sender_that_vanishes_leaves_nothing() {
    let rig = rig().await;
    let begun = vec![Ok(header("")), Ok(chunk(&[b'x'; 1024 * 1024]))];
    let silent = stream::iter(begun).chain(stream::pending());
    let imports = Arc::clone(&rig.imports);
    let upload = tokio::spawn(async move { imports.upload(call(silent)).await });
    rig.becomes(PIECES, 4).await;
    assert_eq!(rig.imports.list(call(Default::default())).await.unwrap().import_batches, []);
    upload.abort();
    assert!(upload.await.unwrap_err().is_cancelled());
    rig.becomes(BATCHES, 0).await;
    assert_eq!(rig.number(PIECES).await, 0);

    let broken = vec![Ok(header("")), Ok(chunk(b"x")), Err(Status::cancelled("reset"))];
    assert_eq!(rig.send(broken).await.unwrap_err().code(), tonic::Code::Cancelled);
    assert_eq!(rig.number(BATCHES).await, 0);
}

#[tokio::test]
async fn a_file_that_is_not_as_its_header_states_leaves_nothing() {
    let rig = rig().await;
    let file = thing::file(30_000, "名").into_bytes();
    let size = i64::try_from(file.len()).unwrap();
    let digest = hex::encode(Sha256::digest(&file));
    let other = hex::encode(Sha256::digest(b"other"));
    let send = async |size: i64, digest: &str, file: &[u8]| {
        let mut all = messages("", file);
        let first = all[0].as_mut().unwrap();
        let Some(Piece::Header(header)) = &mut first.piece else { unreachable!() };
        (header.file_size_bytes, header.file_sha256) = (size, digest.to_owned());
        rig.send(all).await
    };
    // Closed too early, at the border of a message; nothing at all; too much; another file.
    let cut = &file[..512 * 1024];
    for (size, digest, file) in [
        (size, digest.as_str(), cut),
        (size, "", cut),
        (0, digest.as_str(), cut),
        (size, digest.as_str(), &[]),
        (size - 1, "", &file),
        (size, other.as_str(), &file),
    ] {
        let refused = send(size, digest, file).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument);
        assert!(refused.message().contains("send the whole file again"), "{refused}");
        assert_eq!((rig.number(BATCHES).await, rig.number(PIECES).await), (0, 0));
    }
    let early = send(5 * 1024 * 1024, "", b"x").await.unwrap_err();
    assert!(early.message().contains("at most"), "told before the bytes come: {early}");
    for (size, digest) in [(size, digest.as_str()), (size, ""), (0, digest.as_str())] {
        assert_eq!(
            send(size, digest, &file).await.unwrap().file_size_bytes,
            i64::try_from(file.len()).unwrap()
        );
    }
}

#[tokio::test]
async fn a_file_that_a_killed_process_left_is_swept() {
    let rig = rig().await;
    let id = rig.imports.ledger.ids().fresh();
    let actor = Actor::of(&call(()).caller);
    let tx = rig.db.begin().await.unwrap();
    let now = rig.imports.ledger.clock().now();
    batch::begin_upload(tx.conn(), id, "things", "f", &actor, now).await.unwrap();
    tx.commit().await.unwrap();
    let kept = rig.upload("x").await;
    for (minutes, left) in [(59, 2), (2, 1)] {
        rig.clock.advance(chrono::TimeDelta::minutes(minutes));
        let worker = rig.worker();
        rig.becomes(BATCHES, left).await;
        stop(worker).await;
    }
    assert_eq!(rig.get(&kept.name).await, kept);
}

#[tokio::test]
async fn messages_out_of_order_are_refused() {
    let rig = rig().await;
    let too_large = vec![b'x'; 4 * 1024 * 1024 + 1];
    let long = UploadImportRequest { piece: Some(Piece::Chunk(vec![0; 1024 * 1024 + 1].into())) };
    let nothing = UploadImportRequest { piece: None };
    let cases = [
        vec![],
        vec![Ok(chunk(b"x"))],
        vec![Ok(header("")), Ok(header(""))],
        vec![Ok(header("")), Ok(nothing)],
        vec![Ok(header("")), Ok(long)],
        vec![Ok(header("no uuid"))],
        messages("", &too_large),
    ];
    for case in cases {
        let refused = rig.send(case).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused}");
    }
    let mut unknown = header("");
    if let Some(Piece::Header(header)) = &mut unknown.piece {
        header.kind = "stars".into();
    }
    let refused = rig.send(vec![Ok(unknown)]).await.unwrap_err();
    assert!(refused.message().contains("'stars'"), "{refused}");
    assert!(refused.message().contains("things"), "{refused}");
    assert_eq!(rig.number(BATCHES).await, 0);
}
