//! From the container into its places, and the check of what came there.

use anyhow::{Context, Result, bail, ensure};
use sea_orm::{ConnectionTrait, prelude::Uuid};
use unionhall_kit::{
    backup::{State, Table},
    clock::SharedClock,
    db::sql,
    ids::SystemRandomness,
    keys::{KeyRing, OpenMode},
    rotation::{self, standings},
};
use unionhall_migrations::{applied, known, registry};

use super::{
    place::{Checked, Place},
    reading::{Reading, cut},
    staging::{self, Staging},
};
use crate::{
    backup::{
        SCHEMAS, audit_state, feed_epoch,
        manifest::{self, Contents, FORMAT, Header, Manifest, Service},
    },
    settings::Settings,
};

/// Everything of a backup, checked, and not in its place yet.
pub(super) struct Loaded {
    pub(super) header: Header,
    pub(super) manifest: Manifest,
    pub(super) places: Vec<Checked>,
}

/// Loads and checks a backup.
pub(super) async fn load(
    reading: &mut Reading,
    staging: &Staging,
    settings: &Settings,
    clock: &SharedClock,
    epoch: Uuid,
) -> Result<Loaded> {
    let header = header(reading).await?;
    let mut places = Vec::new();
    for service in &header.services {
        places.push(Place::open(settings, service).await?);
    }
    let manifest = contents(reading, staging, &header, &mut places).await?;
    eprintln!("checking what came");
    let keys = KeyRing::open(&staging.keys(), OpenMode::MustExist, clock, &SystemRandomness)
        .context("the keys of the backup")?;
    let mut checked = Vec::new();
    for ((service, place), expected) in header.services.iter().zip(places).zip(&manifest.services) {
        let (state, rename) = place.state().await?;
        check(&state, service, expected, &keys).await?;
        renew_epoch(&state, epoch).await?;
        checked.push(Checked::new(state, rename));
    }
    Ok(Loaded { header, manifest, places: checked })
}

/// The first entry, if this release can take what follows.
async fn header(reading: &mut Reading) -> Result<Header> {
    let Some((name, bytes)) = reading.entry().await? else { bail!(cut()) };
    ensure!(name == manifest::HEADER, "it is no backup of unionhall: it begins with {name}");
    let text: serde_json::Value = serde_json::from_slice(&bytes).context("its header")?;
    let format = text["format"].as_u64().unwrap_or_default();
    let release = text["release"].as_str().unwrap_or("unknown").to_owned();
    let ours = env!("CARGO_PKG_VERSION");
    ensure!(
        format == u64::from(FORMAT),
        "it has the form {format}, and this release ({ours}) reads {FORMAT}; restore it with release \
         {release}"
    );
    let header: Header = serde_json::from_value(text).context("its header")?;
    let known = known::<registry::Migrator>();
    for service in &header.services {
        ensure!(
            SCHEMAS.contains(&service.schema.as_str()),
            "it holds '{}', a service that this release ({ours}) does not have; restore it with \
             release {release} or a later one",
            service.schema
        );
        if let Some(name) = service.migrations.iter().find(|name| !known.contains(name)) {
            bail!(
                "it is of a newer release ({release}): it has the migration {name}, which this \
                 release ({ours}) does not know; restore it with release {release} or a later one"
            );
        }
        let mut first = known.iter().take(service.migrations.len());
        ensure!(
            first.all(|name| service.migrations.contains(name)),
            "it lacks migrations amid those that it has; restore it with release {release}"
        );
    }
    Ok(header)
}

