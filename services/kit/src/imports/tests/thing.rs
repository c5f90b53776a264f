//! A register of things: a code, a name and an amount, each in the area 110102.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use sea_orm::{FromQueryResult, Value};

use super::*;
use crate::{
    figures::{Delta, MetricId},
    imports::kinds,
    ledger::{Entry, Event, EventKind},
    path::Line,
    sheet::{Column, ColumnKind, FaultKind, Layout, Record},
};

/// Things must not be called so.
const BAD_NAME: FaultKind =
    FaultKind { code: "BAD_NAME", en: "another name, please", zh: "请换一个名称" };

/// Fewer than the most.
pub(super) const ROWS_A_CHUNK: usize = CHUNK_ROWS / 4;
pub(super) const HEADER: &str = "编号,名称,数量\n";

pub(super) async fn create_table(db: &Db) {
    let table = "CREATE TABLE thing (code TEXT PRIMARY KEY, name TEXT NOT NULL,
        amount BIGINT NOT NULL, version BIGINT NOT NULL)";
    db.migrator().execute_unprepared(table).await.unwrap();
}

/// A file of `count` rows without fault.
pub(super) fn file(count: usize, name: &str) -> String {
    let rows: String = (0..count).map(|n| format!("T{n:06},{name},{n}\n")).collect();
    format!("{HEADER}{rows}")
}

#[derive(FromQueryResult, Clone)]
struct Stored {
    code: String,
    name: String,
    amount: i64,
    version: i64,
}

pub(super) struct Things {
    layout: Arc<Layout>,
    /// The most rows that were seen at once.
    pub(super) widest: Mutex<usize>,
    /// The most rows that come at once.
    pub(super) rows: usize,
    /// Whether the service fails at things called `崩`, and panics at those called `溃`.
    pub(super) broken: Arc<AtomicBool>,
}

impl Default for Things {
    fn default() -> Self {
        let columns = vec![
            Column::new("code", &["编号"], ColumnKind::Identifier).required(),
            Column::new("name", &["名称"], ColumnKind::Text).required(),
            Column::new("amount", &["数量"], ColumnKind::Count),
        ];
        Self {
            layout: Arc::new(Layout::new("things", columns)),
            widest: Mutex::default(),
            rows: ROWS_A_CHUNK,
            broken: Arc::default(),
        }
    }
}

async fn stored(conn: &impl ConnectionTrait) -> HashMap<String, Stored> {
    let all = Stored::find_by_statement(sql(conn, "SELECT * FROM thing", []));
    let all = all.all(conn).await.unwrap();
    all.into_iter().map(|thing| (thing.code.clone(), thing)).collect()
}

async fn write(conn: &impl ConnectionTrait, text: &str, values: Vec<Value>) {
    conn.execute_raw(sql(conn, text, values)).await.unwrap();
}

fn fact(row: &Record) -> (String, i64) {
    let amount = row.count("amount").unwrap_or_default();
    (row.text("name").unwrap_or_default().to_owned(), i64::try_from(amount).unwrap())
}

fn verdict(known: &HashMap<String, Stored>, row: &Record) -> Verdict {
    let (name, amount) = fact(row);
    let same = |thing: &Stored| thing.name == name && thing.amount == amount;
    let known = known.get(row.text("code").unwrap_or_default());
    let bad = (name == "坏").then(|| row.fault("name", &BAD_NAME));
    Verdict { faults: bad.into_iter().collect(), unchanged: known.is_some_and(same) }
}

fn note(entry: &mut Entry, code: &str, version: i64, kind: EventKind, delta: i64) {
    let area = Path::parse("110102").unwrap();
    let day = CivilDate::new(2014, 1, 1).unwrap();
    let (metric, line, node) = (MetricId(1), Line::Area, area.clone());
    entry.figures([Delta { metric, line, node, day, delta }]);
    entry.event(Event {
        record: format!("things/{code}"),
        version,
        kind,
        area,
        affiliation: None,
        snapshot_type: "",
        snapshot: Vec::new(),
    });
}

struct Checking(HashMap<String, Stored>, Arc<AtomicBool>);

fn meets_a_bug(rows: &[Record], broken: &AtomicBool) -> Outcome<()> {
    let called = |name| rows.iter().any(|row| row.text("name") == Some(name));
    if !broken.load(Ordering::Relaxed) {
        return Ok(());
    }
    assert!(!called("溃"), "a bug");
    if called("崩") { Err(Fault::new(&reasons::INTERNAL)) } else { Ok(()) }
}

