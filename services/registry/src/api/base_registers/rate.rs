//! The establishment rate.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    figures::{
        rate::Rate,
        read::{Question, values_in},
    },
    path::Line,
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{EstablishmentRate, GetEstablishmentRateRequest};

use super::BaseRegisters;
use crate::{
    api::wire,
    rules::{
        area::AreaPath, base_register::contribution::LISTED_ENTERPRISES, contribution::Metric,
    },
    store::base_registers::{self, BaseRegisterRecord},
};

impl BaseRegisters {
    pub(super) async fn rate(
        &self,
        call: Call<GetEstablishmentRateRequest>,
    ) -> Outcome<EstablishmentRate> {
        let message = &call.message;
        let label = message.area.strip_prefix("areas/").unwrap_or_default();
        let area = AreaPath::parse(label).map_err(|_| not_found(&message.area))?;
        call.caller.require_node(Line::Area, area.path())?;
        let tree = self.register.tree().await?;
        tree.get(&area).ok_or_else(|| not_found(&message.area))?;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        let question =
            |metric| Question { metric, line: Line::Area, node: area.path().clone(), day };
        let questions = [question(Metric::ListedCovered.id()), question(LISTED_ENTERPRISES)];
        // Figures and editions of one state.
        let state = self.register.ledger.db().begin_read().await?;
        let values = values_in(&state, &questions).await?;
        let listing = base_registers::listing_in(&state, &area).await?;
        state.rollback().await.map_err(unionhall_kit::db::fault::of)?;
        let &[numerator, denominator] = values.as_slice() else {
            return Err(Fault::new(&reasons::INTERNAL));
        };
        let counts = |record: &&BaseRegisterRecord| {
            record.register.counts.is_some_and(|counts| counts.covers(day))
        };
        // One that counts no more may still be on its way out of the figures.
        let settled = listing.iter().all(|record| record.settled_through.is_none());
        let rate = Rate { numerator, denominator };
        Ok(EstablishmentRate {
            area: message.area.clone(),
            day: Some(day.into()),
            numerator,
            denominator,
            basis_points: rate.basis_points(),
            not_applicable: settled && rate.not_applicable(),
            base_registers: listing.iter().filter(counts).map(BaseRegisterRecord::name).collect(),
            settled,
        })
    }
}
