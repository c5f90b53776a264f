//! The establishment rate.

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    figures::{
        rate::Rate,
        read::{Question, values_in},
    },
    path::Line,
    reasons,
    scoped::not_found,
};
use unionhall_proto::{
    common::v1::NotApplicableReason,
    registry::v1::{EstablishmentRate, GetEstablishmentRateRequest},
};

use super::BaseRegisters;
use crate::{
    api::wire,
    rules::{
        area::AreaPath, base_register::contribution::LISTED_ENTERPRISES, contribution::Metric,
    },
    store::{
        base_registers::{self, BaseRegisterRecord},
        explain::nodes,
    },
};

impl BaseRegisters {
    pub(super) async fn rate(
        &self,
        call: Call<GetEstablishmentRateRequest>,
    ) -> Outcome<EstablishmentRate> {
        let message = &call.message;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        let Some(area) = self.rated(&call, day).await? else {
            return Ok(EstablishmentRate {
                union: message.union.clone(),
                day: Some(day.into()),
                not_applicable: true,
                not_applicable_reason: NotApplicableReason::NoTerritory.into(),
                settled: true,
                ..EstablishmentRate::default()
            });
        };
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
        let not_applicable = settled && rate.not_applicable();
        let reason = match not_applicable {
            true => NotApplicableReason::NothingCounted,
            false => NotApplicableReason::Unspecified,
        };
        Ok(EstablishmentRate {
            area: format!("areas/{area}"),
            day: Some(day.into()),
            numerator,
            denominator,
            basis_points: rate.basis_points(),
            not_applicable,
            base_registers: listing.iter().filter(counts).map(BaseRegisterRecord::name).collect(),
            settled,
            union: message.union.clone(),
            not_applicable_reason: reason.into(),
        })
    }

    /// The area that is asked, or that the union has as its own on the day, if it has one.
    async fn rated(
        &self,
        call: &Call<GetEstablishmentRateRequest>,
        day: CivilDate,
    ) -> Outcome<Option<AreaPath>> {
        let GetEstablishmentRateRequest { area, union, .. } = &call.message;
        match (area.as_str(), union.as_str()) {
            (_, "") => {}
            ("", _) => return self.territory(&call.caller, union, day).await,
            _ => return Err(one_of_both()),
        }
        let label = area.strip_prefix("areas/").ok_or_else(one_of_both)?;
        let path = AreaPath::parse(label).map_err(|_| not_found(area))?;
        call.caller.require_node(Line::Area, path.path())?;
        let tree = self.register.tree().await?;
        tree.get(&path).ok_or_else(|| not_found(area))?;
        Ok(Some(path))
    }

    async fn territory(
        &self,
        caller: &Caller,
        union: &str,
        day: CivilDate,
    ) -> Outcome<Option<AreaPath>> {
        let (db, names) = (self.register.ledger.db(), [union.to_owned()]);
        let node = nodes::nodes(db, &names).await?.remove(union);
        let node = node.ok_or_else(|| not_found(union))?;
        let territory = nodes::territories(db.reader(), &names).await?.remove(union);
        let territory = territory.unwrap_or_default();
        territory.require(caller, (union, &node), (day, day))?;
        let area = territory.on(day).map(|area| AreaPath::parse(area.as_str()));
        area.transpose().map_err(|_| Fault::new(&reasons::INTERNAL))
    }
}

fn one_of_both() -> Fault {
    let needed = "either an area or a union is needed";
    Fault::new(&reasons::INVALID_FIELD).violation("area", needed)
}
