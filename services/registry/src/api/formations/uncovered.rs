//! The pipeline: employers without a union, and who follows them up.

use std::collections::HashMap;

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    path::{Line, Scope},
    reasons,
};
use unionhall_proto::registry::v1::{
    ListUncoveredEmployersRequest, ListUncoveredEmployersResponse, UncoveredEmployer,
};
use uuid::Uuid;

use super::{Formations, decode, encode, guide::is_open_on, list::wanted, scoped};
use crate::{
    api::{unions as union_calls, wire},
    rules::{
        Refusal,
        formation::{
            filter::UncoveredFilter,
            uncovered::{days_without, help_due, uncovered_from},
        },
        union::EmployerId,
    },
    store::{
        employers::{EmployerRecord, Stretch, UncoveredPlace, uncovered_now, uncovered_then},
        formations::{self, CaseRecord},
    },
};

/// Rows of one statement: facts and cases decide which of them are shown.
const ROWS_A_SCAN: u64 = 500;
/// Scans of one call; a page that is not full by then ends early, with a token.
const SCANS_A_PAGE: u32 = 20;

/// What is asked.
struct Asked {
    scope: Scope,
    /// Whether the caller is told of cases.
    cases: bool,
    day: CivilDate,
    filter: UncoveredFilter,
}

