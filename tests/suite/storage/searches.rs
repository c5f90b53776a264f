//! What is sought among very many is found by an index. PostgreSQL counts how often it read a whole
//! table; which plan it takes depends on how many rows there are, so they are there.

use std::future::Future;

use anyhow::{Result, ensure};
use sea_orm::ConnectionTrait;
use unionhall_kit::{
    db::{Tx, sql},
    path::{Line, Path, Prefixes, Scope},
};
use unionhall_registry::{
    rules::{member::filter::State, union::UnionId},
    store::{
        members::{Want, list, of_units, unconfirmed_unions},
        unions::reliance,
    },
};
use unionhall_tests::{books::Books, engine::Engine};
use uuid::Uuid;

const UNIONS: usize = 2_000;
const MEMBERS: usize = 60_000;
const PAGE: u64 = 50;

/// Unions of one sub-district with members and a fact each; of fifty members one retains a membership
/// and of five hundred one applied for it.
async fn fill(conn: &Tx) -> Result<()> {
    let texts = [
        format!(
            "INSERT INTO trade_union (id, version, label, area, affiliation, display_name, name_key,
                 union_type, union_level, facts, created_at, updated_at)
             SELECT (lpad('1', 20, '0') || lpad(to_hex(n), 12, '0'))::uuid, 1,
                 'u' || lpad(n::text, 10, '0'), '11010201' || lpad((n % 40)::text, 4, '0'),
                 'u' || lpad(n::text, 10, '0'), '某某工会', '某某工会', 'JOINT', 'BASIC', '[]', now(), now()
             FROM generate_series(1, {UNIONS}) n"
        ),
        "INSERT INTO trade_union_fact (trade_union, field, value, valid_from, recorded_at)
         SELECT id, field, '\"ACTIVE\"', DATE '2014-01-01', now() FROM trade_union
         CROSS JOIN (VALUES ('state'), ('name'), ('type'), ('seat')) AS all_fields (field)"
            .to_owned(),
        format!(
            "INSERT INTO member (id, version, trade_union, state, name_key, worker_group, confirmed_on,
                 confirmations, facts, created_at, updated_at)
             SELECT (lpad('2', 20, '0') || lpad(to_hex(n), 12, '0'))::uuid, 1,
                 (lpad('1', 20, '0') || lpad(to_hex(1 + n * 7 % {UNIONS}), 12, '0'))::uuid,
                 CASE WHEN n % 50 = 0 THEN 3 WHEN n % 500 = 1 THEN 1 ELSE 2 END, md5(n::text),
                 CASE WHEN n % 100 = 0 THEN 'COURIER' END, DATE '2014-01-01' + n % 300,
                 '[]', '[1,[]]', now(), now()
             FROM generate_series(1, {MEMBERS}) n"
        ),
        "INSERT INTO member_unit (trade_union, employer, member)
         SELECT trade_union, (lpad('3', 20, '0') || right(id::text, 12))::uuid, id FROM member"
            .to_owned(),
        "ANALYZE".to_owned(),
    ];
    for text in texts {
        conn.execute_unprepared(&text).await?;
    }
    Ok(())
}

/// How often this transaction read the whole of a table so far.
async fn read_whole(conn: &Tx) -> Result<i64> {
    let text = "SELECT (pg_stat_get_xact_numscans('member'::regclass)
         + pg_stat_get_xact_numscans('member_unit'::regclass)
         + pg_stat_get_xact_numscans('trade_union_fact'::regclass))::bigint AS count";
    let row = conn.query_one_raw(sql(conn, text, [])).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "count"))?)
}

async fn by_index<T>(
    conn: &Tx,
    what: &str,
    found: impl Future<Output = unionhall_kit::fault::Outcome<T>>,
) -> Result<T> {
    let before = read_whole(conn).await?;
    let found = found.await?;
    ensure!(read_whole(conn).await? == before, "{what}: a whole table was read");
    Ok(found)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sought_is_found_by_an_index() -> Result<()> {
    let books = Books::open(Engine::Postgres).await?;
    let tx = books.ledger.db().begin().await?;
    let conn = tx.conn();
    fill(conn).await?;
    let home = Path::parse("110102")?;
    let scope =
        Scope { area: Prefixes::normalised(vec![home.clone()]), affiliation: Prefixes::default() };
    let day = "2014-01-20".parse().ok();
    let wanted = [
        ("applicants", Want { state: Some(State::Applicant), ..Want::default() }),
        ("retained", Want { state: Some(State::Retained), ..Want::default() }),
        ("former", Want { state: Some(State::Former), ..Want::default() }),
        ("a worker group", Want { worker_group: Some("COURIER"), ..Want::default() }),
        ("unconfirmed", Want { confirmed_before: day, ..Want::default() }),
        ("anybody", Want::default()),
    ];
    for (what, want) in &wanted {
        let page = by_index(conn, what, list(conn, &scope, (Line::Area, None), want, PAGE)).await?;
        let expected = if *what == "former" { 0 } else { PAGE };
        ensure!(page.records.len() as u64 == expected, "{what}: {}", page.records.len());
    }
    let day = "2014-01-20".parse()?;
    let subtree = (Line::Area, &home, &[][..]);
    let unions = unconfirmed_unions(conn, subtree, day, (None, PAGE));
    let unions = by_index(conn, "unions with unconfirmed members", unions).await?;
    ensure!(unions.len() as u64 == PAGE && unions.iter().all(|union| union.waiting > 0));

    let id = |kind: u128, number: usize| Uuid::from_u128((kind << 48) + number as u128);
    let employers: Vec<Uuid> = (1..=500).map(|number| id(3, number)).collect();
    let members = of_units(conn, (&[], &employers), (None, 500));
    let members = by_index(conn, "members of many employers", members).await?;
    ensure!(members.len() == 500, "{}", members.len());
    let relied = reliance(conn, UnionId(id(1, 1)));
    let relied = by_index(conn, "what relies on a union", relied).await?;
    ensure!(relied.members > 0, "{relied:?}");
    tx.rollback().await?;
    Ok(())
}
