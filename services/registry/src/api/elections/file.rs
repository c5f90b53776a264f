//! Filing a result: the union's term, the offices and the election change together.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
};
use unionhall_proto::registry::v1::{Election as ElectionMessage, FileElectionRequest};

use super::{
    Elections,
    change::{HeldElection, Step},
    effect,
};
use crate::{
    api::{
        findings,
        officers::{Held, effect as office_effect, required},
        order::Order,
        unions, wire,
    },
    rules::{
        Refusal,
        election::{ElectionFault, Filing, Outcome as Decided, file},
        election_rules::Finding,
        office::{Office, OfficeFault, OfficeId},
        union::{UnionId, term::lawful},
    },
    store::{
        elections,
        officers::{self, OfficeRecord},
        unions::UnionRecord,
        vacancies,
    },
};

impl Elections {
    pub(super) async fn file(&self, call: Call<FileElectionRequest>) -> Outcome<ElectionMessage> {
        let message = &call.message;
        let order = Order::from(message);
        let approval = message.approval.as_ref().ok_or_else(|| required("approval"))?;
        let on = wire::day("filed_on", message.filed_on.as_ref())?;
        let approval = unions::approval(approval)?;
        let HeldElection { mut held, before } = match self.begin(&call, order).await? {
            Step::Fresh(held) => *held,
            Step::Done(shown) => return Ok(*shown),
        };
        let today = held.entry.today();
        let filing = Filing { approval, on: on.unwrap_or(today) };
        let known = officers::of_union(held.entry.conn(), held.union.id).await?;
        let offices: Vec<(OfficeId, Office)> =
            known.iter().map(|record| (record.id, record.office.clone())).collect();
        let decided = file(
            (before.id, &before.election),
            filing,
            &held.union.facts,
            &offices,
            (findings::rules()?, today),
        );
        let Decided { election, union, ended, begun } =
            decided.map_err(|fault| refused(&fault, held.union.id))?;
        let lawful = lawful(&self.register.law, &held.union.facts, &union);
        lawful.map_err(|fault| fault.to_fault())?;
        let union =
            effect::keep_terms(&mut held.entry, &held.union, union, "election filed").await?;
        leave(&mut held, &union, &known, ended).await?;
        match self.enter(&mut held, &union, begun).await? {
            Ok(()) => {
                let conn = held.entry.conn();
                vacancies::keep(conn, union.id, &union.facts).await?;
                let after = elections::save(conn, &before, election, held.entry.now()).await?;
                self.finish(held, union, after, ("filed", order.validate_only)).await
            }
            Err(fault) => {
                held.entry.discard().await?;
                Err(fault.to_fault())
            }
        }
    }

    async fn enter(
        &self,
        held: &mut Held,
        union: &UnionRecord,
        begun: Vec<Office>,
    ) -> Outcome<Result<(), OfficeFault>> {
        let Some(first) = begun.iter().find(|office| office.position.is_head()).or(begun.first())
        else {
            return Ok(Ok(()));
        };
        let rival = OfficeFault::Taken(first.committee, first.from);
        let ids = self.register.ledger.ids();
        let new = begun.into_iter().map(|office| (OfficeId(ids.fresh()), office)).collect();
        let now = held.entry.now();
        let Ok(entered) = officers::insert(held.entry.conn(), union.id, new, now).await? else {
            return Ok(Err(rival));
        };
        note(held, union, &entered, "elected")?;
        Ok(Ok(()))
    }
}

async fn leave(
    held: &mut Held,
    union: &UnionRecord,
    known: &[OfficeRecord],
    ended: Vec<(OfficeId, Office)>,
) -> Outcome<()> {
    let mut left = Vec::with_capacity(ended.len());
    for (id, office) in ended {
        let Some(before) = known.iter().find(|record| record.id == id) else { continue };
        let saved = officers::save(held.entry.conn(), before, office, held.entry.now()).await?;
        // An office that ends is nobody's rival.
        left.push(
            saved
                .map_err(|taken| Fault::new(&unionhall_kit::reasons::INTERNAL).caused_by(taken))?,
        );
    }
    note(held, union, &left, "ended by an election")
}

fn note(held: &mut Held, union: &UnionRecord, records: &[OfficeRecord], what: &str) -> Outcome<()> {
    for record in records {
        held.entry.not_before(record.updated_at);
        held.entry.event(office_effect::event(record, union)?);
        held.entry.audit(office_effect::audit(record, union, what));
    }
    Ok(())
}

/// A refusal by broken rules lists every one with its numbers, source and next step; one by an
/// office names it.
fn refused(fault: &ElectionFault, union: UnionId) -> Fault {
    let told = |refusal: Fault, finding: &Finding| {
        let rule = &finding.rule;
        let text = format!("{} {}. {} ({})", rule.id, finding.problem, rule.remedy_en, rule.source);
        refusal.violation(finding.field.clone(), text)
    };
    match fault {
        ElectionFault::Invalid(findings) => findings.iter().fold(fault.to_fault(), told),
        ElectionFault::Between(id) => {
            fault.to_fault().with("officer", officers::resource_name(union, *id))
        }
        other => other.to_fault(),
    }
}
