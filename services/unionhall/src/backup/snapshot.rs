//! One state of a service's database, from which the rows of a backup come.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use unionhall_kit::{
    backup::{State, Sum, Table, postgres::Session, sqlite::Copy},
    db::DbConfig,
    keys::KeyRing,
    private_file,
    rotation::{self, standings},
};
use unionhall_migrations::applied;

use super::{
    audit_state,
    container::Writer,
    database_file, feed_epoch,
    manifest::{self, Contents, Service},
};
use crate::data_folder::DataFolder;

/// Rows travel in pieces of about this size, so that a table of any size takes as much memory.
const PIECE: usize = 1 << 20;

/// One state of a service's database.
pub(super) struct Snapshot {
    schema: &'static str,
    state: State,
    /// SQLite's copy of itself, which goes with the value.
    copy: Option<PrivateCopy>,
}

impl Snapshot {
    pub(super) async fn begin(
        folder: &DataFolder,
        db: &DbConfig,
        schema: &'static str,
    ) -> Result<Self> {
        if db.url.starts_with("postgres") {
            let state = State::Postgres(Session::reading(db).await?);
            // The first statement fixes what all others see.
            ensure_register(&state, schema).await?;
            return Ok(Self { schema, state, copy: None });
        }
        let original = database_file(db);
        ensure!(original.is_file(), "there is no database {}", original.display());
        let copy = PrivateCopy::of(folder, schema)?;
        eprintln!("copying {}", original.display());
        Copy::make(db, &copy.file).await.with_context(|| {
            format!("copying {} to {}", original.display(), copy.file.display())
        })?;
        let state = State::Sqlite(Copy::open(&copy.file).await?);
        ensure_register(&state, schema).await?;
        Ok(Self { schema, state, copy: Some(copy) })
    }

    pub(super) async fn describe(&self, ring: &KeyRing) -> Result<Service> {
        let found = standings(self.state.conn()).await?;
        rotation::covers(ring, &found)
            .context("a key may have been retired meanwhile; if so, take the backup again")?;
        Ok(Service {
            schema: self.schema.to_owned(),
            engine: self.engine().to_owned(),
            migrations: applied(self.state.conn()).await?,
            tables: self.state.tables().await?,
        })
    }

    fn engine(&self) -> &'static str {
        if self.copy.is_some() { manifest::SQLITE } else { manifest::POSTGRES }
    }

    /// Writes every row, and answers what there was.
    pub(super) async fn write(
        &self,
        service: &Service,
        ring: &KeyRing,
        writer: &mut Writer,
    ) -> Result<Contents> {
        let mut contents = Contents { schema: self.schema.to_owned(), ..Contents::default() };
        for (place, table) in service.tables.iter().enumerate() {
            let sum = match &self.state {
                State::Postgres(session) => {
                    let stem = manifest::stem(self.schema, place, &table.name);
                    write_table(session, table, &stem, writer).await?
                }
                State::Sqlite(_) => self.state.sum(table).await?,
            };
            eprintln!("{}: {} rows", table.name, sum.rows);
            contents.sums.insert(table.name.clone(), sum);
        }
        contents.audit = audit_state(&self.state, self.schema, ring).await?;
        contents.feed_epoch = feed_epoch(&self.state).await?;
        match (&self.state, &self.copy) {
            (State::Postgres(session), _) => contents.sequences = session.sequences().await?,
            (State::Sqlite(_), Some(copy)) => {
                writer.file(&manifest::database(self.schema), copy.file.clone()).await?;
            }
            (State::Sqlite(_), None) => bail!("a copy without a file"),
        }
        Ok(contents)
    }

    pub(super) async fn end(self) {
        match self.state {
            State::Postgres(session) => session.close().await,
            State::Sqlite(copy) => copy.close().await,
        }
    }
}

/// Writes the rows of a table in pieces.
async fn write_table(
    session: &Session,
    table: &Table,
    stem: &str,
    writer: &mut Writer,
) -> Result<Sum> {
    let (mut piece, mut number) = (Vec::with_capacity(PIECE), 0_u64);
    let writing = &mut *writer;
    let sum = session
        .read(table, async |rows| {
            piece.extend_from_slice(rows);
            if piece.len() >= PIECE {
                number += 1;
                let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
                writing.hand_on(&manifest::piece(stem, number), full).await?;
            }
            Ok(())
        })
        .await?;
    if !piece.is_empty() {
        writer.bytes(&manifest::piece(stem, number + 1), piece).await?;
    }
    Ok(sum)
}

async fn ensure_register(state: &State, schema: &str) -> Result<()> {
    let migrations = applied(state.conn()).await?;
    ensure!(!migrations.is_empty(), "the database holds no '{schema}': no server ever ran on it");
    Ok(())
}

/// A file in the data folder that its owner alone reads; removed with the value.
struct PrivateCopy {
    file: PathBuf,
    _lock: fs::File,
}

impl PrivateCopy {
    /// Clears what a killed backup left; refuses while another one works.
    fn of(folder: &DataFolder, schema: &str) -> Result<Self> {
        let dir = folder.path().join(".backup");
        private_file::create_dir(&dir)?;
        let lock = fs::File::create(dir.join("lock"))?;
        if lock.try_lock().is_err() {
            bail!("another backup of {} is being taken", folder.path().display());
        }
        let file = dir.join(format!("{schema}.db"));
        let copy = Self { file, _lock: lock };
        copy.clear();
        Ok(copy)
    }

    fn clear(&self) {
        for ending in ["db", "db-journal", "db-wal", "db-shm"] {
            // It is not there as a rule.
            let _ = fs::remove_file(self.file.with_extension(ending));
        }
    }
}

impl Drop for PrivateCopy {
    fn drop(&mut self) {
        self.clear();
    }
}
