//! Every filter by an index: SQLite says how it would read.

use unionhall_kit::path::Path;

use super::*;
use crate::{rules::area::AreaPath, testing::rig};

#[derive(FromQueryResult)]
struct Step {
    detail: String,
}

async fn plan(conn: &impl ConnectionTrait, line: Line, want: &Want) -> Vec<String> {
    let range = Path::parse("110102").unwrap().range();
    let mut query = Query::within(line, &range.from, &range.until);
    query.wanting(want);
    let text = format!("EXPLAIN QUERY PLAN {}", query.text(50));
    let steps = Step::find_by_statement(sql(conn, &text, query.values)).all(conn).await.unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

#[tokio::test]
async fn no_filter_reads_all_unions() {
    let rig = rig().await;
    let conn = rig.register.ledger.db().reader();
    let id = UnionId(Uuid::from_u128(1));
    let territory = AreaPath::parse("110102012").unwrap();
    let wants = [
        (Want::default(), None),
        (Want { superior: Some(id), ..Want::default() }, None),
        (Want { territory: Some(territory), ..Want::default() }, Some("trade_union_fact_area")),
        (Want { ids: Some(vec![id, id]), ..Want::default() }, Some("(id=?)")),
    ];
    for (want, index) in wants {
        for line in [Line::Area, Line::Affiliation] {
            let steps = plan(conn, line, &want).await;
            let scanned = steps.iter().any(|step| step.starts_with("SCAN"));
            assert!(!scanned, "{want:?}: {steps:?}");
            let named = |index| steps.iter().any(|step: &String| step.contains(index));
            assert!(index.is_none_or(named), "{want:?}: {steps:?}");
        }
    }
    // Without a filter the index gives the order too.
    let steps = plan(conn, Line::Area, &Want::default()).await;
    assert!(steps.iter().all(|step| step.contains("trade_union_area")), "{steps:?}");
}
