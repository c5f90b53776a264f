//! Writing a chunk of rows: few statements, however many rows.

use std::collections::HashSet;

use unionhall_kit::{
    fault::{Fault, Outcome},
    imports::{Actor, Applied, Effect, kinds::DUPLICATE_IN_FILE},
    ledger::Entry,
    path::Scope,
    reasons,
    sheet::Record,
    vault::{DataKey, Vault},
};

use super::{
    decide::{Around, Decision, Plan, decide},
    draft::{Draft, Reading, draft},
    known::Known,
};
use crate::{
    Register,
    api::members::{desk::Desk, effect},
    columns::member as columns,
    imports::places::Places,
    rules::{
        area::{AreaPath, tree::AreaTree},
        member::{MemberFacts, MemberId, change::MemberChange},
    },
    store::{
        employers::hold_areas,
        members::{
            self, Changed, Held, MemberRecord, NewMember, Numbers, Stand, facts_text, hold_grounds,
            insert_many, keys_of, load_for_update, owner, save_many,
        },
        structure_changes,
    },
};

/// As what the facts from before are sealed under the member's own key.
pub(super) const BEFORE: &str = "import_effect/before";

pub(super) async fn apply(
    register: &Register,
    places: &Places,
    entry: &mut Entry,
    actor: &Actor,
    rows: &[Record],
) -> Outcome<Vec<Applied>> {
    let reading = Reading { register, places, today: entry.today() };
    let drafts = rows.iter().map(|row| draft(row, reading)).collect::<Outcome<Vec<Draft>>>()?;
    let (known, held, areas) = hold(entry, &drafts).await?;
    let around = Around {
        scope: &actor.scope,
        today: entry.today(),
        areas: &areas,
        reference: register.reference,
    };
    let mut work = Work::default();
    let mut touched: HashSet<MemberId> = HashSet::new();
    for (row, draft) in rows.iter().zip(&drafts) {
        match decide(row, draft, &known, around) {
            Decision::Refused(faults) => work.applied.push(Applied::Refused(faults)),
            Decision::Unchanged => work.applied.push(Applied::Unchanged),
            // Since the check two documents have become those of one person.
            Decision::Amend(record, _) if !touched.insert(record.id) => {
                let fault = row.fault(columns::DOCUMENT_NUMBER.key, &DUPLICATE_IN_FILE);
                let fault = fault.with("first_line", "-");
                work.applied.push(Applied::Refused(vec![fault]));
            }
            Decision::Enter(plan) => {
                work.new.push((work.applied.len(), entering(register, draft, &plan, around)?));
                work.applied.push(Applied::Unchanged);
            }
            Decision::Amend(record, plan) => {
                work.amended.push((work.applied.len(), record, draft, plan));
                work.applied.push(Applied::Unchanged);
            }
        }
    }
    work.write(register, entry, &held, around).await
}

/// Areas are held first, then unions, employers and members, as every writer does. Which those are
/// is looked at before; should it change in between, the chunk is tried again.
async fn hold(entry: &Entry, drafts: &[Draft]) -> Outcome<(Known, Held, AreaTree)> {
    let conn = entry.conn();
    let mut known = Known::read(conn, drafts).await?;
    let homes: Vec<AreaPath> = drafts.iter().filter_map(|draft| draft.residence.clone()).collect();
    let areas = hold_areas(conn, &homes).await?;
    let wanted = known.wanted();
    let held = hold_grounds(conn, &wanted).await?;
    let members = load_for_update(conn, &known.member_ids()).await?;
    if known.hold(members, &held, &wanted) {
        Ok((known, held, areas))
    } else {
        Err(Fault::new(&reasons::CONFLICT))
    }
}

/// The person of a row with the numbers sealed under a key of their own.
fn entering(
    register: &Register,
    draft: &Draft,
    plan: &Plan<'_>,
    around: Around<'_>,
) -> Outcome<NewMember> {
    let id = MemberId(register.ledger.ids().fresh());
    let (key, sealed) = register.vault.new_data_key(owner(&id))?;
    let (facts, numbers) =
        sealed_facts(&register.vault, &key, (draft, plan), &MemberFacts::default(), around)?;
    Ok(NewMember { id, facts, stand: None, key: sealed, numbers })
}

/// What the plan makes of a person, numbers included.
fn sealed_facts(
    vault: &Vault,
    key: &DataKey,
    (draft, plan): (&Draft, &Plan<'_>),
    before: &MemberFacts,
    around: Around<'_>,
) -> Outcome<(MemberFacts, Numbers)> {
    let desk = Desk { vault, key, today: around.today };
    let (mut changes, mut numbers) = (Vec::new(), Numbers::default());
    if let Some(document) = draft.document.clone().filter(|_| plan.document) {
        let kind = document.kind();
        let received = desk.receive(document, draft.validity)?;
        numbers.documents.push(received.indexed);
        changes.push(MemberChange::Document(kind, Some(received.held)));
    }
    if let Some(mobile) = draft.mobile.as_ref().filter(|_| plan.mobile) {
        if let Some(kept) = before.mobiles.rows().last() {
            numbers.old_mobiles.push(desk.kept_mobile(&kept.value)?);
        }
        let (held, digests) = desk.receive_mobile(mobile)?;
        numbers.mobiles.push(digests);
        changes.push(MemberChange::Mobile(Some(held)));
    }
    // The plan was tried without the numbers, which no rule refuses.
    let facts = plan.facts(before, changes, around);
    Ok((facts.map_err(|fault| Fault::new(&reasons::INTERNAL).caused_by(fault))?, numbers))
}

type Amended<'a> = (usize, &'a MemberRecord, &'a Draft, Box<Plan<'a>>);

