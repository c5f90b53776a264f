//! The officers of a union.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    reasons,
};
use unionhall_proto::registry::v1::{ListOfficersRequest, ListOfficersResponse};
use uuid::Uuid;

use super::{Officers, codes, encode, seen_union};
use crate::{
    api::{unions, wire},
    rules::office::OfficeId,
    store::officers::{self, Want},
};

impl Officers {
    pub(super) async fn list(
        &self,
        call: Call<ListOfficersRequest>,
    ) -> Outcome<ListOfficersResponse> {
        let message = &call.message;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        // With the day filled in: over midnight, the pages of one list stay pages of one day.
        let query = ListOfficersRequest {
            day: Some(day.into()),
            page_size: 0,
            page_token: String::new(),
            ..message.clone()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(listed_place).transpose()?;
        let after = after.map(|(day, id)| (day, OfficeId(id)));
        let reader = self.register.ledger.db().reader();
        let id = unions::id(&message.parent)?;
        let union = seen_union(reader, &call.caller, id, &message.parent).await?;
        let committee = codes::committee(message.committee());
        let standing = union.facts.ended_on().is_none_or(|ended| day < ended);
        let want = Want { committee, day: Some(day).filter(|_| !message.show_ended) };
        if !message.show_ended && !standing {
            return Ok(ListOfficersResponse::default());
        }
        let size = page_size(message.page_size);
        let mut records = officers::list(reader, union.id, want, after, size + 1).await?;
        let more = records.len() as u64 > size;
        records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match records.last().filter(|_| more) {
            Some(last) => {
                let OfficeId(id) = last.id;
                let place = page_place(last.office.from, id);
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let officers = records.iter().map(|record| encode::officer(record, &union.facts));
        Ok(ListOfficersResponse { officers: officers.collect::<Outcome<_>>()?, next_page_token })
    }
}

/// Behind the record with this day and id.
pub(in crate::api) fn page_place(day: CivilDate, id: Uuid) -> Place {
    Place { phase: 0, key: vec![day.to_string(), id.to_string()] }
}

/// The day and the id of a place. A token opens only for what it was made for, so that another is
/// one of another release.
pub(in crate::api) fn listed_place(place: Place) -> Outcome<(CivilDate, Uuid)> {
    let parsed = match <[String; 2]>::try_from(place.key) {
        Ok([day, id]) => day.parse().ok().zip(Uuid::try_parse(&id).ok()),
        Err(_) => None,
    };
    parsed.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
