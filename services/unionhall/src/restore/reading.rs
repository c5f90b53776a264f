//! The container, read by a thread of its own. Whatever is wrong with it is an error before its end
//! was reached, and every byte of it is authenticated.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use age::{DecryptError, Decryptor, scrypt};
use anyhow::{Context, Result, anyhow, bail};
use flate2::bufread::GzDecoder;
use tokio::sync::mpsc;

use crate::backup::passphrase::Passphrase;

/// What is handed on at once.
const PIECE: usize = 1 << 20;
/// Pieces that wait for who takes them.
const WAITING: usize = 4;
/// The most work that a container may ask for: 1 GiB. The tool age asks for a quarter of it.
const MOST_WORK: u8 = 20;

/// A piece of an entry.
pub(super) struct Piece {
    /// The entry.
    pub(super) name: String,
    /// The next bytes of it.
    pub(super) bytes: Vec<u8>,
    /// Whether they are its last ones.
    pub(super) last: bool,
}

/// A container that is being read.
pub(super) struct Reading {
    pieces: mpsc::Receiver<Result<Piece>>,
    file: PathBuf,
}

impl Reading {
    pub(super) fn start(file: &Path, passphrase: Passphrase) -> Result<Self> {
        let (sender, pieces) = mpsc::channel(WAITING);
        let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        tokio::task::spawn_blocking(move || {
            if let Err(error) = read(opened, passphrase, &sender) {
                // Whoever does not take it has an error of its own.
                let _ = sender.blocking_send(Err(error));
            }
        });
        Ok(Self { pieces, file: file.to_owned() })
    }

    /// The next piece; `None` behind the last one of a container that is whole.
    pub(super) async fn next(&mut self) -> Result<Option<Piece>> {
        let piece = self.pieces.recv().await.transpose();
        piece.with_context(|| format!("the backup {}", self.file.display()))
    }

    /// The next entry as a whole; for small ones.
    pub(super) async fn entry(&mut self) -> Result<Option<(String, Vec<u8>)>> {
        let Some(mut piece) = self.next().await? else { return Ok(None) };
        while !piece.last {
            let Some(more) = self.next().await? else { bail!(cut()) };
            piece.bytes.extend_from_slice(&more.bytes);
            piece.last = more.last;
        }
        Ok(Some((piece.name, piece.bytes)))
    }
}

/// What is said of a container that ends too early.
pub(super) fn cut() -> anyhow::Error {
    anyhow!("it is cut: it was not written or copied to its end; take another copy of it")
}

fn read(file: File, passphrase: Passphrase, sender: &mpsc::Sender<Result<Piece>>) -> Result<()> {
    let decryptor = Decryptor::new_buffered(BufReader::new(file)).map_err(refused)?;
    let mut identity = scrypt::Identity::new(passphrase);
    identity.set_max_work_factor(MOST_WORK);
    let identity: &dyn age::Identity = &identity;
    let opened = decryptor.decrypt(std::iter::once(identity)).map_err(refused)?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(opened)));
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.display().to_string();
        let mut left = entry.size();
        loop {
            let mut bytes = vec![0; usize::try_from(left).unwrap_or(PIECE).min(PIECE)];
            entry.read_exact(&mut bytes).map_err(damaged)?;
            left -= bytes.len() as u64;
            let piece = Piece { name: name.clone(), bytes, last: left == 0 };
            if sender.blocking_send(Ok(piece)).is_err() {
                return Ok(());
            }
            if left == 0 {
                break;
            }
        }
    }
    // The end of the archive is not yet the end of what is authenticated.
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;
    io::copy(&mut rest.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(())
}

fn refused(error: DecryptError) -> anyhow::Error {
    match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys
        | DecryptError::InvalidMac => anyhow!(
            "the passphrase does not open it: give the one that it was written with, or another \
             copy of the backup if its first bytes are damaged"
        ),
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => {
            anyhow!("it is no backup of unionhall, or its first bytes are damaged")
        }
        DecryptError::Io(error) => damaged(error),
        other => anyhow!("it cannot be opened: {other}"),
    }
}

fn damaged(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => cut(),
        _ => anyhow!("it is damaged ({error}); take another copy of it"),
    }
}