#[derive(Default)]
struct Work<'a> {
    applied: Vec<Applied>,
    new: Vec<(usize, NewMember)>,
    amended: Vec<Amended<'a>>,
}

impl Work<'_> {
    async fn write(
        mut self,
        register: &Register,
        entry: &mut Entry,
        held: &Held,
        around: Around<'_>,
    ) -> Outcome<Vec<Applied>> {
        // Somebody else entered the person meanwhile: the next try finds it.
        let taken = |_: members::Taken| Fault::new(&reasons::CONFLICT);
        let now = entry.now();
        let (places, mut new): (Vec<usize>, Vec<NewMember>) =
            std::mem::take(&mut self.new).into_iter().unzip();
        for member in &mut new {
            member.stand = member.facts.passages.last_union().and_then(|union| held.stand(union));
        }
        if !new.is_empty() {
            let entered = insert_many(entry.conn(), new, now).await?.map_err(taken)?;
            effect::note_many(entry, entered.iter().map(|one| (None, one)), &held.grounds);
            for (at, record) in places.into_iter().zip(&entered) {
                self.applied[at] = Applied::Changed(change(0, record, Vec::new()));
            }
        }
        let amended = std::mem::take(&mut self.amended);
        let stepping = amended.iter().filter(|(_, _, _, plan)| !plan.passages.is_empty());
        let stand: Vec<_> =
            stepping.map(|(_, old, ..)| (old.id, old.facts.passages.last_standing())).collect();
        if !stand.is_empty() && structure_changes::awaited(entry.conn(), stand).await? {
            // The job that lets members follow the end of their union comes to them soon.
            return Err(Fault::new(&reasons::CONFLICT));
        }
        let ids: Vec<MemberId> = amended.iter().map(|(_, record, ..)| record.id).collect();
        let keys = keys_of(entry.conn(), &ids).await?;
        let mut amendments = Vec::with_capacity(amended.len());
        for (at, record, draft, plan) in &amended {
            let key = keys.get(&record.id).map(Vec::as_slice);
            let key = register.vault.open_data_key(owner(&record.id), key)?;
            let of_row = (*draft, &**plan);
            let (facts, numbers) =
                sealed_facts(&register.vault, &key, of_row, &record.facts, around)?;
            amendments.push(Amendment { at: *at, record, facts, numbers, key });
        }
        for (at, effect) in amend(entry, held, amendments).await? {
            self.applied[at] = Applied::Changed(effect);
        }
        Ok(self.applied)
    }
}

/// What the row at `at` makes of a member.
pub(in crate::imports) struct Amendment<'a> {
    pub(in crate::imports) at: usize,
    pub(in crate::imports) record: &'a MemberRecord,
    pub(in crate::imports) facts: MemberFacts,
    pub(in crate::imports) numbers: Numbers,
    /// The member's own key.
    pub(in crate::imports) key: DataKey,
}

/// Saves what rows make of members, with its books. What the facts were is kept sealed under the
/// member's own key: whoever is erased is erased there too.
pub(in crate::imports) async fn amend(
    entry: &mut Entry,
    held: &Held,
    amendments: Vec<Amendment<'_>>,
) -> Outcome<Vec<(usize, Effect)>> {
    if amendments.is_empty() {
        return Ok(Vec::new());
    }
    let (mut changes, mut kept) = (Vec::new(), Vec::new());
    for Amendment { at, record, facts, numbers, key } in amendments {
        let before = key.seal(BEFORE, facts_text(&record.facts)?.as_bytes())?;
        changes.push(changed(record, facts, numbers, held));
        kept.push((at, record, before));
    }
    let saved = save_many(entry.conn(), changes, entry.now()).await?;
    let saved = saved.map_err(|_| Fault::new(&reasons::CONFLICT))?;
    let both = kept.iter().zip(&saved).map(|((_, old, _), new)| (Some(*old), new));
    effect::note_many(entry, both, &held.grounds);
    let effect = |((at, old, before), new): ((usize, &MemberRecord, Vec<u8>), &MemberRecord)| {
        (at, change(old.version, new, before))
    };
    Ok(kept.into_iter().zip(&saved).map(effect).collect())
}

/// Whether the sender sees who stands there.
pub(in crate::imports) fn sees(scope: &Scope, stand: &Option<Stand>) -> bool {
    let area = stand.as_ref().map(|stand| stand.area.path());
    scope.sees(area, stand.as_ref().map(|stand| stand.affiliation.path()))
}

/// A change of a member by what stands there now.
pub(in crate::imports) fn changed<'a>(
    before: &'a MemberRecord,
    facts: MemberFacts,
    numbers: Numbers,
    held: &Held,
) -> Changed<'a> {
    let standing = facts.passages.last_standing();
    Changed {
        before,
        stand: facts.passages.last_union().and_then(|union| held.stand(union)),
        transfer: standing.transfer().and_then(|union| held.stand(union)),
        facts,
        numbers,
    }
}

fn change(version_before: i64, record: &MemberRecord, before: Vec<u8>) -> Effect {
    Effect { record: record.name(), version_before, version_after: record.version, before }
}
