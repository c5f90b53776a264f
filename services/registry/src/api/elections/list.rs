//! The elections of a union.

use unionhall_kit::{call::Call, fault::Outcome, paging::page_size};
use unionhall_proto::registry::v1::{ListElectionsRequest, ListElectionsResponse};

use super::{Elections, encode};
use crate::{
    api::{
        officers::{listed_place, page_place, seen_union},
        unions,
    },
    rules::office::ElectionId,
    store::elections,
};

impl Elections {
    pub(super) async fn list(
        &self,
        call: Call<ListElectionsRequest>,
    ) -> Outcome<ListElectionsResponse> {
        let message = &call.message;
        let query = ListElectionsRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(listed_place).transpose()?;
        let after = after.map(|(day, id)| (day, ElectionId(id)));
        let reader = self.register.ledger.db().reader();
        let id = unions::id(&message.parent)?;
        let union = seen_union(reader, &call.caller, id, &message.parent).await?;
        let size = page_size(message.page_size);
        let mut records = elections::list(reader, union.id, after, size + 1).await?;
        let more = records.len() as u64 > size;
        records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match records.last().filter(|_| more) {
            Some(last) => {
                let ElectionId(id) = last.id;
                let place = page_place(last.election.day(), id);
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let elections = records.iter().map(|record| encode::election(record, &union.facts));
        Ok(ListElectionsResponse { elections: elections.collect::<Outcome<_>>()?, next_page_token })
    }
}
