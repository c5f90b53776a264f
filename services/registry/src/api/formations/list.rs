//! Listing cases.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    path::Scope,
    reasons,
};
use unionhall_proto::registry::v1::{ListFormationCasesRequest, ListFormationCasesResponse};
use uuid::Uuid;

use super::{Formations, encode};
use crate::{
    rules::{
        Refusal,
        area::AreaPath,
        formation::{CaseId, filter::CaseFilter},
    },
    store::formations::{self, CaseWant},
};

impl Formations {
    pub(super) async fn list(
        &self,
        call: Call<ListFormationCasesRequest>,
    ) -> Outcome<ListFormationCasesResponse> {
        let message = &call.message;
        let query =
            ListFormationCasesRequest { filter: message.filter.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(listed_place).transpose()?;
        let filter = CaseFilter::parse(&message.filter).map_err(|fault| fault.to_fault())?;
        let scope = wanted(&call.caller.scope, filter.area.as_ref())?;
        let today = self.today();
        let size = page_size(message.page_size);
        let reader = self.register.ledger.db().reader();
        let want = CaseWant { filter: &filter, today };
        let mut records = formations::list(reader, &scope, want, after, size + 1).await?;
        let more = records.len() as u64 > size;
        records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match records.last().filter(|_| more) {
            Some(last) => {
                let CaseId(id) = last.id;
                let place = Place { phase: 0, key: vec![id.to_string()] };
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let formation_cases = records.iter().map(|record| encode::case(record, today)).collect();
        Ok(ListFormationCasesResponse { formation_cases, next_page_token })
    }
}

/// What the caller sees of an area, where one is wanted: what stands there, whatever the line of
/// affiliation shows beside. `OUT_OF_SCOPE` when nothing is left.
pub(super) fn wanted(scope: &Scope, area: Option<&AreaPath>) -> Outcome<Scope> {
    let Some(area) = area else { return Ok(scope.clone()) };
    let left = scope.area.below(area.path());
    if left.is_empty() {
        return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
    }
    Ok(Scope { area: left, ..Scope::default() })
}

fn listed_place(place: Place) -> Outcome<Uuid> {
    let id = place.key.first().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
