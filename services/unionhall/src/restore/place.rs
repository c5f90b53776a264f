//! The place of a restored database: a transaction of PostgreSQL, or a file beside its name.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use unionhall_kit::{
    backup::{
        State, Table,
        postgres::{Filling, Session},
        sqlite::Copy,
    },
    db::DbConfig,
    private_file,
};
use unionhall_migrations::{applied, raise, registry};

use super::staging;
use crate::{
    backup::{
        SCHEMAS, database_file,
        manifest::{self, Service},
    },
    settings::Settings,
};

/// Where a database is brought back.
pub(super) enum Place {
    /// Committed or gone as a whole.
    Postgres {
        /// The transaction.
        session: Session,
        /// The table that is being filled, and its name.
        filling: Option<(String, Filling)>,
    },
    /// Renamed or removed as a whole.
    Sqlite {
        /// What is being written.
        draft: PathBuf,
        /// It, while it is written.
        open: Option<File>,
        /// Its place.
        file: PathBuf,
    },
}

impl Place {
    /// An empty place with the schema of the backup.
    pub(super) async fn open(settings: &Settings, service: &Service) -> Result<Self> {
        let db = settings.db(&service.schema);
        let postgres = db.url.starts_with("postgres");
        let engine = if postgres { manifest::POSTGRES } else { manifest::SQLITE };
        ensure!(
            service.engine == engine,
            "it is a backup of {}, and this is {engine}; name a database of that engine with \
             --database-url",
            service.engine
        );
        if postgres {
            let session = Session::writing(&db).await.context("the database")?;
            prepare(&session, service).await?;
            return Ok(Self::Postgres { session, filling: None });
        }
        let (file, draft) = (database_file(&db), draft(&db));
        remove(&draft)?;
        let open = Some(staging::create(&draft)?);
        Ok(Self::Sqlite { draft, open, file })
    }

    /// A database that is there.
    pub(super) async fn look(settings: &Settings, schema: &str) -> Result<State> {
        let db = settings.db(schema);
        Ok(if db.url.starts_with("postgres") {
            State::Postgres(Session::reading(&db).await?)
        } else {
            State::Sqlite(Copy::open(&database_file(&db)).await?)
        })
    }

    /// Rows of a table, wherever they are cut. Tables come one behind the other.
    pub(super) async fn rows(&mut self, table: &Table, bytes: &[u8]) -> Result<()> {
        let Self::Postgres { session, filling } = self else {
            bail!("rows of PostgreSQL in a backup of SQLite")
        };
        if filling.as_ref().is_none_or(|(name, _)| *name != table.name) {
            end(filling).await?;
            eprintln!("loading {}", table.name);
            *filling = Some((table.name.clone(), session.fill(table).await?));
        }
        if let Some((_, filling)) = filling {
            filling.rows(bytes).await?;
        }
        Ok(())
    }

    /// The next bytes of the file.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Sqlite { open: Some(file), draft, .. } => {
                file.write_all(bytes).with_context(|| format!("writing {}", draft.display()))
            }
            _ => bail!("a file of SQLite in a backup of PostgreSQL"),
        }
    }

    /// Everything came; what is there can be looked at.
    pub(super) async fn state(self) -> Result<(State, Option<Move>)> {
        match self {
            Self::Postgres { session, mut filling } => {
                end(&mut filling).await?;
                Ok((State::Postgres(session), None))
            }
            Self::Sqlite { draft, open, file } => {
                drop(open);
                let copy = Copy::open(&draft).await?;
                ensure!(copy.is_sound().await?, "SQLite finds its file damaged");
                Ok((State::Sqlite(copy), Some(Move { draft, file })))
            }
        }
    }
}

/// A file that only lacks its name.
pub(super) struct Move {
    draft: PathBuf,
    file: PathBuf,
}

/// A database that was checked.
pub(super) struct Checked {
    state: State,
    rename: Option<Move>,
}

impl Checked {
    pub(super) fn new(state: State, rename: Option<Move>) -> Self {
        Self { state, rename }
    }

    /// Makes it the database.
    pub(super) async fn commit(self) -> Result<()> {
        match self.state {
            State::Postgres(session) => session.commit().await?,
            State::Sqlite(copy) => copy.close().await,
        }
        if let Some(Move { draft, file }) = self.rename {
            File::open(&draft)?.sync_all()?;
            fs::rename(&draft, &file).with_context(|| format!("naming {}", file.display()))?;
            private_file::sync_parent(&file)?;
        }
        Ok(())
    }
}

/// Closes a database that was looked at.
pub(super) async fn close(state: State) {
    match state {
        State::Postgres(session) => session.close().await,
        State::Sqlite(copy) => copy.close().await,
    }
}

/// Removes what a restore wrote beside its place.
pub(super) fn clear(settings: &Settings) {
    for schema in SCHEMAS {
        let db = settings.db(schema);
        if !db.url.starts_with("postgres") {
            // The next restore removes it first of all.
            let _ = remove(&draft(&db));
        }
    }
}

fn draft(db: &DbConfig) -> PathBuf {
    let mut name = database_file(db).into_os_string();
    name.push(".restoring");
    PathBuf::from(name)
}

fn remove(file: &Path) -> Result<()> {
    for ending in ["", "-journal", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", file.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

async fn end(filling: &mut Option<(String, Filling)>) -> Result<()> {
    if let Some((name, filling)) = filling.take() {
        filling.end().await.with_context(|| format!("loading {name}"))?;
    }
    Ok(())
}

/// Makes the schema as it was, or takes one that is just so and holds nothing.
async fn prepare(session: &Session, service: &Service) -> Result<()> {
    let schema = &service.schema;
    session.create_schema().await?;
    let has = applied(session.conn()).await?;
    let tables = session.all_tables().await?;
    if has.is_empty() {
        ensure!(tables.is_empty(), "{}", taken(schema, &tables[0].name));
        let steps = u32::try_from(service.migrations.len()).context("migrations")?;
        return Ok(raise::<registry::Migrator>(session.conn(), steps).await?);
    }
    for table in &tables {
        ensure!(session.is_empty(table).await?, "{}", taken(schema, &table.name));
    }
    let same = has.iter().all(|name| service.migrations.contains(name));
    ensure!(
        same && has.len() == service.migrations.len(),
        "the schema '{schema}' is there with {} migrations, and the backup has {}; drop the empty \
         schema (DROP SCHEMA {schema} CASCADE) and restore again",
        has.len(),
        service.migrations.len()
    );
    Ok(())
}

fn taken(schema: &str, table: &str) -> String {
    format!(
        "the schema '{schema}' is not empty: it has the table {table}; a restore overwrites \
         nothing: name an empty database with --database-url"
    )
}