/// Puts every entry where it belongs; answers the last one.
async fn contents(
    reading: &mut Reading,
    staging: &Staging,
    header: &Header,
    places: &mut [Place],
) -> Result<Manifest> {
    let (mut small, mut manifest) = (Vec::new(), None);
    while let Some(piece) = reading.next().await? {
        ensure!(manifest.is_none(), "{} comes behind the manifest", piece.name);
        if let Some((service, table)) = addressee(header, &piece.name) {
            match table {
                Some(table) => places[service].rows(table, &piece.bytes).await?,
                None => places[service].bytes(&piece.bytes)?,
            }
            continue;
        }
        small.extend_from_slice(&piece.bytes);
        if !piece.last {
            continue;
        }
        let content = std::mem::take(&mut small);
        match (piece.name.as_str(), piece.name.strip_prefix(manifest::KEYS)) {
            (manifest::MANIFEST, _) => {
                let read: Manifest = serde_json::from_slice(&content).context("its manifest")?;
                ensure!(read.id == header.id, "its manifest is another backup's");
                ensure!(read.services.len() == places.len(), "its manifest lacks a service");
                manifest = Some(read);
            }
            (manifest::POLICY, _) => staging::write(&staging.policy(), &content)?,
            (_, Some(name)) if manifest::is_key_file(name) => {
                staging::write(&staging.keys().join(name), &content)?;
            }
            _ => bail!("it holds {}, which this release does not know", piece.name),
        }
    }
    manifest.ok_or_else(cut)
}

/// The service, and the table, that an entry belongs to.
fn addressee<'a>(header: &'a Header, name: &str) -> Option<(usize, Option<&'a Table>)> {
    header.services.iter().enumerate().find_map(|(number, service)| {
        if name == manifest::database(&service.schema) {
            return Some((number, None));
        }
        let of = |(place, table): (usize, &'a Table)| {
            let stem = manifest::stem(&service.schema, place, &table.name);
            name.starts_with(&stem).then_some((number, Some(table)))
        };
        service.tables.iter().enumerate().find_map(of)
    })
}

/// Compares what came with what there was.
async fn check(
    state: &State,
    service: &Service,
    expected: &Contents,
    keys: &KeyRing,
) -> Result<()> {
    let schema = &service.schema;
    let mut has = applied(state.conn()).await?;
    has.sort();
    let mut had = service.migrations.clone();
    had.sort();
    ensure!(has == had && expected.schema == *schema, "the schema '{schema}' is another one");
    if let State::Postgres(session) = state {
        for sequence in &expected.sequences {
            session.resume(sequence).await?;
        }
    }
    let tables = state.tables().await?;
    for table in &tables {
        let found = state.sum(table).await?;
        let wanted = expected.sums.get(&table.name);
        ensure!(
            wanted == Some(&found),
            "the table {} of '{schema}' differs: {} rows came, {} were there",
            table.name,
            found.rows,
            wanted.map_or(0, |wanted| wanted.rows)
        );
    }
    ensure!(tables.len() == expected.sums.len(), "'{schema}' lacks a table");
    ensure!(
        audit_state(state, schema, keys).await? == expected.audit,
        "the audit chain of '{schema}' differs"
    );
    ensure!(feed_epoch(state).await? == expected.feed_epoch, "the feed of '{schema}' differs");
    let found = standings(state.conn()).await?;
    rotation::covers(keys, &found).context("the keys do not belong to the rows")?;
    if let State::Postgres(session) = state {
        let found = session.sequences().await?;
        let goes_on = expected.sequences.iter().all(|sequence| found.contains(sequence));
        ensure!(goes_on, "ids of '{schema}' would not go on");
        for table in &tables {
            session.analyze(table).await?;
        }
    }
    Ok(())
}

/// Events that were acknowledged after the backup are gone, so that a cursor of that time would pass
/// over those that get their positions anew: no cursor of before holds any more.
async fn renew_epoch(state: &State, epoch: Uuid) -> Result<()> {
    let conn = state.conn();
    conn.execute_raw(sql(conn, "UPDATE feed SET epoch = $1", [epoch.into()])).await?;
    ensure!(feed_epoch(state).await? == epoch.to_string(), "the feed has no epoch");
    Ok(())
}