impl Formations {
    pub(super) async fn list_uncovered(
        &self,
        call: Call<ListUncoveredEmployersRequest>,
    ) -> Outcome<ListUncoveredEmployersResponse> {
        let message = &call.message;
        let today = self.today();
        let day = decode::day_of("day", &message.day)?.unwrap_or(today);
        if day > today {
            return Err(wire::invalid("day", "must not be after today"));
        }
        // With the day filled in: over midnight, the pages of one list stay pages of one day.
        let query = ListUncoveredEmployersRequest {
            parent: message.parent.clone(),
            day: Some(day.into()),
            filter: message.filter.clone(),
            ..Default::default()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut at = place.map(listed_place).transpose()?;
        // A list of today that is turned over at midnight is of another order: it begins again.
        if at.as_ref().is_some_and(|place| place.from.is_some() != (day == today)) {
            return Err(Fault::new(&reasons::PAGE_TOKEN_INVALID));
        }
        let area = match message.parent.as_str() {
            "areas/-" => None,
            name => Some(union_calls::decode::area(name)?),
        };
        let filter = UncoveredFilter::parse(&message.filter).map_err(|fault| fault.to_fault())?;
        let scope = wanted(&call.caller.scope, area.as_ref())?;
        // Whoever may read employers alone is not told who follows them up.
        let cases = call.caller.may("registry.formation.read");
        let asked = Asked { scope, cases, day, filter };
        let size = page_size(message.page_size);
        let (uncovered_employers, more) =
            self.scan_uncovered(&call.caller.scope, &asked, &mut at, size).await?;
        let next_page_token = match at.filter(|_| more) {
            Some(place) => self.register.pager.token(&binding, &page_place(place))?,
            None => String::new(),
        };
        Ok(ListUncoveredEmployersResponse { uncovered_employers, next_page_token })
    }

    /// Up to `size` employers behind `at`, which moves along; whether more may follow.
    async fn scan_uncovered(
        &self,
        caller: &Scope,
        asked: &Asked,
        at: &mut Option<UncoveredPlace>,
        size: u64,
    ) -> Outcome<(Vec<UncoveredEmployer>, bool)> {
        let mut found: Vec<UncoveredEmployer> = Vec::new();
        let mut line = at.as_ref().map_or(Line::Area, |place| place.line);
        for _ in 0..SCANS_A_PAGE {
            let after = at.as_ref().filter(|place| place.line == line);
            let Stretch { records, ended } = self.stretch(asked, (line, after)).await?;
            let ids: Vec<Uuid> = records.iter().map(|(record, _)| record.id).collect();
            let mut cases = match asked.cases {
                true => self.open_cases(caller, &ids, asked.day).await?,
                false => HashMap::new(),
            };
            for (record, place) in records {
                let case = cases.remove(&record.id);
                let shown = self.shown(&record, case.as_ref(), asked);
                if shown.is_some() && found.len() as u64 == size {
                    return Ok((found, true));
                }
                *at = Some(place);
                found.extend(shown);
            }
            match (ended, line) {
                (true, Line::Affiliation) => return Ok((found, false)),
                (true, Line::Area) => line = Line::Affiliation,
                (false, _) => {}
            }
        }
        Ok((found, true))
    }

    async fn stretch(
        &self,
        asked: &Asked,
        (line, after): (Line, Option<&UncoveredPlace>),
    ) -> Outcome<Stretch> {
        let reader = self.register.ledger.db().reader();
        match (asked.day == self.today(), line) {
            (true, Line::Area) => {
                uncovered_now(reader, &asked.scope.area, after, ROWS_A_SCAN).await
            }
            // Whoever has no union today is seen through none.
            (true, Line::Affiliation) => Ok(Stretch { records: Vec::new(), ended: true }),
            (false, _) => {
                uncovered_then(reader, &asked.scope, (line, after), asked.day, ROWS_A_SCAN).await
            }
        }
    }

    /// The case of each employer that is open on the day, if the caller sees it.
    async fn open_cases(
        &self,
        caller: &Scope,
        employers: &[Uuid],
        day: CivilDate,
    ) -> Outcome<HashMap<Uuid, CaseRecord>> {
        let reader = self.register.ledger.db().reader();
        let cases = formations::of_employers(reader, employers).await?;
        let open = cases.into_iter().filter(|case| is_open_on(case, day));
        let seen = open.filter_map(|case| scoped(case).visible(caller));
        let named = seen.filter_map(|case| {
            let EmployerId(id) = case.subject.employer()?;
            Some((id, case))
        });
        Ok(named.collect())
    }

    /// The employer, if it is active and has no union on the day, and its case is a wanted one.
    fn shown(
        &self,
        record: &EmployerRecord,
        case: Option<&CaseRecord>,
        asked: &Asked,
    ) -> Option<UncoveredEmployer> {
        let (facts, day, filter) = (&record.facts, asked.day, &asked.filter);
        let area = facts.counted_at(day)?;
        let from = uncovered_from(facts, day)?;
        let journal = case.map(|case| &case.journal);
        let state = journal.and_then(|journal| journal.state_on(day)).map(|(state, _)| state);
        let follow_up = journal.and_then(|journal| journal.plan_on(day).follow_up);
        let overdue = journal.is_some_and(|journal| journal.overdue_on(day));
        let assignee = follow_up.as_ref().map(|follow_up| follow_up.assignee.as_str());
        let wish = journal.and_then(|journal| journal.wish_on(day));
        let help = help_due(&self.register.law, from, wish, day);
        let help_is_due = help.is_some_and(|help| help.is_due(day));
        let wanted = filter.followed_up.is_none_or(|wanted| wanted == follow_up.is_some())
            && filter.state.is_none_or(|wanted| Some(wanted) == state)
            && filter.assignee.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == assignee)
            && filter.overdue.is_none_or(|wanted| wanted == overdue)
            && filter.help_due.is_none_or(|wanted| wanted == help_is_due)
            && filter.wish.is_none_or(|wanted| wanted == wish.is_some());
        if !wanted {
            return None;
        }
        let counted = facts.workforce_on(day).map(|(_, count)| count);
        Some(UncoveredEmployer {
            employer: record.name(),
            display_name: facts.names.on(day).map(ToString::to_string).unwrap_or_default(),
            area: format!("areas/{area}"),
            employee_count: encode::count(counted.map_or(0, |count| count.employees())),
            female_count: encode::count(counted.and_then(|count| count.female()).unwrap_or(0)),
            uncovered_from: Some(from.into()),
            uncovered_days: days_without(from, day),
            formation_case: case.map(CaseRecord::name).unwrap_or_default(),
            case_state: state.map(|state| encode::state_message(state).into()).unwrap_or_default(),
            follow_up: follow_up.as_ref().map(encode::follow_up),
            overdue,
            help_due_on: help.map(|help| help.due.into()),
            help_rule: help.map(|help| help.rule.to_owned()).unwrap_or_default(),
            wish_on: wish.map(Into::into),
        })
    }
}

fn page_place(place: UncoveredPlace) -> Place {
    let phase = match place.line {
        Line::Area => 0,
        Line::Affiliation => 1,
    };
    let from = place.from.map(|day| day.to_string()).unwrap_or_default();
    Place { phase, key: vec![place.path, from, place.id.to_string()] }
}

fn listed_place(place: Place) -> Outcome<UncoveredPlace> {
    let line = match place.phase {
        0 => Line::Area,
        _ => Line::Affiliation,
    };
    let parsed = match <[String; 3]>::try_from(place.key) {
        Ok([path, from, id]) => Uuid::try_parse(&id).ok().map(|id| UncoveredPlace {
            line,
            path,
            from: from.parse().ok(),
            id,
        }),
        Err(_) => None,
    };
    // A token opens only for what it was made for, so that this is one of another release.
    parsed.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
