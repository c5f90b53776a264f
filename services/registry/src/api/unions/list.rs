//! Lists: unions, and the facts of one.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place as PagePlace, page_size},
    path::{Line, Scope},
    reasons,
};
use unionhall_proto::registry::v1::{
    ListUnionFactsRequest, ListUnionFactsResponse, ListUnionsRequest, ListUnionsResponse,
};
use uuid::Uuid;

use super::{Unions, decode, encode};
use crate::{
    api::employers::scoped as scoped_employer,
    rules::{
        Refusal,
        area::AreaPath,
        union::{EmployerId, Status, UnionId, filter::UnionFilter},
    },
    store::{
        dated, employers,
        unions::{self, Fact, Place, UnionRecord, Want},
    },
};

/// Rows of one statement when facts decide which of them are shown.
const ROWS_A_SCAN: u64 = 500;
/// Scans of one call; a page that is not full by then ends early, with a token.
const SCANS_A_PAGE: u32 = 20;

impl Unions {
    pub(super) async fn list(&self, call: Call<ListUnionsRequest>) -> Outcome<ListUnionsResponse> {
        let message = &call.message;
        let query = ListUnionsRequest { filter: message.filter.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut at = place.map(listed_place).transpose()?;
        let filter = UnionFilter::parse(&message.filter).map_err(|fault| fault.to_fault())?;
        let scope = wanted(&call.caller.scope, &filter)?;
        let size = page_size(message.page_size);
        let ids = match filter.employer {
            Some(employer) => Some(self.unions_of(&call.caller.scope, employer).await?),
            None => None,
        };
        if ids.as_ref().is_some_and(Vec::is_empty) {
            return Ok(ListUnionsResponse::default());
        }
        let (records, more) = self.scan(&scope, (&filter, ids), &mut at, size).await?;
        let next_page_token = match at.filter(|_| more) {
            Some(place) => self.register.pager.token(&binding, &page_place(place))?,
            None => String::new(),
        };
        let unions = records.iter().map(|record| self.shown(record, None)).collect();
        Ok(ListUnionsResponse { unions, next_page_token })
    }

    /// Up to `size` unions behind `at`, which moves along; whether more may follow.
    async fn scan(
        &self,
        scope: &Scope,
        (filter, ids): (&UnionFilter, Option<Vec<UnionId>>),
        at: &mut Option<Place>,
        size: u64,
    ) -> Outcome<(Vec<UnionRecord>, bool)> {
        let judged = filter.state.is_some()
            || filter.mark.is_some()
            || filter.territory.is_some()
            || filter.term_overdue.is_some()
            || filter.re_election_order_missed.is_some();
        let want = Want {
            ids,
            territory: filter.territory.clone(),
            superior: filter.superior,
            union_type: filter.union_type.map(|kind| kind.code()),
            union_level: filter.union_level.map(|level| level.code()),
            term_due_by: self.term_due_by(filter),
            order_due_by: self.order_due_by(filter),
            vacancy_due_by: filter.vacancy_due_by,
            vacancy_overdue: filter.vacancy_overdue.map(|overdue| (overdue, self.today())),
            name_prefix: filter.name_prefix.clone(),
        };
        let reader = self.register.ledger.db().reader();
        let mut found: Vec<UnionRecord> = Vec::new();
        let mut line = at.as_ref().map_or(Line::Area, |place| place.line);
        for _ in 0..SCANS_A_PAGE {
            let left = size - found.len() as u64;
            // One more than is shown tells whether something follows.
            let rows = if judged { ROWS_A_SCAN.max(left + 1) } else { left + 1 };
            let after = at.as_ref().filter(|place| place.line == line);
            let page = unions::list(reader, scope, (line, after), &want, rows).await?;
            for record in page.records {
                let shown = self.meets(&record, filter);
                if shown && found.len() as u64 == size {
                    return Ok((found, true));
                }
                *at = Some(Place::of(&record, line));
                if shown {
                    found.push(record);
                }
            }
            match (page.ended, line) {
                (true, Line::Affiliation) => return Ok((found, false)),
                (true, Line::Area) => line = Line::Affiliation,
                (false, _) => {}
            }
        }
        Ok((found, true))
    }

    /// The union that covers the employer today, and its own one. Of an employer that the caller does
    /// not see nothing is told.
    async fn unions_of(&self, scope: &Scope, EmployerId(id): EmployerId) -> Outcome<Vec<UnionId>> {
        let reader = self.register.ledger.db().reader();
        let found = employers::load(reader, &[id]).await?.remove(&id);
        let seen = found.and_then(|record| scoped_employer(record).visible(scope));
        let Some(employer) = seen else { return Ok(Vec::new()) };
        let covers = employer.facts.covers.on(self.today()).map(|cover| cover.union);
        let own = unions::find_by_employer(reader, EmployerId(id)).await?;
        let mut ids: Vec<UnionId> = covers.into_iter().chain(own).collect();
        ids.dedup();
        Ok(ids)
    }

    /// The day by which a listed term has run out or will have: what is overdue has by today.
    fn term_due_by(&self, filter: &UnionFilter) -> Option<CivilDate> {
        let overdue = filter.term_overdue.filter(|overdue| *overdue).map(|_| self.today());
        [overdue, filter.term_due_by].into_iter().flatten().min()
    }

    /// The day by which a listed union is to re-elect: one that missed it has passed it.
    fn order_due_by(&self, filter: &UnionFilter) -> Option<CivilDate> {
        let missed = filter.re_election_order_missed.filter(|missed| *missed);
        let missed = missed.map(|_| self.today().previous());
        [missed, filter.re_election_order_due_by].into_iter().flatten().min()
    }

    fn meets(&self, record: &UnionRecord, filter: &UnionFilter) -> bool {
        let (facts, today) = (&record.facts, self.today());
        let state = |wanted: Status| match (facts.status_on(today), wanted) {
            (Some(Status::Merged(_)), Status::Merged(_)) => true,
            (found, wanted) => found == Some(wanted),
        };
        let unites = |area: &AreaPath| {
            facts.territories.on(today).is_some_and(|territory| territory.within(area))
        };
        filter.state.is_none_or(state)
            && filter.territory.as_ref().is_none_or(unites)
            && filter.term_overdue.is_none_or(|overdue| facts.overdue_on(today) == overdue)
            && filter
                .re_election_order_missed
                .is_none_or(|missed| facts.order_missed_on(today) == missed)
            && filter.mark.is_none_or(|mark| facts.marked_on(mark, today))
    }

    pub(super) async fn list_facts(
        &self,
        call: Call<ListUnionFactsRequest>,
    ) -> Outcome<ListUnionFactsResponse> {
        let message = &call.message;
        let query = ListUnionFactsRequest { parent: message.parent.clone(), ..Default::default() };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let before = place.map(number).transpose()?;
        let UnionId(id) = decode::id(&message.parent)?;
        self.seen(&call.caller, UnionId(id), &message.parent).await?;
        let size = page_size(message.page_size);
        let reader = self.register.ledger.db().reader();
        let mut facts = dated::past::<Fact>(reader, id, before, size + 1).await?;
        let more = facts.len() as u64 > size;
        facts.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match facts.last().filter(|_| more) {
            Some(last) => {
                let key = vec![last.number.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase: 0, key })?
            }
            None => String::new(),
        };
        let union_facts = facts.iter().map(encode::fact).collect();
        Ok(ListUnionFactsResponse { union_facts, next_page_token })
    }
}

