//! Writing members. A change is recorded with the facts that it adds and supersedes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};
use unionhall_kit::{
    db::{Tx, fault, insert_new_rows, insert_rows, places, rows_per_statement, sql},
    fault::{Fault, Outcome},
    reasons,
    rotation::Indexing,
    vault::BlindIndex,
};
use uuid::Uuid;

use super::{
    Indexed, MemberRecord, Stand, fact,
    index::{holders, version},
    keep_key,
    present::{self, Present},
};
use crate::{
    rules::{
        member::{MemberFacts, MemberId},
        union::{EmployerId, UnionId},
    },
    store::dated::{self, DatedFact, all_changed},
};

/// The digests of the numbers of a member that a write adds and takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Documents that are new.
    pub documents: Vec<Indexed>,
    /// Mobile numbers that are new.
    pub mobiles: Vec<Vec<BlindIndex>>,
    /// Documents that were never the member's: a wrong number was corrected.
    pub wrong_documents: Vec<Vec<BlindIndex>>,
    /// Mobile numbers by which the member is not found any more.
    pub old_mobiles: Vec<Vec<BlindIndex>>,
}

/// A member who is to be entered.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// A fresh id.
    pub id: MemberId,
    /// The facts.
    pub facts: MemberFacts,
    /// Where the union stands.
    pub stand: Option<Stand>,
    /// The member's sealed key.
    pub key: Vec<u8>,
    /// The digests of the numbers.
    pub numbers: Numbers,
}

/// A document is another member's. On PostgreSQL the transaction can only be rolled back then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the document is another member's")]
pub struct Taken;

/// What a write gives: a failure of the storage outside, a taken document inside.
pub(super) type Write<T> = Outcome<Result<T, Taken>>;

/// Enters members as version 1.
pub async fn insert_many(
    conn: &Tx,
    new: Vec<NewMember>,
    now: DateTime<Utc>,
) -> Write<Vec<MemberRecord>> {
    let (mut rows, mut changes, mut records) = (Vec::new(), Vec::new(), Vec::new());
    let nothing = dated::written(Vec::<DatedFact<fact::Fact>>::new())?;
    let (mut keys, mut numbers) = (Vec::new(), Vec::new());
    for NewMember { id, facts, stand, key, numbers: found } in new {
        let MemberId(uuid) = id;
        let mut row: Vec<Value> = vec![uuid.into(), 1_i64.into(), now.into(), now.into()];
        let present = Present::of(&facts)?;
        changes.push(vec![
            uuid.into(),
            present.written().into(),
            nothing.clone().into(),
            now.into(),
        ]);
        row.extend(present.values());
        rows.push(row);
        keys.push((id, key));
        numbers.push((id, found));
        records.push(MemberRecord {
            id,
            version: 1,
            stand,
            transfer: None,
            facts,
            merged_into: None,
            erased_at: None,
            created_at: now,
            updated_at: now,
        });
    }
    let columns = format!("id, version, created_at, updated_at, {}", present::COLUMNS);
    insert_rows(conn, "member", &columns, rows).await.map_err(fault::of)?;
    keep_key(conn, keys).await?;
    if let Err(taken) = keep_numbers(conn, numbers).await? {
        return Ok(Err(taken));
    }
    record_changes(conn, changes).await?;
    keep_units(conn, &records).await?;
    Ok(Ok(records))
}

/// What a save makes of a member.
pub struct Changed<'a> {
    /// The member, held in this transaction.
    pub before: &'a MemberRecord,
    /// The facts from now on.
    pub facts: MemberFacts,
    /// Where its union stands now.
    pub stand: Option<Stand>,
    /// Where the union stands to which it is to pass.
    pub transfer: Option<Stand>,
    /// The numbers that come and go.
    pub numbers: Numbers,
}

/// Saves a change of a member who is held in this transaction. `CONFLICT` when the record is no
/// longer at the version that it had.
pub async fn save(conn: &Tx, changed: Changed<'_>, now: DateTime<Utc>) -> Write<MemberRecord> {
    let saved = save_many(conn, vec![changed], now).await?;
    let one = |mut records: Vec<MemberRecord>| {
        records.pop().ok_or_else(|| Fault::new(&reasons::INTERNAL))
    };
    saved.map(one).map_or_else(|taken| Ok(Err(taken)), |record| record.map(Ok))
}

