//! Lists: employers, the facts of one, and those that may be the same.

use std::cmp::Reverse;

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    paging::{Place as PagePlace, page_size},
    path::Prefixes,
    reasons,
};
use unionhall_proto::registry::v1::{
    DuplicateCandidate, ListDuplicateCandidatesRequest, ListDuplicateCandidatesResponse,
    ListEmployerFactsRequest, ListEmployerFactsResponse, ListEmployersRequest,
    ListEmployersResponse,
};
use uuid::Uuid;

use super::{Employers, decode, encode, scoped};
use crate::{
    rules::{
        Refusal,
        duplicates::{Likeness, Probe, compare},
        filter::EmployerFilter,
    },
    store::employers::{self, EmployerRecord, Place, Want, places},
};

/// Rows of one statement when facts decide which of them are shown.
const ROWS_A_SCAN: u64 = 500;
/// Scans of one call; a page that is not full by then ends early, with a token.
const SCANS_A_PAGE: u32 = 20;

impl Employers {
    pub(super) async fn list(
        &self,
        call: Call<ListEmployersRequest>,
    ) -> Outcome<ListEmployersResponse> {
        let message = &call.message;
        let query = ListEmployersRequest { filter: message.filter.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut after = place.map(listed_place).transpose()?;
        let filter = EmployerFilter::parse(&message.filter).map_err(|fault| fault.to_fault())?;
        let subtrees = subtrees(&call, &filter)?;
        let size = page_size(message.page_size);
        let (records, more) = self.scan(&subtrees, &filter, &mut after, size).await?;
        let next = match after.filter(|_| more) {
            Some(place) => {
                let key = vec![place.area, place.id.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase: 0, key })?
            }
            None => String::new(),
        };
        let employers = records.iter().map(|record| self.shown(record, None)).collect();
        Ok(ListEmployersResponse { employers, next_page_token: next })
    }

    /// Up to `size` employers behind `after`, which moves along; whether more may follow.
    async fn scan(
        &self,
        subtrees: &Prefixes,
        filter: &EmployerFilter,
        after: &mut Option<Place>,
        size: u64,
    ) -> Outcome<(Vec<EmployerRecord>, bool)> {
        let judged = filter.state.is_some() || filter.valid.is_some();
        let want = Want {
            ownership: filter.ownership.as_ref().map(|code| code.as_str().to_owned()),
            industry: filter.industry.clone(),
            name_prefix: filter.name_prefix.clone(),
        };
        let reader = self.register.ledger.db().reader();
        let mut found: Vec<EmployerRecord> = Vec::new();
        for _ in 0..SCANS_A_PAGE {
            let left = size - found.len() as u64;
            // One more than is shown tells whether something follows.
            let rows = if judged { ROWS_A_SCAN.max(left + 1) } else { left + 1 };
            let page = employers::list(reader, subtrees, &want, after.as_ref(), rows).await?;
            for record in page.records {
                let shown = self.meets(&record, filter);
                if shown && found.len() as u64 == size {
                    return Ok((found, true));
                }
                *after = Some(Place { area: record.area.to_string(), id: record.id });
                if shown {
                    found.push(record);
                }
            }
            if page.ended {
                return Ok((found, false));
            }
        }
        Ok((found, true))
    }

    fn meets(&self, record: &EmployerRecord, filter: &EmployerFilter) -> bool {
        let (facts, today) = (&record.facts, self.today());
        filter.state.is_none_or(|state| facts.status_on(today) == Some(state))
            && filter.valid.is_none_or(|valid| self.register.quality.passes(facts, today) == valid)
    }

