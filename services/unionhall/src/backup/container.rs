//! The container: tar in gzip in age. A thread of its own writes it, so that compressing and reading
//! the database go on side by side.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use age::{Encryptor, scrypt};
use anyhow::{Context, Result, anyhow};
use flate2::{Compression, write::GzEncoder};
use tokio::{sync::mpsc, task::JoinHandle};
use unionhall_kit::backup::BackupError;

use super::passphrase::Passphrase;

/// The work of one guess: 64 MiB and a fraction of a second, which a pod has. What makes guessing
/// hopeless is the length of the passphrase.
const WORK: u8 = 16;
/// Pieces that wait for the thread.
const WAITING: usize = 4;

enum Part {
    Bytes(String, Vec<u8>),
    File(String, PathBuf),
}

/// A container that is being written.
pub(super) struct Writer {
    parts: mpsc::Sender<Part>,
    thread: JoinHandle<io::Result<()>>,
}

impl Writer {
    pub(super) fn start(file: File, passphrase: Passphrase) -> Self {
        let (parts, taken) = mpsc::channel(WAITING);
        let thread = tokio::task::spawn_blocking(move || write(file, passphrase, taken));
        Self { parts, thread }
    }

    /// Adds a file with this content.
    pub(super) async fn bytes(&mut self, name: &str, content: Vec<u8>) -> Result<()> {
        Ok(self.hand_on(name, content).await?)
    }

    /// The same amid a read.
    pub(super) async fn hand_on(
        &mut self,
        name: &str,
        content: Vec<u8>,
    ) -> Result<(), BackupError> {
        let sent = self.parts.send(Part::Bytes(name.to_owned(), content)).await;
        sent.map_err(|_| BackupError::Stopped)
    }

    /// Adds a file of the disk.
    pub(super) async fn file(&mut self, name: &str, path: PathBuf) -> Result<()> {
        let sent = self.parts.send(Part::File(name.to_owned(), path)).await;
        sent.map_err(|_| anyhow!(BackupError::Stopped))
    }

    /// Ends the container. When the thread failed, that is what went wrong, whatever `written` says.
    pub(super) async fn end<T>(self, written: Result<T>) -> Result<T> {
        drop(self.parts);
        self.thread.await?.map_err(refused).context("writing the backup")?;
        written
    }
}

fn refused(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::StorageFull => {
            anyhow!("the disk is full; make room or choose another place with --out")
        }
        _ => anyhow!(error),
    }
}

fn write(file: File, passphrase: Passphrase, mut parts: mpsc::Receiver<Part>) -> io::Result<()> {
    let mut recipient = scrypt::Recipient::new(passphrase);
    recipient.set_work_factor(WORK);
    let recipient: &dyn age::Recipient = &recipient;
    let encryptor =
        Encryptor::with_recipients(std::iter::once(recipient)).map_err(io::Error::other)?;
    let sealed = encryptor.wrap_output(BufWriter::new(file))?;
    let mut archive = tar::Builder::new(GzEncoder::new(sealed, Compression::fast()));
    while let Some(part) = parts.blocking_recv() {
        match part {
            Part::Bytes(name, content) => {
                archive.append_data(&mut head(content.len() as u64), name, content.as_slice())?;
            }
            Part::File(name, path) => {
                let file = File::open(path)?;
                let size = file.metadata()?.len();
                archive.append_data(&mut head(size), name, file)?;
            }
        }
    }
    let mut file = archive.into_inner()?.finish()?.finish()?;
    file.flush()?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn head(size: u64) -> tar::Header {
    let mut head = tar::Header::new_gnu();
    head.set_size(size);
    head.set_mode(0o600);
    head
}