/// Saves changes of several members.
pub async fn save_many(
    conn: &Tx,
    changes: Vec<Changed<'_>>,
    now: DateTime<Utc>,
) -> Write<Vec<MemberRecord>> {
    let (mut recorded, mut records, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    let mut numbers = Vec::with_capacity(changes.len());
    for Changed { before, facts, stand, transfer, numbers: found } in changes {
        // What is recorded of one record never goes back in time, whoever began first.
        let at = now.max(before.updated_at);
        let after = MemberRecord {
            version: before.version + 1,
            stand,
            transfer,
            facts,
            updated_at: at,
            ..before.clone()
        };
        rows.push(row(before, &after)?);
        recorded.extend(change(
            before.id,
            &fact::rows(&before.facts),
            &fact::rows(&after.facts),
            at,
        )?);
        numbers.push((before.id, found));
        records.push(after);
    }
    update(conn, rows).await?;
    forget_numbers(conn, &numbers).await?;
    let made = added(&numbers);
    not_kept(conn, &mut numbers).await?;
    if let Err(error) = insert_numbers(conn, numbers).await {
        return taken(error);
    }
    made.is_whole(conn).await?;
    record_changes(conn, recorded).await?;
    keep_units(conn, &records).await?;
    Ok(Ok(records))
}

/// What a save writes of a member, in the order of [`update`].
pub(super) fn row(before: &MemberRecord, after: &MemberRecord) -> Outcome<Vec<Value>> {
    let MemberId(id) = before.id;
    let mut values: Vec<Value> =
        vec![id.into(), before.version.into(), after.version.into(), after.updated_at.into()];
    values.push(Value::Uuid(after.merged_into.map(|MemberId(id)| id)));
    values.push(after.erased_at.into());
    values.extend(Present::of(&after.facts)?.values());
    Ok(values)
}

pub(super) async fn update(conn: &impl ConnectionTrait, rows: Vec<Vec<Value>>) -> Outcome<()> {
    let columns: Vec<&str> = present::COLUMNS.split(',').map(str::trim).collect();
    let width = columns.len() + 6;
    let sets: Vec<String> =
        columns.iter().zip(7..).map(|(column, at)| format!("{column} = v.column{at}")).collect();
    for some in rows.chunks(rows_per_statement(width)) {
        let text = format!(
            "UPDATE member SET version = v.column3, updated_at = v.column4,
                 merged_into = v.column5, erased_at = v.column6, {}
             FROM (VALUES {}) AS v
             WHERE member.id = v.column1 AND member.version = v.column2
               AND member.deleted_at IS NULL",
            sets.join(", "),
            places(some.len(), width)
        );
        let values = some.iter().flatten().cloned();
        let done = conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
        all_changed(done.rows_affected(), some.len())?;
    }
    Ok(())
}

/// The row of what a change adds and supersedes, if anything.
pub(super) fn change(
    MemberId(id): MemberId,
    old: &[DatedFact<fact::Fact>],
    new: &[DatedFact<fact::Fact>],
    now: DateTime<Utc>,
) -> Outcome<Option<Vec<Value>>> {
    let missing = |rows: &[DatedFact<fact::Fact>], other: &[DatedFact<fact::Fact>]| {
        rows.iter().filter(|row| !other.contains(row)).cloned().collect::<Vec<_>>()
    };
    let (added, gone) = (missing(new, old), missing(old, new));
    if added.is_empty() && gone.is_empty() {
        return Ok(None);
    }
    let (added, gone) = (dated::written(added)?, dated::written(gone)?);
    Ok(Some(vec![id.into(), added.into(), gone.into(), now.into()]))
}

pub(super) async fn record_changes(conn: &Tx, rows: Vec<Vec<Value>>) -> Outcome<()> {
    let columns = "member, added, gone, recorded_at";
    insert_rows(conn, "member_change", columns, rows).await.map_err(fault::of)
}

/// Under which versions of the key the digests were made that are added.
fn added(numbers: &[(MemberId, Numbers)]) -> Indexing {
    Indexing::added(numbers.iter().flat_map(|(_, numbers)| {
        numbers.documents.iter().map(|document| &document.digests).chain(&numbers.mobiles)
    }))
}

/// Adds what is new. `CONFLICT` where the key ring learned of a new key in the meantime.
pub(super) async fn keep_numbers(conn: &Tx, numbers: Vec<(MemberId, Numbers)>) -> Write<()> {
    let made = added(&numbers);
    if let Err(error) = insert_numbers(conn, numbers).await {
        return taken(error);
    }
    made.is_whole(conn).await.map(Ok)
}

async fn insert_numbers(conn: &Tx, numbers: Vec<(MemberId, Numbers)>) -> Result<(), DbErr> {
    // Two documents of one person may bear one number: a permit is issued anew, and a temporary
    // card shows the number of the card that it stands for.
    let mut documents = BTreeMap::new();
    let mut mobiles = Vec::new();
    for (MemberId(id), found) in numbers {
        for Indexed { kind, digests } in found.documents {
            let of = |digest: BlindIndex| ((id, version(&digest), digest.mac), kind);
            documents.extend(digests.into_iter().map(of));
        }
        mobiles.extend(
            found
                .mobiles
                .into_iter()
                .flatten()
                .map(|digest| vec![version(&digest).into(), digest.mac.into(), id.into()]),
        );
    }
    let row = |((id, version, mac), kind): ((Uuid, i32, Vec<u8>), &str)| {
        vec![version.into(), mac.into(), id.into(), kind.into()]
    };
    let documents = documents.into_iter().map(row).collect();
    insert_rows(conn, "member_document", "key_version, mac, member, kind", documents).await?;
    insert_new_rows(conn, "member_mobile", "key_version, mac, member", mobiles).await
}

/// Leaves out the documents by which the members are found already. They are held, so nobody else
/// writes them meanwhile.
async fn not_kept(conn: &impl ConnectionTrait, numbers: &mut [(MemberId, Numbers)]) -> Outcome<()> {
    let documents = |(_, numbers): &(MemberId, Numbers)| numbers.documents.clone();
    let asked: Vec<BlindIndex> =
        numbers.iter().flat_map(documents).flat_map(|document| document.digests).collect();
    let held: HashSet<(Vec<u8>, MemberId)> = holders(conn, &asked).await?.into_iter().collect();
    for (id, numbers) in numbers {
        for document in &mut numbers.documents {
            document.digests.retain(|digest| !held.contains(&(digest.mac.clone(), *id)));
        }
    }
    Ok(())
}

/// Takes away what is wrong or old. `CONFLICT` as above.
pub(super) async fn forget_numbers(
    conn: &impl ConnectionTrait,
    numbers: &[(MemberId, Numbers)],
) -> Outcome<()> {
    let rows = |of: fn(&Numbers) -> &Vec<Vec<BlindIndex>>| -> Vec<[Value; 3]> {
        let each = numbers.iter().flat_map(|(MemberId(id), found)| {
            of(found).iter().flatten().map(|digest| (*id, digest))
        });
        let row = |(id, digest): (Uuid, &BlindIndex)| {
            [version(digest).into(), digest.mac.clone().into(), id.into()]
        };
        each.map(row).collect()
    };
    let gone = [
        ("member_document", rows(|numbers| &numbers.wrong_documents)),
        ("member_mobile", rows(|numbers| &numbers.old_mobiles)),
    ];
    for (table, rows) in gone {
        for some in rows.chunks(rows_per_statement(3)) {
            let text = format!(
                "DELETE FROM {table} WHERE (key_version, mac, member) IN (VALUES {})",
                places(some.len(), 3)
            );
            let values = some.iter().flatten().cloned();
            conn.execute_raw(sql(conn, &text, values)).await.map_err(fault::of)?;
        }
    }
    let removed = numbers
        .iter()
        .flat_map(|(_, numbers)| numbers.wrong_documents.iter().chain(&numbers.old_mobiles));
    Indexing::removed(removed).is_whole(conn).await
}

/// Keeps every union and employer for which the members count or counted. What a correction takes
/// back stays: what counts is asked of the facts.
pub(super) async fn keep_units(conn: &Tx, records: &[MemberRecord]) -> Outcome<()> {
    let mut rows: BTreeSet<(Uuid, Uuid, Uuid)> = BTreeSet::new();
    for record in records {
        let MemberId(member) = record.id;
        let employments = record.facts.employments.rows().iter();
        let employers = employments.filter_map(|row| row.value.employer);
        let mut employers: Vec<Uuid> = employers.map(|EmployerId(id)| id).collect();
        if employers.is_empty() {
            employers.push(Uuid::nil());
        }
        for UnionId(union) in record.facts.passages.unions() {
            rows.extend(employers.iter().map(|employer| (union, *employer, member)));
        }
    }
    let row = |(union, employer, member): (Uuid, Uuid, Uuid)| {
        vec![union.into(), employer.into(), member.into()]
    };
    let rows = rows.into_iter().map(row).collect();
    let columns = "trade_union, employer, member";
    insert_new_rows(conn, "member_unit", columns, rows).await.map_err(fault::of)
}

pub(super) fn taken<T>(error: DbErr) -> Write<T> {
    match fault::unique_violation(&error) {
        Some(_) => Ok(Err(Taken)),
        None => Err(fault::of(error)),
    }
}
