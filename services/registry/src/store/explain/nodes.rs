//! The nodes of which figures are asked: areas and unions, by their names.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{Db, fault, places, rows_per_statement, sql},
    fault::Outcome,
    figures::service::{Node, Territory},
    path::{Line, Path},
};
use uuid::Uuid;

use crate::{
    rules::{
        history::History,
        union::{
            UnionId,
            affiliation::{AffiliationPath, Label},
            place::holdings,
        },
    },
    store::unions::{COLLECTION, UnionRecord, load, paths_of, resource_name},
};

/// The nodes of these names that are recorded, open or closed.
pub async fn nodes(db: &Db, names: &[String]) -> Outcome<HashMap<String, Node>> {
    let mut nodes = areas(db.reader(), names).await?;
    nodes.extend(unions(db.reader(), names).await?);
    Ok(nodes)
}

#[derive(FromQueryResult)]
struct Known {
    label: String,
}

async fn areas(conn: &impl ConnectionTrait, names: &[String]) -> Outcome<HashMap<String, Node>> {
    let mut labels: Vec<&str> = names.iter().filter_map(|n| n.strip_prefix("areas/")).collect();
    labels.sort_unstable();
    labels.dedup();
    if labels.is_empty() {
        return Ok(HashMap::new());
    }
    let text =
        format!("SELECT label FROM area WHERE label IN (VALUES {})", places(labels.len(), 1));
    let values = labels.into_iter().map(Value::from);
    let rows = Known::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let node = |row: Known| {
        let path = Path::parse(&row.label).ok()?;
        Some((format!("areas/{path}"), Node::fixed(Line::Area, path)))
    };
    Ok(rows.map_err(fault::of)?.into_iter().filter_map(node).collect())
}

async fn unions(conn: &impl ConnectionTrait, names: &[String]) -> Outcome<HashMap<String, Node>> {
    let paths = paths_of(conn, &ids(names)).await?;
    let node = |(id, paths): (UnionId, History<AffiliationPath>)| {
        let rows = paths.rows().iter();
        let paths = rows.map(|row| (row.period.from(), row.value.path().clone())).collect();
        (resource_name(id), Node::moving(Line::Affiliation, paths))
    };
    Ok(paths.into_iter().map(node).collect())
}

/// The areas that the unions of these names have as their own on each day (所辖区域), of which figures
/// of areas are told when the union is asked.
pub async fn territories(
    conn: &impl ConnectionTrait,
    names: &[String],
) -> Outcome<HashMap<String, Territory>> {
    let unions = load(conn, &ids(names)).await?;
    let territory = |union: UnionRecord| {
        let held = holdings(&union.facts).into_iter();
        let areas = held.map(|held| (held.period, held.area.path().clone())).collect();
        (union.name(), Territory::new(Some(union.area.path().clone()), areas))
    };
    Ok(unions.into_values().map(territory).collect())
}

fn ids(names: &[String]) -> Vec<UnionId> {
    let id = |name: &String| Uuid::try_parse(name.strip_prefix(COLLECTION)?).ok().map(UnionId);
    let mut ids: Vec<UnionId> = names.iter().filter_map(id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The names of the unions that stand, or stood, at these paths.
pub async fn unions_at(
    conn: &impl ConnectionTrait,
    paths: &[&str],
) -> Outcome<HashMap<String, String>> {
    #[derive(FromQueryResult)]
    struct Labelled {
        label: String,
        id: Uuid,
    }
    let mut labels: Vec<&str> = paths.iter().filter_map(|path| Label::last_of(path)).collect();
    labels.sort_unstable();
    labels.dedup();
    let mut ids = HashMap::new();
    for some in labels.chunks(rows_per_statement(1)) {
        let text = format!(
            "SELECT label, id FROM trade_union WHERE label IN (VALUES {})",
            places(some.len(), 1)
        );
        let statement = sql(conn, &text, some.iter().map(|label| Value::from(*label)));
        let rows = Labelled::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        ids.extend(rows.into_iter().map(|row| (row.label, UnionId(row.id))));
    }
    let name = |path: &&str| {
        let id = ids.get(Label::last_of(path)?)?;
        Some(((*path).to_owned(), resource_name(*id)))
    };
    Ok(paths.iter().filter_map(name).collect())
}
