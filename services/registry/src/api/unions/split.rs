//! Splitting a union. Its parts are there at once, and a job carries along whom they take over.

mod plan;

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{SplitUnionRequest, StructureChange as Message, UnionPart};
use uuid::Uuid;

use self::plan::Plan;
use super::{
    Unions,
    approver::signed_by,
    change::{Order, located},
    decode::{self, Desk},
    effect,
    enter::named_areas,
    merge::{in_order, keeper_of},
    scoped,
};
use crate::{
    api::{
        areas::{structure as changes, view},
        employers::id as employer_id,
        formations::ended as formation_cases,
        order::orders,
    },
    rules::{
        area::{AreaPath, tree::AreaTree},
        union::{UnionFacts, UnionId, change::UnionChange, ending::Ending, split::Wish},
    },
    store::{
        employers::{self, hold_areas},
        structure_changes::{self, Progress},
        unions::{self, Placed, Taken, UnionRecord},
    },
};

orders!(SplitUnionRequest);

/// A part as it is asked for.
pub(super) struct Asked {
    id: UnionId,
    said: Vec<UnionChange>,
    superior: Option<UnionId>,
    areas: Vec<AreaPath>,
    wish: Wish,
}

/// What the decision on a split is measured against, held until the transaction ends.
pub(super) struct Held {
    areas: AreaTree,
    before: Placed,
    /// The unions that the request relies on, as far as the caller may rely on them.
    others: Vec<UnionRecord>,
}

impl Held {
    fn other(&self, id: Option<UnionId>) -> Option<&UnionRecord> {
        let id = id?;
        let own = Some(&self.before.record).filter(|own| own.id == id);
        own.or_else(|| self.others.iter().find(|record| record.id == id))
    }
}