/// What the caller sees and the filter wants. `OUT_OF_SCOPE` when nothing is left. A filter by area
/// asks for what stands there, whatever the line of affiliation shows beside.
fn wanted(scope: &Scope, filter: &UnionFilter) -> Outcome<Scope> {
    let Some(area) = &filter.area else { return Ok(scope.clone()) };
    let left = scope.area.below(area.path());
    if left.is_empty() {
        return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
    }
    Ok(Scope { area: left, ..Scope::default() })
}

fn page_place(place: Place) -> PagePlace {
    let phase = match place.line {
        Line::Area => 0,
        Line::Affiliation => 1,
    };
    PagePlace { phase, key: vec![place.path, place.id.to_string()] }
}

fn listed_place(place: PagePlace) -> Outcome<Place> {
    let line = match place.phase {
        0 => Line::Area,
        _ => Line::Affiliation,
    };
    let parsed = match <[String; 2]>::try_from(place.key) {
        Ok([path, id]) => Uuid::try_parse(&id).ok().map(|id| Place { line, path, id }),
        Err(_) => None,
    };
    parsed.ok_or_else(foreign)
}

fn number(place: PagePlace) -> Outcome<i64> {
    place.key.first().and_then(|number| number.parse().ok()).ok_or_else(foreign)
}

/// A token opens only for what it was made for, so that this is one of another release.
fn foreign() -> Fault {
    Fault::new(&reasons::PAGE_TOKEN_INVALID)
}
