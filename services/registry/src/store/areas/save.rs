//! Writing a plan down.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
};

use super::{
    Mark, Recorded,
    facts::{CODE, NAME, Row, rows},
    kind_code, list,
};
use crate::rules::area::{AreaPath, plan::AreaPlan, tree::AreaTree};

/// Labels that one statement names.
const LABELS_A_STATEMENT: usize = 1_000;

/// Writes a plan that was made for `before`, and answers with the tree after it. Every record
/// that the plan touches goes one version up. `now` may have been taken before the tree was locked:
/// what is recorded of one area never goes back in time.
pub async fn save(
    conn: &Tx,
    before: &Recorded,
    plan: &AreaPlan,
    now: DateTime<Utc>,
) -> Outcome<Recorded> {
    let last = plan.areas().into_iter().filter_map(|path| before.marks.get(path));
    let now = last.fold(now, |now, mark| now.max(mark.updated_at));
    let mut after = before.clone();
    Arc::make_mut(&mut after.tree).apply(plan);
    for path in plan.areas() {
        let first = Mark { version: 0, created_at: now, updated_at: now };
        let mark = after.marks.entry(path.clone()).or_insert(first);
        *mark = Mark { version: mark.version + 1, updated_at: now, ..*mark };
    }
    let change = Change { before: &before.tree, after: &after.tree, plan, now };
    change.open(conn).await?;
    change.touch(conn).await?;
    change.supersede(conn).await?;
    change.record(conn).await?;
    change.link(conn).await?;
    Ok(after)
}

/// Takes records one version up whose areas stay as they are, for what lies in them changed.
pub async fn touch(
    conn: &impl ConnectionTrait,
    before: &Recorded,
    areas: &[AreaPath],
    now: DateTime<Utc>,
) -> Outcome<Recorded> {
    let mut after = before.clone();
    for area in areas {
        let now = before.marks.get(area).map_or(now, |mark| now.max(mark.updated_at));
        if let Some(mark) = after.marks.get_mut(area) {
            *mark = Mark { version: mark.version + 1, updated_at: now, ..*mark };
        }
        let text = "UPDATE area SET version = version + 1, updated_at = $1 WHERE label = $2";
        let update = sql(conn, text, [now.into(), area.as_str().into()]);
        conn.execute_raw(update).await.map_err(fault::of)?;
    }
    Ok(after)
}

struct Change<'a> {
    before: &'a AreaTree,
    after: &'a AreaTree,
    plan: &'a AreaPlan,
    now: DateTime<Utc>,
}

impl Change<'_> {
    /// The rows of an area that one of the trees has and the other has not.
    fn only_in(&self, tree: &AreaTree, other: &AreaTree, path: &AreaPath) -> Vec<Row> {
        let of = |tree: &AreaTree| tree.get(path).map(rows).unwrap_or_default();
        let others = of(other);
        of(tree).into_iter().filter(|row| !others.contains(row)).collect()
    }

    async fn open(&self, conn: &Tx) -> Outcome<()> {
        let opened = self.plan.areas().into_iter().filter(|path| self.before.get(path).is_none());
        let row = |path: &AreaPath| -> Option<Vec<Value>> {
            let fact = self.after.get(path)?;
            Some(vec![
                path.as_str().into(),
                NaiveDate::from(fact.period.from()).into(),
                fact.period.until().map(NaiveDate::from).into(),
                i16::from(fact.history_unknown).into(),
                1_i64.into(),
                self.now.into(),
                self.now.into(),
            ])
        };
        let columns =
            "label, valid_from, valid_until, history_unknown, version, created_at, updated_at";
        let rows = opened.filter_map(row).collect();
        insert_rows(conn, "area", columns, rows).await.map_err(fault::of)
    }

    /// Takes the records that exist already one version up and ends those that close.
    async fn touch(&self, conn: &impl ConnectionTrait) -> Outcome<()> {
        let mut by_end: BTreeMap<Option<CivilDate>, Vec<&AreaPath>> = BTreeMap::new();
        for path in self.plan.areas() {
            let (Some(old), Some(new)) = (self.before.get(path), self.after.get(path)) else {
                continue;
            };
            let end = new.period.until().filter(|_| old.period.until().is_none());
            by_end.entry(end).or_default().push(path);
        }
        for (end, paths) in by_end {
            for some in paths.chunks(LABELS_A_STATEMENT) {
                let text = format!(
                    "UPDATE area SET version = version + 1, updated_at = $1,
                            valid_until = COALESCE($2, valid_until) WHERE label IN ({})",
                    list(some.len(), 3)
                );
                let values = [self.now.into(), end.map(NaiveDate::from).into()];
                let labels = some.iter().map(|path| path.as_str().into());
                let update = sql(conn, &text, values.into_iter().chain(labels));
                conn.execute_raw(update).await.map_err(fault::of)?;
            }
        }
        Ok(())
    }

    /// A plan only ever ends what has no end yet, so the open row of a field is the one to go.
    async fn supersede(&self, conn: &impl ConnectionTrait) -> Outcome<()> {
        for field in [NAME, CODE] {
            let ends = |path: &&AreaPath| {
                let gone = self.only_in(self.before, self.after, path);
                gone.iter().any(|row| row.field == field)
            };
            let paths: Vec<&AreaPath> = self.plan.areas().into_iter().filter(ends).collect();
            for some in paths.chunks(LABELS_A_STATEMENT) {
                let text = format!(
                    "UPDATE area_fact SET superseded_at = $1
                     WHERE field = $2 AND superseded_at IS NULL AND valid_until IS NULL
                       AND area IN ({})",
                    list(some.len(), 3)
                );
                let values = [self.now.into(), field.into()];
                let labels = some.iter().map(|path| path.as_str().into());
                let update = sql(conn, &text, values.into_iter().chain(labels));
                conn.execute_raw(update).await.map_err(fault::of)?;
            }
        }
        Ok(())
    }

    async fn record(&self, conn: &Tx) -> Outcome<()> {
        let row = |path: &AreaPath, row: Row| -> Vec<Value> {
            vec![
                path.as_str().into(),
                row.field.into(),
                row.value.into(),
                row.edition.into(),
                NaiveDate::from(row.period.from()).into(),
                row.period.until().map(NaiveDate::from).into(),
                self.now.into(),
            ]
        };
        let of_area = |path| {
            let new = self.only_in(self.after, self.before, path);
            new.into_iter().map(move |new| row(path, new))
        };
        let rows = self.plan.areas().into_iter().flat_map(of_area).collect();
        let columns = "area, field, value, edition, valid_from, valid_until, recorded_at";
        insert_rows(conn, "area_fact", columns, rows).await.map_err(fault::of)
    }

    async fn link(&self, conn: &Tx) -> Outcome<()> {
        let links = self.plan.relocations().map(|lineage| -> Vec<Value> {
            vec![
                lineage.predecessor.as_str().into(),
                lineage.successor.as_str().into(),
                NaiveDate::from(lineage.on).into(),
                kind_code(lineage.kind).into(),
            ]
        });
        let columns = "predecessor, successor, effective_date, kind";
        insert_rows(conn, "area_lineage", columns, links.collect()).await.map_err(fault::of)
    }
}
