//! What is still unconfirmed: unions as a work list, and a sheet of one union.

use std::sync::Arc;

use tonic::{Request, Response, Status};
use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    imports::spreadsheet,
    ledger::{AuditNote, Done},
    paging::{Place as PagePlace, page_size},
    path::{Line, Path, Prefixes, Scope},
    reasons,
};
use unionhall_proto::registry::v1::{
    ConfirmMemberRequest, ConfirmUnionMembersRequest, ConfirmUnionMembersResponse,
    ConfirmationSheet, GetConfirmationSheetRequest, ListUnconfirmedUnionsRequest,
    ListUnconfirmedUnionsResponse, Member, UnconfirmedUnion as UnconfirmedMessage,
    confirmation_service_server::ConfirmationService,
};
use uuid::Uuid;

use super::{
    Members, answer,
    confirm::seen_union,
    decode,
    list::{foreign, listed_place, page_place},
};
use crate::{
    api::unions::{decode as union_decode, id as union_id},
    imports::confirmations,
    rules::{member::confirmation::Span, union::UnionId},
    store::{
        members::{self, UnconfirmedUnion, Want, unconfirmed_unions},
        unions,
    },
};

/// Where the work list goes on: behind this union of a line.
struct At {
    line: Line,
    path: String,
    union: Uuid,
}

impl Members {
    /// The day before which a record was confirmed too long ago.
    fn month_or(&self, given: Option<CivilDate>) -> CivilDate {
        given.unwrap_or_else(|| Span::Month.first_day(self.today()))
    }