    pub(super) async fn list_facts(
        &self,
        call: Call<ListEmployerFactsRequest>,
    ) -> Outcome<ListEmployerFactsResponse> {
        let message = &call.message;
        let query =
            ListEmployerFactsRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let before = place.map(|place| number(&place)).transpose()?;
        let id = decode::id(&message.parent)?;
        self.seen(&call.caller, id, &message.parent).await?;
        let size = page_size(message.page_size);
        let reader = self.register.ledger.db().reader();
        let facts = employers::past_facts(reader, id, before, size + 1).await?;
        let (shown, more) = cut(facts, size);
        let next = match shown.last().filter(|_| more) {
            Some(last) => {
                let key = vec![last.number.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase: 0, key })?
            }
            None => String::new(),
        };
        let employer_facts = shown.iter().map(encode::fact).collect();
        Ok(ListEmployerFactsResponse { employer_facts, next_page_token: next })
    }

    pub(super) async fn list_candidates(
        &self,
        call: Call<ListDuplicateCandidatesRequest>,
    ) -> Outcome<ListDuplicateCandidatesResponse> {
        let message = &call.message;
        let query =
            ListDuplicateCandidatesRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(ranked_place).transpose()?;
        let id = decode::id(&message.parent)?;
        let record = self.seen(&call.caller, id, &message.parent).await?;
        let mut ranked = self.ranked(&call, &record).await?;
        ranked.retain(|(likeness, other)| after.is_none_or(|place| place < rank(likeness, other)));
        let (shown, more) = cut(ranked, page_size(message.page_size));
        let next = match shown.last().filter(|_| more) {
            Some((likeness, last)) => {
                let key = vec![likeness.score_bp.to_string(), last.id.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase: 0, key })?
            }
            None => String::new(),
        };
        let duplicate_candidates = shown.into_iter().map(|pair| self.candidate(pair)).collect();
        Ok(ListDuplicateCandidatesResponse { duplicate_candidates, next_page_token: next })
    }

    /// The visible candidates, the likeliest first.
    async fn ranked(
        &self,
        call: &Call<ListDuplicateCandidatesRequest>,
        record: &EmployerRecord,
    ) -> Outcome<Vec<(Likeness, EmployerRecord)>> {
        let today = self.today();
        let Some(probe) = Probe::of(&record.facts, today) else { return Ok(Vec::new()) };
        let reader = self.register.ledger.db().reader();
        let found = employers::candidates(reader, record.id, &probe).await?;
        let visible =
            found.into_iter().filter_map(|other| scoped(other).visible(&call.caller.scope));
        let likened = visible.filter_map(|other| {
            let likeness = compare(&probe, &Probe::of(&other.facts, today)?, places())?;
            Some((likeness, other))
        });
        let mut ranked: Vec<_> = likened.collect();
        ranked.sort_by_key(|(likeness, other)| rank(likeness, other));
        Ok(ranked)
    }

    fn candidate(&self, (likeness, record): (Likeness, EmployerRecord)) -> DuplicateCandidate {
        DuplicateCandidate {
            employer: Some(self.shown(&record, None)),
            // At most 10,000.
            score_bp: i32::try_from(likeness.score_bp).unwrap_or(i32::MAX),
            reasons: likeness.evidence.iter().map(|found| found.as_str().to_owned()).collect(),
        }
    }
}

type Rank = (Reverse<u32>, Uuid);

fn rank(likeness: &Likeness, record: &EmployerRecord) -> Rank {
    (Reverse(likeness.score_bp), record.id)
}

/// The subtrees that the caller sees and the filter wants. `OUT_OF_SCOPE` when none is left.
fn subtrees(call: &Call<ListEmployersRequest>, filter: &EmployerFilter) -> Outcome<Prefixes> {
    let scope = &call.caller.scope.area;
    let Some(area) = &filter.area else { return Ok(scope.clone()) };
    let left = scope.below(area.path());
    if left.is_empty() {
        return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
    }
    Ok(left)
}

fn cut<T>(mut rows: Vec<T>, size: u64) -> (Vec<T>, bool) {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    (rows, more)
}

fn listed_place(place: PagePlace) -> Outcome<Place> {
    let parsed = match <[String; 2]>::try_from(place.key) {
        Ok([area, id]) => Uuid::try_parse(&id).ok().map(|id| Place { area, id }),
        Err(_) => None,
    };
    parsed.ok_or_else(foreign)
}

fn number(place: &PagePlace) -> Outcome<i64> {
    place.key.first().and_then(|number| number.parse().ok()).ok_or_else(foreign)
}

fn ranked_place(place: PagePlace) -> Outcome<Rank> {
    let parsed = match <[String; 2]>::try_from(place.key) {
        Ok([score, id]) => score.parse().ok().zip(Uuid::try_parse(&id).ok()),
        Err(_) => None,
    };
    parsed.map(|(score, id)| (Reverse(score), id)).ok_or_else(foreign)
}

/// A token opens only for what it was made for, so that this is one of another release.
fn foreign() -> Fault {
    Fault::new(&reasons::PAGE_TOKEN_INVALID)
}
