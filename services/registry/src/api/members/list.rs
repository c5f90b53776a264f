//! Lists: members, and the facts of one.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    paging::{Place as PagePlace, page_size},
    path::{Line, Scope},
    reasons,
};
use unionhall_proto::registry::v1::{
    ListMemberFactsRequest, ListMemberFactsResponse, ListMembersRequest, ListMembersResponse,
};
use uuid::Uuid;

use super::{Members, decode, encode};
use crate::{
    rules::{Refusal, member::filter::MemberFilter},
    store::members::{self, MemberRecord, Place, Want},
};

impl Members {
    pub(super) async fn list(
        &self,
        call: Call<ListMembersRequest>,
    ) -> Outcome<ListMembersResponse> {
        let message = &call.message;
        let query = ListMembersRequest { filter: message.filter.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut at = place.map(listed_place).transpose()?;
        let filter = MemberFilter::parse(&message.filter).map_err(|fault| fault.to_fault())?;
        let scope = wanted(&call.caller.scope, &filter)?;
        let size = page_size(message.page_size);
        let (records, more) = self.page(&scope, filter, &mut at, size).await?;
        let next_page_token = match at.filter(|_| more) {
            Some(place) => self.register.pager.token(&binding, &page_place(place))?,
            None => String::new(),
        };
        let members = records.iter().map(|record| self.shown(record, None)).collect();
        Ok(ListMembersResponse { members, next_page_token })
    }

    /// Up to `size` members behind `at`, which moves along; whether more follow.
    async fn page(
        &self,
        scope: &Scope,
        filter: MemberFilter,
        at: &mut Option<Place>,
        size: u64,
    ) -> Outcome<(Vec<MemberRecord>, bool)> {
        let want = Want {
            union: filter.union,
            transfer_to: filter.transfer_to,
            employer: filter.employer,
            state: filter.state,
            worker_group: filter.worker_group.map(|group| group.code()),
            confirmed_before: filter.confirmed_before,
            name_prefix: filter.name_prefix,
        };
        let reader = self.register.ledger.db().reader();
        let mut found: Vec<MemberRecord> = Vec::new();
        let mut line = at.as_ref().map_or(Line::Area, |place| place.line);
        loop {
            // One more than is shown tells whether something follows.
            let rows = size - found.len() as u64 + 1;
            let after = at.as_ref().filter(|place| place.line == line);
            let page = members::list(reader, scope, (line, after), &want, rows).await?;
            for (record, place) in page.records {
                if found.len() as u64 == size {
                    return Ok((found, true));
                }
                *at = Some(place);
                found.push(record);
            }
            match line {
                Line::Area => line = Line::Affiliation,
                Line::Affiliation => return Ok((found, false)),
            }
        }
    }

    pub(super) async fn list_facts(
        &self,
        call: Call<ListMemberFactsRequest>,
    ) -> Outcome<ListMemberFactsResponse> {
        let message = &call.message;
        let query = ListMemberFactsRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let before = place.map(number).transpose()?;
        let id = decode::id(&message.parent)?;
        self.seen(&call.caller, id, &message.parent).await?;
        let size = usize::try_from(page_size(message.page_size)).unwrap_or(usize::MAX);
        let mut facts = members::past(self.register.ledger.db().reader(), id).await?;
        facts.retain(|fact| before.is_none_or(|before| fact.number < before));
        let more = facts.len() > size;
        facts.truncate(size);
        let next_page_token = match facts.last().filter(|_| more) {
            Some(last) => {
                let key = vec![last.number.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase: 0, key })?
            }
            None => String::new(),
        };
        let member_facts = facts.iter().map(encode::fact).collect();
        Ok(ListMemberFactsResponse { member_facts, next_page_token })
    }
}

/// What the caller sees and the filter wants. `OUT_OF_SCOPE` when nothing is left. A filter by area
/// asks for what stands there, whatever the line of affiliation shows beside.
fn wanted(scope: &Scope, filter: &MemberFilter) -> Outcome<Scope> {
    let Some(area) = &filter.area else { return Ok(scope.clone()) };
    let left = scope.area.below(area.path());
    if left.is_empty() {
        return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
    }
    Ok(Scope { area: left, ..Scope::default() })
}

pub(super) fn page_place(place: Place) -> PagePlace {
    let phase = match place.line {
        Line::Area => 0,
        Line::Affiliation => 1,
    };
    let key = vec![place.path, place.union.to_string(), place.key, place.id.to_string()];
    PagePlace { phase, key }
}

pub(super) fn listed_place(place: PagePlace) -> Outcome<Place> {
    let line = match place.phase {
        0 => Line::Area,
        _ => Line::Affiliation,
    };
    let parsed = match <[String; 4]>::try_from(place.key) {
        Ok([path, union, key, id]) => Uuid::try_parse(&union)
            .ok()
            .zip(Uuid::try_parse(&id).ok())
            .map(|(union, id)| Place { line, path, union, key, id }),
        Err(_) => None,
    };
    parsed.ok_or_else(foreign)
}

fn number(place: PagePlace) -> Outcome<i64> {
    place.key.first().and_then(|number| number.parse().ok()).ok_or_else(foreign)
}

/// A token opens only for what it was made for, so that this is one of another release.
pub(super) fn foreign() -> Fault {
    Fault::new(&reasons::PAGE_TOKEN_INVALID)
}
