//! Sends a file with its size and digest ahead, so that half of it is never taken for the whole.

use std::{
    fs::File,
    io::{Read, Seek},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use unionhall_proto::common::v1::{
    ImportBatch, UploadImportRequest,
    upload_import_request::{Piece, UploadHeader},
};

use super::{Imports, explained, import::style};
use crate::cli::Kind;

const CHUNK: usize = 512 * 1024;

/// Uploads the file and gives its batch.
pub(super) async fn upload(client: &mut Imports, kind: Kind, path: PathBuf) -> Result<ImportBatch> {
    let named = path.display().to_string();
    let opened = tokio::task::spawn_blocking(move || open(kind, &path)).await?;
    let (mut file, header) = opened.context(named)?;
    let size = header.file_size_bytes.unsigned_abs();
    let bar = ProgressBar::new(size).with_style(style("{bytes}/{total_bytes}")?);
    bar.set_message("uploading");
    let (pieces, stream) = mpsc::channel(4);
    let mut open = Some(pieces.clone());
    let shown = bar.clone();
    // The file system blocks, so reading has a thread of its own; it ends when the server stops
    // listening, and the call tells why.
    let reading = tokio::task::spawn_blocking(move || -> std::io::Result<()> {
        let first = UploadImportRequest { piece: Some(Piece::Header(header)) };
        if pieces.blocking_send(first).is_err() {
            return Ok(());
        }
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = file.read(&mut chunk)?;
            shown.inc(read as u64);
            let piece = Piece::Chunk(chunk[..read].to_vec().into());
            let request = UploadImportRequest { piece: Some(piece) };
            if read == 0 || pieces.blocking_send(request).is_err() {
                return Ok(());
            }
        }
    });
    let call = client.upload_import(ReceiverStream::new(stream));
    // A file that cannot be read to its end must not look like a whole one: its stream stays open
    // until the call is dropped, and the server keeps nothing.
    let reading = async {
        reading.await??;
        open.take();
        anyhow::Ok(())
    };
    let (answer, ()) = tokio::try_join!(async { anyhow::Ok(call.await) }, reading)?;
    bar.finish_and_clear();
    Ok(answer.map_err(|status| explained(&status))?.into_inner())
}

/// The file at its first byte, and what is said of it before that byte. A file that changes while it
/// is sent is refused, for its digest is another one.
fn open(kind: Kind, path: &Path) -> Result<(File, UploadHeader)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0_i64;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
        size += i64::try_from(read)?;
    }
    file.rewind()?;
    let header = UploadHeader {
        kind: kind.name().to_owned(),
        file_name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        request_id: String::new(),
        file_size_bytes: size,
        file_sha256: hex::encode(digest.finalize()),
    };
    Ok((file, header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_announced_with_its_size_and_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("单位.csv");
        let content = "甲,".repeat(CHUNK / 2);
        std::fs::write(&path, &content).unwrap();
        let (mut file, header) = open(Kind::Employers, &path).unwrap();
        assert_eq!((header.kind.as_str(), header.file_name.as_str()), ("employers", "单位.csv"));
        assert_eq!(header.file_size_bytes, i64::try_from(content.len()).unwrap());
        assert_eq!(header.file_sha256, hex::encode(Sha256::digest(&content)));
        let mut sent = String::new();
        file.read_to_string(&mut sent).unwrap();
        assert_eq!(sent, content, "it is read again from its first byte");
    }
}
