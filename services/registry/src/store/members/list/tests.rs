//! Every order by an index: SQLite says how it would read.

use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::path::Prefixes;

use super::*;
use crate::testing::rig;

#[derive(FromQueryResult)]
struct Step {
    detail: String,
}

async fn plan(conn: &impl ConnectionTrait, want: &Want, stretch: Stretch<'_>) -> Vec<String> {
    let home = Prefixes::normalised(vec![Path::parse("110102").unwrap()]);
    let scope = Scope { area: home, affiliation: Prefixes::default() };
    let listing = Listing { scope: &scope, line: Line::Area, want, limit: 50 };
    let (text, values) = listing.statement(stretch, 50);
    let statement = sql(conn, &format!("EXPLAIN QUERY PLAN {text}"), values);
    let steps = Step::find_by_statement(statement).all(conn).await.unwrap();
    steps.into_iter().map(|step| step.detail).collect()
}

#[tokio::test]
async fn one_union_employer_or_transfer_is_read_in_order() {
    let rig = rig().await;
    let conn = rig.register.ledger.db().reader();
    let (id, day) = (Uuid::from_u128(1), CivilDate::new(2014, 1, 1));
    let (union, employer) = (Some(UnionId(id)), Some(EmployerId(id)));
    let of_union = Want { union, ..Want::default() };
    let of_employer = Want { employer, ..Want::default() };
    let of_transfer = Want { transfer_to: union, ..Want::default() };
    let mut asked = Vec::new();
    for of in [of_union, of_employer, of_transfer] {
        asked.push(Want { name_prefix: Some("丁".to_owned()), ..of.clone() });
        asked.push(Want { confirmed_before: day, ..of.clone() });
        asked.push(Want { worker_group: Some("COURIER"), ..of.clone() });
        asked.push(Want { state: Some(State::Active), ..of.clone() });
        asked.push(of);
    }
    for want in asked {
        let place = Place {
            line: Line::Area,
            path: "110102".to_owned(),
            union: id,
            key: if want.confirmed_before.is_some() { "2013-01-01" } else { "丁" }.to_owned(),
            id,
        };
        for stretch in [Stretch::All(None), Stretch::All(Some(&place))] {
            let steps = plan(conn, &want, stretch).await;
            let ordered = steps.iter().all(|step| !step.contains("TEMP B-TREE"));
            assert!(ordered, "{want:?}: {steps:?}");
            let indexed = steps.iter().any(|step| step.starts_with("SEARCH m USING INDEX"));
            assert!(indexed, "{want:?}: {steps:?}");
        }
    }
}

#[tokio::test]
async fn unions_are_gone_through_in_the_order_of_their_areas() {
    let rig = rig().await;
    let conn = rig.register.ledger.db().reader();
    let subtree = Path::parse("110102").unwrap();
    let prefix = Want { name_prefix: Some("丁".to_owned()), ..Want::default() };
    for want in [Want::default(), prefix] {
        let steps = plan(conn, &want, Stretch::Subtree(&subtree, None)).await;
        let [unions, members, ..] = steps.as_slice() else { panic!("{steps:?}") };
        assert!(unions.starts_with("SEARCH u USING INDEX trade_union_area"), "{steps:?}");
        assert!(members.starts_with("SEARCH m USING INDEX member_union"), "{steps:?}");
    }
}
