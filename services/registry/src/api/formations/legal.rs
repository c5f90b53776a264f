//! The union becomes a legal person.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{FormationCase, RegisterLegalPersonRequest};

use super::{
    Formations,
    change::{Opened, held},
    decode,
};
use crate::{
    api::{
        order::Order,
        unions::{self as union_calls, effect as union_effect},
        wire,
    },
    rules::{
        Refusal,
        area::tree::AreaTree,
        formation::step::Deed,
        union::change::{Surroundings, UnionChange, amend},
    },
    store::unions::{self, Placed, paths_of},
};

impl Formations {
    pub(super) async fn make_legal_person(
        &self,
        call: Call<RegisterLegalPersonRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let order = Order::from(message);
        let given = message.legal_person.as_ref();
        let given = given.ok_or_else(|| wire::invalid("legal_person", "is required"))?;
        let code = union_calls::decode::code(&given.credit_code)?;
        let certificate = decode::document_number("legal_person.certificate", &given.certificate)?;
        let from = decode::day_of("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let (mut entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let mut journal = peeked.journal.clone();
        let deed = Deed::Registration { code: code.clone(), certificate };
        journal.add(deed, from, entry.today()).map_err(|fault| fault.to_fault())?;
        // Whoever may be registered was established.
        let id = peeked.journal.union_on(from);
        let id = id.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
        let name = unions::resource_name(id);
        let union = unions::load_for_update(entry.conn(), &[id]).await?.into_iter().next();
        let union = union.ok_or_else(|| not_found(&name))?;
        let union = union_calls::scoped(union).open(&call.caller.scope, &name)?;
        let paths = paths_of(entry.conn(), &[id]).await?.remove(&id);
        let paths = paths.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
        let held = held(&entry, order, &peeked).await?;

        // A code names neither areas nor unions.
        let areas = AreaTree::default();
        let around = Surroundings { today: entry.today(), areas: &areas, superior: None };
        let facts = amend(&union.facts, &[UnionChange::Code(Some(code))], from, around);
        let facts = facts.map_err(|fault| fault.to_fault())?;
        let before = Placed { record: union, paths };
        let (conn, now) = (entry.conn(), entry.now());
        let saved = unions::save(conn, &before, facts.clone(), before.paths.clone(), now).await?;
        match saved {
            Ok(after) => union_effect::note(&mut entry, Some(&before), &after, "registered"),
            Err(taken) => {
                entry.discard().await?;
                return Err(self.unions.taken(&call.caller, taken, &facts).await?);
            }
        }
        self.keep(&call.caller, entry, (&held, journal), order).await
    }
}
