//! Brings the entries of the base register to count as their edition says, and carries them along
//! when areas move or merge.
//!
//! An edition says at once when it counts; its entries follow in chunks, each one transaction: the
//! figures of the list, and those of the covered employers that it lists. How far it came is
//! written beside, so that the job goes on wherever it was cut off, and a second change while it
//! works makes it begin again: what an entry counts for is written on the entry.

use std::{collections::HashMap, time::Duration};

use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    civil::{CivilDate, Period},
    fault::{Fault, Outcome},
    figures::Delta,
    ledger::{AuditNote, Done, Entry},
    reasons,
};
use uuid::Uuid;

use crate::{
    api::base_registers::note,
    register::Register,
    rules::{
        area::AreaPath,
        base_register::{
            BaseRegisterId,
            contribution::{contributions, listing},
        },
        contribution::listed_contributions,
        employer::EmployerFacts,
        history::History,
        organisation_code::OrganisationCode,
        steps::{Step, difference},
    },
    store::{
        base_registers::{self, EntryRecord, Relisted},
        employers,
    },
};

/// Entries that one transaction brings along.
const ENTRIES_A_CHUNK: u64 = 500;
/// Without a bell (another instance began a change, or died over one) the job looks this often.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// After a chunk that met an employer which was just coming in.
const TRY_AGAIN: Duration = Duration::from_millis(50);
/// How the books name the job.
const CLIENT: &str = "unionhall";
const METHOD: &str = "list";

/// The job.
pub struct Lister {
    register: Register,
}

impl Lister {
    /// The job of this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }

    /// Works until `stop`, beginning with what an earlier process left; a database that is away is
    /// tried again.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let rung = self.register.list_bell.notified();
            match self.step().await {
                Ok(true) => continue,
                Ok(false) => {}
                // An employer came in meanwhile.
                Err(fault) if *fault.reason() == reasons::CONFLICT => {
                    stop.run_until_cancelled(tokio::time::sleep(TRY_AGAIN)).await;
                    continue;
                }
                Err(fault) => {
                    tracing::warn!(%fault, "the base register could not be brought along")
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = rung => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Brings one chunk along, or ends an edition that has none left. Answers whether there was
    /// anything to do. An edition that fails holds up no other. Public so that tests can drive it.
    pub async fn step(&self) -> Outcome<bool> {
        let mut failed = None;
        for id in base_registers::unsettled(self.register.ledger.db().reader()).await? {
            match self.chunk(id).await {
                Ok(()) => return Ok(true),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        failed.map_or(Ok(false), Err)
    }

    async fn chunk(&self, id: BaseRegisterId) -> Outcome<()> {
        let ledger = &self.register.ledger;
        let mut entry = ledger.begin_own(CLIENT, METHOD).await?;
        let held = base_registers::load_for_update(entry.conn(), id).await?;
        let through = held.as_ref().and_then(|record| record.settled_through);
        let (Some(mut record), Some(through)) = (held, through) else {
            // Another instance was faster.
            return entry.discard().await;
        };
        let next =
            base_registers::entries_behind(entry.conn(), id, through, ENTRIES_A_CHUNK).await?;
        let counts = record.register.counts;
        let deltas = relist(&entry, &next, |one| (one.places.clone(), counts)).await?;
        entry.figures(deltas);
        if next.len() as u64 == ENTRIES_A_CHUNK {
            let last = next.last().map_or(through, |(id, _)| *id);
            base_registers::settle(entry.conn(), id, last).await?;
        } else {
            record.settled_through = None;
            record = base_registers::save(entry.conn(), &record, entry.now()).await?;
            note::changed(&mut entry, &record);
        }
        entry.audit(AuditNote {
            record: record.name(),
            area: record.register.area.path().clone(),
            detail: format!("{} entries count as the edition says", next.len()),
        });
        entry.commit(Done { record: record.name(), version: record.version }).await
    }
}

/// Carries entries along that are listed in areas which ended; how many there were.
pub(super) async fn carry(
    entry: &mut Entry,
    areas: &[AreaPath],
    on: CivilDate,
    carried: impl Fn(&History<AreaPath>) -> History<AreaPath>,
) -> Outcome<usize> {
    let next = base_registers::unlisted(entry.conn(), areas, on, ENTRIES_A_CHUNK).await?;
    let deltas = relist(entry, &next, |one| (carried(&one.places), one.counts)).await?;
    entry.figures(deltas);
    Ok(next.len())
}

/// Lets entries be listed and count as `decide` says; what that adds to the figures. The employers
/// that bear their codes are held first. One that came in between the look at the codes and the
/// hold of the entries is not held: if a union covers it already, the chunk is tried again.
async fn relist(
    entry: &Entry,
    next: &[(Uuid, OrganisationCode)],
    decide: impl Fn(&EntryRecord) -> (History<AreaPath>, Option<Period>),
) -> Outcome<Vec<Delta>> {
    let conn = entry.conn();
    let codes: Vec<OrganisationCode> = next.iter().map(|(_, code)| code.clone()).collect();
    let mut bearers = bearers(conn, &codes).await?;
    let held = employers::load_for_update(conn, &bearers).await?;
    let ids: Vec<Uuid> = next.iter().map(|(id, _)| *id).collect();
    let entries = base_registers::hold_entries(conn, &ids).await?;
    let again = self::bearers(conn, &codes).await?;
    bearers.retain(|id| held.iter().any(|record| record.id == *id));
    if bearers.iter().any(|id| !again.contains(id)) {
        return Err(Fault::new(&reasons::CONFLICT));
    }
    // Who came in meanwhile counts for nothing until a union covers it, which waits for the entries.
    let new: Vec<Uuid> = again.into_iter().filter(|id| !bearers.contains(id)).collect();
    let new = employers::load(conn, &new).await?;
    if new.values().any(|record| !record.facts.covers.rows().is_empty()) {
        return Err(Fault::new(&reasons::CONFLICT));
    }
    let employers: HashMap<OrganisationCode, &EmployerFacts> = held
        .iter()
        .filter_map(|record| Some((record.facts.organisation_code()?, &record.facts)))
        .collect();
    let mut deltas = Vec::new();
    let mut changed = Vec::with_capacity(entries.len());
    for record in entries {
        let (places, counts) = decide(&record);
        let employer = employers.get(&record.entry.organisation_code).copied();
        let (old, new) = (listing(&record.places, record.counts), listing(&places, counts));
        let moved = [
            difference(&contributions(&old), contributions(&new)),
            employer.map_or_else(Vec::new, |facts| {
                difference(&listed_contributions(facts, &old), listed_contributions(facts, &new))
            }),
        ];
        deltas.extend(moved.into_iter().flatten().map(Step::into_delta));
        changed.push(Relisted { record, places, counts });
    }
    base_registers::relist(conn, &changed).await?;
    Ok(deltas)
}

/// The employers that bear these codes, by ascending id.
async fn bearers(conn: &impl ConnectionTrait, codes: &[OrganisationCode]) -> Outcome<Vec<Uuid>> {
    let mut ids: Vec<Uuid> =
        employers::holders(conn, codes).await?.into_iter().map(|holder| holder.id).collect();
    ids.sort_unstable();
    Ok(ids)
}