    async fn list_unconfirmed(
        &self,
        call: Call<ListUnconfirmedUnionsRequest>,
    ) -> Outcome<ListUnconfirmedUnionsResponse> {
        let message = &call.message;
        let day = decode::day("confirmed_before", &message.confirmed_before)?;
        let day = self.month_or(day);
        // With the day filled in: over midnight, the pages of one list stay pages of one day.
        let query = ListUnconfirmedUnionsRequest {
            parent: message.parent.clone(),
            confirmed_before: Some(day.into()),
            ..Default::default()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut at = place.map(listed).transpose()?;
        let scope = below(&call.caller.scope, &message.parent)?;
        let size = usize::try_from(page_size(message.page_size)).unwrap_or(usize::MAX);
        let mut found = self.behind(&scope, &at, day, size + 1).await?;
        let more = found.len() > size;
        found.truncate(size);
        if let Some((line, last)) = found.last() {
            at = Some(At { line: *line, path: last.path.clone(), union: last.id });
        }
        let next_page_token = match at.filter(|_| more) {
            Some(at) => self.register.pager.token(&binding, &paged(at))?,
            None => String::new(),
        };
        let unconfirmed_unions = found.into_iter().map(|(_, union)| shown(union)).collect();
        Ok(ListUnconfirmedUnionsResponse { unconfirmed_unions, next_page_token })
    }

    /// At most `limit` unions behind a place: by area, then those that only the line of affiliation
    /// shows.
    async fn behind(
        &self,
        scope: &Scope,
        at: &Option<At>,
        day: CivilDate,
        limit: usize,
    ) -> Outcome<Vec<(Line, UnconfirmedUnion)>> {
        let reader = self.register.ledger.db().reader();
        let areas: Vec<Path> = scope.area.iter().cloned().collect();
        let lines: [(Line, &Prefixes, &[Path]); 2] =
            [(Line::Area, &scope.area, &[]), (Line::Affiliation, &scope.affiliation, &areas)];
        let passed = at.as_ref().is_some_and(|at| at.line == Line::Affiliation);
        let mut found = Vec::new();
        for (line, subtrees, but) in lines.into_iter().skip(usize::from(passed)) {
            let at = at.as_ref().filter(|at| at.line == line);
            for subtree in subtrees.iter() {
                let left = limit - found.len();
                if left == 0 || at.is_some_and(|at| at.path >= subtree.range().until) {
                    continue;
                }
                let after = at.map(|at| (at.path.as_str(), at.union));
                let place = (after, left as u64);
                let unions = unconfirmed_unions(reader, (line, subtree, but), day, place).await?;
                found.extend(unions.into_iter().map(|union| (line, union)));
            }
        }
        Ok(found)
    }

    async fn sheet(&self, call: Call<GetConfirmationSheetRequest>) -> Outcome<ConfirmationSheet> {
        let message = &call.message;
        let day = decode::day("confirmed_before", &message.confirmed_before)?;
        let day = self.month_or(day);
        let query = GetConfirmationSheetRequest {
            name: message.name.clone(),
            confirmed_before: Some(day.into()),
            ..Default::default()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(listed_place).transpose()?;
        let id = union_id(&message.name)?;
        let reader = self.register.ledger.db().reader();
        let found = unions::load(reader, &[id]).await?.remove(&id);
        let union = seen_union(&call.caller, found, &message.name)?;
        // Who sees the union sees its members, on whichever line.
        let area = Prefixes::normalised(vec![union.area.path().clone()]);
        let scope = Scope { area, ..Scope::default() };
        let want = Want { union: Some(id), confirmed_before: Some(day), ..Want::default() };
        let size = page_size(message.page_size);
        let place = (Line::Area, after.as_ref());
        let mut page = members::list(reader, &scope, place, &want, size + 1).await?;
        let more = page.records.len() as u64 > size;
        page.records.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match page.records.last().filter(|_| more) {
            Some((_, last)) => self.register.pager.token(&binding, &page_place(last.clone()))?,
            None => String::new(),
        };
        let rows: Vec<Vec<String>> =
            page.records.iter().map(|(record, _)| confirmations::row(record)).collect();
        let member_count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let layout = Arc::new(confirmations::layout());
        let made = spreadsheet(layout, rows, message.format()).await?;
        // What leaves as a file is told in the audit.
        let mut entry = self.register.ledger.begin_look(&call.intent("")).await?;
        entry.audit(AuditNote {
            record: message.name.clone(),
            area: union.area.path().clone(),
            detail: format!("gave out a sheet to confirm {member_count} members"),
        });
        entry.commit(Done { record: message.name.clone(), version: union.version }).await?;
        let UnionId(id) = id;
        Ok(ConfirmationSheet {
            file_name: format!("confirmations-{id}.{}", made.extension),
            content_type: made.content_type.to_owned(),
            content: made.content.into(),
            member_count,
            next_page_token,
        })
    }
}

/// What the caller sees below the parent; everything for `areas/-`.
fn below(scope: &Scope, parent: &str) -> Outcome<Scope> {
    if parent == "areas/-" {
        return Ok(scope.clone());
    }
    let area = union_decode::area(parent)?;
    let left = scope.area.below(area.path());
    if left.is_empty() {
        return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
    }
    Ok(Scope { area: left, ..Scope::default() })
}

fn shown(union: UnconfirmedUnion) -> UnconfirmedMessage {
    UnconfirmedMessage {
        union: unions::resource_name(UnionId(union.id)),
        display_name: union.display_name,
        unconfirmed_count: union.waiting,
        member_count: union.active,
        oldest_confirmed_on: Some(CivilDate::from(union.oldest).into()),
    }
}

fn paged(at: At) -> PagePlace {
    let phase = match at.line {
        Line::Area => 0,
        Line::Affiliation => 1,
    };
    PagePlace { phase, key: vec![at.path, at.union.to_string()] }
}

fn listed(place: PagePlace) -> Outcome<At> {
    let line = match place.phase {
        0 => Line::Area,
        _ => Line::Affiliation,
    };
    match <[String; 2]>::try_from(place.key) {
        Ok([path, union]) => {
            let union = Uuid::try_parse(&union).map_err(|_| foreign())?;
            Ok(At { line, path, union })
        }
        Err(_) => Err(foreign()),
    }
}

#[tonic::async_trait]
impl ConfirmationService for Members {
    async fn confirm_member(
        &self,
        request: Request<ConfirmMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.confirm(Call::open(request)?).await)
    }

    async fn confirm_union_members(
        &self,
        request: Request<ConfirmUnionMembersRequest>,
    ) -> Result<Response<ConfirmUnionMembersResponse>, Status> {
        answer(self.confirm_union(Call::open(request)?).await)
    }

    async fn list_unconfirmed_unions(
        &self,
        request: Request<ListUnconfirmedUnionsRequest>,
    ) -> Result<Response<ListUnconfirmedUnionsResponse>, Status> {
        answer(self.list_unconfirmed(Call::open(request)?).await)
    }

    async fn get_confirmation_sheet(
        &self,
        request: Request<GetConfirmationSheetRequest>,
    ) -> Result<Response<ConfirmationSheet>, Status> {
        answer(self.sheet(Call::open(request)?).await)
    }
}