impl Unions {
    pub(super) async fn split(&self, call: Call<SplitUnionRequest>) -> Outcome<Message> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let decision = message.decision.as_ref().ok_or_else(|| decode::required("decision"))?;
        let decision = decode::decision(decision)?;
        let membership = message.membership.as_ref().map(decode::membership).transpose()?;
        let asked = message.parts.iter().map(|part| self.asked(&call, part, from));
        let asked = asked.collect::<Outcome<Vec<Asked>>>()?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                return changes::again(&self.register, &call.caller.scope, &done).await;
            }
        };
        let keeper = keeper_of(membership);
        let held = self.held(&entry, &call, (&asked, keeper), from).await?;
        let keeper = held.other(keeper).map(|record| &record.facts);
        let ending = Ending { decision: &decision, membership, keeper };
        let plan = self.plan(&entry, &call, (&held, asked), (ending, from)).await?;
        signed_by(&entry, Some(&decision)).await?;
        self.divided(entry, (held.before, plan), &call, from).await
    }

    fn asked(
        &self,
        call: &Call<SplitUnionRequest>,
        part: &UnionPart,
        from: CivilDate,
    ) -> Outcome<Asked> {
        let union = part.union.as_ref().ok_or_else(|| decode::required("parts.union"))?;
        let id = UnionId(self.register.ledger.ids().fresh());
        let nothing = UnionFacts::default();
        let desk = Desk { vault: &self.register.vault, id, from, facts: &nothing };
        let said = desk.entered(union)?;
        let areas = named_areas(union)?;
        let seat = areas.first().ok_or_else(|| decode::required("parts.union.seat"))?;
        call.caller.require_node(Line::Area, seat.path())?;
        let superior = Some(union.superior.as_str()).filter(|name| !name.is_empty());
        let employers = part.employers.iter().map(|name| employer_id(name));
        let unions = part.unions.iter().map(|name| decode::id(name));
        let wish = Wish {
            employers: employers.collect::<Outcome<_>>()?,
            unions: unions.collect::<Outcome<_>>()?,
        };
        Ok(Asked { id, said, superior: superior.map(decode::id).transpose()?, areas, wish })
    }

    /// Holds the areas, the line of affiliation, and every union that the split relies on, those
    /// above before those below them.
    async fn held(
        &self,
        entry: &Entry,
        call: &Call<SplitUnionRequest>,
        (asked, keeper): (&[Asked], Option<UnionId>),
        from: CivilDate,
    ) -> Outcome<Held> {
        let order = Order::from(&call.message);
        let id = decode::id(order.name)?;
        let named: Vec<AreaPath> = asked.iter().flat_map(|part| part.areas.clone()).collect();
        let areas = hold_areas(entry.conn(), &named).await?;
        unions::lock_affiliation(entry.conn()).await?;
        let missing = || not_found(order.name);
        // From here on nobody changes who is above it.
        let peeked = unions::load(entry.conn(), &[id]).await?.remove(&id).ok_or_else(missing)?;
        let above = peeked.facts.superiors.on(from).copied();
        let superiors = asked.iter().filter_map(|part| part.superior);
        let ids = std::iter::once(id).chain(above).chain(superiors).chain(keeper);
        let (mut own, mut others) = (None, Vec::new());
        for (other, record) in in_order(entry, ids).await? {
            let Some(record) = record else { continue };
            if other == id {
                own = scoped(record).visible(&call.caller.scope);
            } else if above == Some(other) {
                // What stands above comes along with the union; nothing of it is told.
                others.push(record);
            } else {
                others.extend(scoped(record).visible(&call.caller.scope));
            }
        }
        let own = own.ok_or_else(missing)?;
        if !order.etag.is_empty() && order.etag != own.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        Ok(Held { areas, before: located(entry, own).await?, others })
    }

    async fn divided(
        &self,
        mut entry: Box<Entry>,
        (before, plan): (Placed, Plan),
        call: &Call<SplitUnionRequest>,
        from: CivilDate,
    ) -> Outcome<Message> {
        let id = self.register.ledger.ids().fresh();
        let client = call.caller.client.as_str();
        let mut change = plan.change((id, from), before.record.id, &entry, client);
        let (paths, now) = (before.paths.clone(), entry.now());
        let saved = unions::save(entry.conn(), &before, plan.facts, paths, now).await?;
        // One that is divided takes nothing from anybody.
        let saved = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        effect::note(&mut entry, Some(&before), &saved, "split");
        if call.message.ends {
            formation_cases::union_ended(&mut entry, before.record.id, from).await?;
        }
        for (new, _) in plan.parts {
            match unions::insert(entry.conn(), new.clone(), now).await? {
                Ok(part) => effect::note(&mut entry, None, &part, "split off"),
                Err(taken) => return self.not_free(entry, call, taken, &new.facts).await,
            }
        }
        if call.message.validate_only {
            entry.discard().await?;
            change.progress = Progress::Preview;
            return Ok(view::structure_change(&change));
        }
        structure_changes::insert(entry.conn(), &change).await?;
        let detail = format!(
            "{} unions, {} employers, {} members from {} on",
            change.union_count, change.employer_count, change.member_count, change.on
        );
        let area = saved.record.area.path().clone();
        entry.audit(AuditNote { record: change.name(), area, detail });
        entry.commit(Done { record: change.name(), version: 1 }).await?;
        self.register.structure_bell.notify_waiters();
        Ok(view::structure_change(&change))
    }

    async fn not_free<T>(
        &self,
        entry: Box<Entry>,
        call: &Call<SplitUnionRequest>,
        taken: Taken,
        facts: &UnionFacts,
    ) -> Outcome<T> {
        entry.discard().await?;
        Err(self.taken(&call.caller, taken, facts).await?)
    }
}

/// The names of these employers, as far as the caller sees them, in one text.
async fn told(entry: &Entry, call: &Call<SplitUnionRequest>, ids: &[Uuid]) -> Outcome<String> {
    let mut found = employers::load(entry.conn(), ids).await?;
    let visible = ids
        .iter()
        .filter_map(|id| found.remove(id))
        .filter_map(|record| crate::api::employers::scoped(record).visible(&call.caller.scope));
    let names: Vec<String> = visible.map(|record| record.name()).collect();
    Ok(if names.is_empty() { "-".to_owned() } else { names.join(", ") })
}
