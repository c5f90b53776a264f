//! The sealed numbers of contacts 联系人, which stand inside dated facts: in the record's own row as far
//! as they stand, and in the row of every fact that was ever recorded.

use std::collections::HashMap;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use unionhall_kit::{
    db::{Tx, fault, number, places, sql},
    fault::Outcome,
    rotation::{Chunk, Sealed, set_each},
    vault::{Context, Vault},
};
use uuid::Uuid;

use super::fact::Fact;
use crate::{
    rules::union::UnionId,
    store::dated::{self, DatedFact, broken},
};

/// Where a contact's number lives; it opens nowhere else.
pub fn mobile_place(id: &UnionId) -> Context<'_> {
    let UnionId(id) = id;
    Context { table: "trade_union", row: id.as_bytes(), field: "contact.mobile" }
}

/// The contacts, as something that keys rotate under.
pub struct Contacts;

#[derive(FromQueryResult)]
struct Standing {
    id: Uuid,
    facts: String,
}

#[derive(FromQueryResult)]
struct Recorded {
    id: i64,
    trade_union: Uuid,
    value: String,
}

#[async_trait]
impl Sealed for Contacts {
    fn name(&self) -> &'static str {
        "trade_union"
    }

    async fn reseal_after(
        &self,
        conn: &Tx,
        vault: &Vault,
        after: &str,
        limit: u64,
    ) -> Outcome<Chunk> {
        let held = hold(conn, after, limit).await?;
        let mut chunk = Chunk { renewed: 0, last: held.last().map(|row| row.id.to_string()) };
        let ids: Vec<Uuid> = held.iter().map(|row| row.id).collect();
        let mut recorded = recorded(conn, &ids).await?;
        let (mut records, mut past) = (Vec::new(), Vec::new());
        for Standing { id, facts } in held {
            let mut numbers = Numbers { vault, id: UnionId(id), renewed: HashMap::new() };
            let mut standing = if facts.is_empty() { Vec::new() } else { dated::read(&facts)? };
            numbers.renew(standing.iter_mut().map(|row: &mut DatedFact<Fact>| &mut row.fact))?;
            for (number, value) in recorded.remove(&id).unwrap_or_default() {
                let mut fact: Fact = serde_json::from_str(&value).map_err(broken)?;
                numbers.renew([&mut fact])?;
                let renewed = serde_json::to_string(&fact).map_err(broken)?;
                if renewed != value {
                    past.push(vec![number.into(), renewed.into()]);
                }
            }
            if !numbers.renewed.is_empty() {
                let renewed = if facts.is_empty() { facts } else { dated::written(standing)? };
                records.push(vec![id.into(), renewed.into()]);
            }
        }
        chunk.renewed = records.len() as u64;
        set_each(conn, ("trade_union", "id", &["facts"]), records).await?;
        set_each(conn, ("trade_union_fact", "id", &["value"]), past).await?;
        Ok(chunk)
    }

    async fn count_sealed(&self, conn: &Tx, version: u32) -> Outcome<u64> {
        let [a, b, c, d] = version.to_be_bytes();
        // As a sealed value begins, in the form in which facts are written.
        let begins = format!("%\"sealed\":[{a},{b},{c},{d},%");
        let text = "SELECT COUNT(*) AS n FROM trade_union u WHERE u.facts LIKE $1 OR EXISTS (
                        SELECT 1 FROM trade_union_fact f
                        WHERE f.trade_union = u.id AND f.field = 'contact' AND f.value LIKE $2)";
        let values: [Value; 2] = [begins.clone().into(), begins.into()];
        Ok(number(conn, text, values).await?.unsigned_abs())
    }
}

/// The numbers of one union. Equal texts stay equal, for by that a number is known.
struct Numbers<'a> {
    vault: &'a Vault,
    id: UnionId,
    renewed: HashMap<Vec<u8>, Vec<u8>>,
}

impl Numbers<'_> {
    fn renew<'f>(&mut self, facts: impl IntoIterator<Item = &'f mut Fact>) -> Outcome<()> {
        for fact in facts {
            let Fact::Contact(contact) = fact else { continue };
            let Some(mobile) = &mut contact.mobile else { continue };
            if let Some(known) = self.renewed.get(&mobile.sealed) {
                mobile.sealed = known.clone();
            } else if let Some(anew) =
                self.vault.resealed(mobile_place(&self.id), &mobile.sealed)?
            {
                let old = std::mem::replace(&mut mobile.sealed, anew.clone());
                self.renewed.insert(old, anew);
            }
        }
        Ok(())
    }
}

/// The next unions that have or had a contact, withdrawn ones too, held against writers.
async fn hold(conn: &Tx, after: &str, limit: u64) -> Outcome<Vec<Standing>> {
    let postgres = conn.get_database_backend() == DatabaseBackend::Postgres;
    let text = format!(
        "SELECT u.id, u.facts FROM trade_union u WHERE u.id > $1 AND EXISTS (
             SELECT 1 FROM trade_union_fact f WHERE f.trade_union = u.id AND f.field = 'contact')
         ORDER BY u.id LIMIT {limit} {}",
        if postgres { "FOR UPDATE OF u" } else { "" }
    );
    let after = Uuid::try_parse(after).unwrap_or(Uuid::nil());
    let rows = Standing::find_by_statement(sql(conn, &text, [after.into()])).all(conn).await;
    rows.map_err(fault::of)
}

/// Every contact that was ever recorded of these unions.
async fn recorded(conn: &Tx, ids: &[Uuid]) -> Outcome<HashMap<Uuid, Vec<(i64, String)>>> {
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let text = format!(
        "SELECT id, trade_union, value FROM trade_union_fact
         WHERE field = 'contact' AND trade_union IN (VALUES {})",
        places(ids.len(), 1)
    );
    let statement = sql(conn, &text, ids.iter().map(|id| (*id).into()));
    for row in Recorded::find_by_statement(statement).all(conn).await.map_err(fault::of)? {
        found.entry(row.trade_union).or_default().push((row.id, row.value));
    }
    Ok(found)
}
