//! Writing a chunk of rows, and striking them out again.

use std::collections::BTreeMap;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Effect, Undone, kinds::OUT_OF_SCOPE},
    ledger::Entry,
    path::Line,
    reasons,
    sheet::Record,
};
use uuid::Uuid;

use super::{
    Known,
    row::{Around, Decision, Drafts, decide},
};
use crate::{
    Register,
    api::base_registers::note,
    imports::{
        employers::identity::Identity,
        kinds::{AREA_CLOSED_LISTING, LISTING_COUNTS},
        places::Places,
    },
    rules::{area::AreaPath, base_register::BaseRegisterId},
    store::{
        base_registers::{
            self, BaseRegisterRecord, COLLECTION, NewEntry, entry_name, hold_entries,
            insert_entries, remove_entries,
        },
        employers::hold_areas,
    },
};

pub(super) async fn apply(
    register: &Register,
    places: &Places,
    entry: &mut Entry,
    actor: &Actor,
    rows: &[Record],
) -> Outcome<Vec<Applied>> {
    let identities: Vec<Identity> = rows.iter().map(Identity::of).collect();
    let seen = Drafts::of(base_registers::drafts(entry.conn()).await?);
    let nothing = Known::default();
    let mut around = Around {
        reference: register.reference,
        places,
        scope: &actor.scope,
        drafts: &seen,
        known: &nothing,
        today: entry.today(),
    };
    // Areas are held first, then the drafts: both follow from the rows.
    let (mut areas, mut wanted) = (Vec::new(), Vec::new());
    for (row, identity) in rows.iter().zip(&identities) {
        if let Decision::List(draft, listed) = decide(row, identity, around) {
            areas.push(listed.area);
            wanted.push(draft.id);
        }
    }
    let open = hold_areas(entry.conn(), &areas).await?;
    let drafts = Drafts::of(hold(entry, wanted).await?);
    let known = Known::read(entry.conn(), &drafts, &identities).await?;
    (around.drafts, around.known) = (&drafts, &known);
    let mut applied = Vec::with_capacity(rows.len());
    let mut new: BTreeMap<BaseRegisterId, Vec<NewEntry>> = BTreeMap::new();
    for (row, identity) in rows.iter().zip(&identities) {
        applied.push(match decide(row, identity, around) {
            Decision::Refused(faults) => Applied::Refused(faults),
            Decision::Unchanged => Applied::Unchanged,
            Decision::List(_, listed) if !lasts(&open, &listed.area) => {
                let column = crate::columns::base_register::AREA.key;
                Applied::Refused(vec![row.fault(column, &AREA_CLOSED_LISTING)])
            }
            Decision::List(draft, listed) => {
                let id = register.ledger.ids().fresh();
                new.entry(draft.id).or_default().push(NewEntry { id, entry: listed });
                let record = entry_name(draft.id, id);
                let before = Vec::new();
                Applied::Changed(Effect { record, version_before: 0, version_after: 1, before })
            }
        });
    }
    for draft in drafts.all() {
        if let Some(new) = new.get(&draft.id) {
            insert_entries(entry.conn(), draft, new).await?;
            count(entry, draft).await?;
        }
    }
    Ok(applied)
}

/// An area that ended is listed no more: nobody would carry the entry out of it.
fn lasts(areas: &crate::rules::area::tree::AreaTree, area: &AreaPath) -> bool {
    areas.get(area).is_some_and(|fact| fact.period.until().is_none())
}

/// The editions that are drafts still, held in the order of their ids. One that was deactivated a
/// moment ago is waited for: the chunk is tried again.
async fn hold(entry: &Entry, mut ids: Vec<BaseRegisterId>) -> Outcome<Vec<BaseRegisterRecord>> {
    ids.sort_unstable();
    ids.dedup();
    let mut held = Vec::with_capacity(ids.len());
    for id in ids {
        let found = base_registers::load_for_update(entry.conn(), id).await?;
        let draft = found.filter(|one| one.register.is_draft());
        if draft.as_ref().is_some_and(|one| one.settled_through.is_some()) {
            return Err(Fault::new(&reasons::CONFLICT));
        }
        held.extend(draft);
    }
    Ok(held)
}

/// The edition tells how many enterprises it lists.
async fn count(entry: &mut Entry, draft: &BaseRegisterRecord) -> Outcome<()> {
    let mut counted = draft.clone();
    counted.register.entries = base_registers::count_entries(entry.conn(), draft.id).await?;
    let saved = base_registers::save(entry.conn(), &counted, entry.now()).await?;
    note::changed(entry, &saved);
    Ok(())
}

pub(super) async fn undo(
    entry: &mut Entry,
    actor: &Actor,
    effects: &[Effect],
) -> Outcome<Vec<Undone>> {
    let named: Vec<Option<(BaseRegisterId, Uuid)>> = effects.iter().map(names).collect();
    let wanted = named.iter().flatten().map(|(register, _)| *register).collect();
    let drafts = hold(entry, wanted).await?;
    let ids: Vec<Uuid> = named.iter().flatten().map(|(_, id)| *id).collect();
    let found = hold_entries(entry.conn(), &ids).await?;
    let mut struck = Vec::new();
    let mut undone = Vec::with_capacity(effects.len());
    for named in named {
        let (register, id) = named.ok_or_else(|| Fault::new(&reasons::INTERNAL))?;
        let draft = drafts.iter().find(|draft| draft.id == register);
        let listed = found.iter().any(|record| record.id == id);
        let may = |draft: &&BaseRegisterRecord| {
            actor.scope.covers(Line::Area, draft.register.area.path())
        };
        undone.push(match draft {
            // Withdrawn with its draft, it is gone already.
            _ if !listed => Undone::Done,
            None => Undone::Refused(&LISTING_COUNTS),
            Some(draft) if !may(&draft) => Undone::Refused(&OUT_OF_SCOPE),
            Some(_) => {
                struck.push(id);
                Undone::Done
            }
        });
    }
    remove_entries(entry.conn(), &struck).await?;
    for draft in &drafts {
        count(entry, draft).await?;
    }
    Ok(undone)
}

/// The edition and the entry of an effect.
fn names(effect: &Effect) -> Option<(BaseRegisterId, Uuid)> {
    let (register, entry) = effect.record.strip_prefix(COLLECTION)?.split_once("/entries/")?;
    let register = Uuid::try_parse(register).ok()?;
    Some((BaseRegisterId(register), Uuid::try_parse(entry).ok()?))
}