#[async_trait::async_trait]
impl Checks for Checking {
    async fn check(&mut self, rows: &[Record]) -> Outcome<Vec<Verdict>> {
        meets_a_bug(rows, &self.1)?;
        Ok(rows.iter().map(|row| verdict(&self.0, row)).collect())
    }
}

#[async_trait::async_trait]
impl Importer for Things {
    fn kind(&self) -> &'static str {
        "things"
    }

    fn needs(&self) -> Needs {
        Needs { write: &["test.things.write", "test.things.try"], read: &["test.things.read"] }
    }

    fn rows_a_chunk(&self) -> usize {
        self.rows
    }

    async fn layout(&self) -> Outcome<Arc<Layout>> {
        Ok(Arc::clone(&self.layout))
    }

    fn keys(&self, row: &Record) -> Vec<RowKey> {
        let key = |value: &str| RowKey { column: "code", value: value.to_owned() };
        row.text("code").map(key).into_iter().collect()
    }

    async fn open(&self, actor: &Actor) -> Outcome<Box<dyn Checks>> {
        assert!(actor.sees_something());
        // The toy's table is in the same file; a reader of its own is not worth it.
        Ok(Box::new(Checking(HashMap::new(), Arc::clone(&self.broken))))
    }

    async fn apply(&self, entry: &mut Entry, _: &Actor, rows: &[Record]) -> Outcome<Vec<Applied>> {
        meets_a_bug(rows, &self.broken)?;
        let known = stored(entry.conn()).await;
        let widest = (*self.widest.lock()).max(rows.len());
        *self.widest.lock() = widest;
        let mut applied = Vec::new();
        for row in rows {
            let (name, amount) = fact(row);
            let code = row.text("code").unwrap_or_default().to_owned();
            let before = known.get(&code);
            if before.is_some_and(|thing| thing.name == "锁") {
                applied.push(Applied::Refused(vec![row.fault("code", &kinds::OUT_OF_SCOPE)]));
                continue;
            }
            if verdict(&known, row).unchanged {
                applied.push(Applied::Unchanged);
                continue;
            }
            let version_before = before.map_or(0, |thing| thing.version);
            let text = "INSERT INTO thing (code, name, amount, version) VALUES ($1, $2, $3, $4)
                ON CONFLICT (code) DO UPDATE SET name = $2, amount = $3, version = $4";
            let version = version_before + 1;
            let values = vec![code.clone().into(), name.into(), amount.into(), version.into()];
            write(entry.conn(), text, values).await;
            note(entry, &code, version, EventKind::Updated, i64::from(before.is_none()));
            applied.push(Applied::Changed(Effect {
                record: format!("things/{code}"),
                version_before,
                version_after: version,
                before: before
                    .map(|b| format!("{}\n{}", b.name, b.amount))
                    .unwrap_or_default()
                    .into(),
            }));
        }
        Ok(applied)
    }

    async fn undo(&self, entry: &mut Entry, _: &Actor, effects: &[Effect]) -> Outcome<Vec<Undone>> {
        let known = stored(entry.conn()).await;
        let broken = self.broken.load(Ordering::Relaxed);
        if broken && known.values().any(|thing| thing.name == "崩") {
            return Err(Fault::new(&reasons::INTERNAL));
        }
        let mut undone = Vec::new();
        for effect in effects {
            let code = effect.record.trim_start_matches("things/").to_owned();
            if known.get(&code).map(|thing| thing.version) != Some(effect.version_after) {
                undone.push(Undone::Refused(&kinds::CHANGED_SINCE));
                continue;
            }
            let before = String::from_utf8(effect.before.clone()).unwrap();
            let created = effect.version_before == 0;
            match before.split_once('\n') {
                None => {
                    write(
                        entry.conn(),
                        "DELETE FROM thing WHERE code = $1",
                        vec![code.clone().into()],
                    )
                    .await
                }
                Some((name, amount)) => {
                    let text = "UPDATE thing SET name = $2, amount = $3, version = version + 1
                        WHERE code = $1";
                    let amount: i64 = amount.parse().unwrap();
                    write(
                        entry.conn(),
                        text,
                        vec![code.clone().into(), name.into(), amount.into()],
                    )
                    .await;
                }
            }
            note(entry, &code, effect.version_after + 1, EventKind::Removed, -i64::from(created));
            undone.push(Undone::Done);
        }
        Ok(undone)
    }
}
