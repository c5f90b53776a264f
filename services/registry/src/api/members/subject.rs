//! What persons ask of the register, and what they are answered.

use chrono::NaiveDate;
use prost::Message;
use tonic::{Request, Response, Status};
use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Entry, Event, EventKind},
    paging::{Place as PagePlace, page_size},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    AnswerSubjectRequestRequest, DiscloseMemberRequest, DiscloseMemberResponse,
    GetSubjectRequestRequest, ListSubjectRequestsRequest, ListSubjectRequestsResponse,
    RecordSubjectRequestRequest, SubjectRequest as RequestMessage, SubjectRequestOutcome,
    subject_request::{Kind as KindMessage, State as StateMessage},
    subject_request_service_server::SubjectRequestService,
};
use uuid::Uuid;

use super::{Members, answer, decode, effect, paths, scoped};
use crate::{
    api::wire::timestamp,
    rules::{
        Refusal,
        member::MemberId,
        purpose::Purpose,
        subject_request::{Answer, Kind, Outcome as Came, SubjectRequest},
    },
    store::{
        members::{self, COLLECTION, MemberRecord},
        subject_requests::{self as store, RequestRecord, Want},
    },
};

const SNAPSHOT: &str = "unionhall.registry.v1.SubjectRequest";
/// Stands for every member in the parent of a list.
const EVERYBODY: &str = "members/-";

#[tonic::async_trait]
impl SubjectRequestService for Members {
    async fn disclose_member(
        &self,
        request: Request<DiscloseMemberRequest>,
    ) -> Result<Response<DiscloseMemberResponse>, Status> {
        answer(self.disclose(Call::open(request)?).await)
    }

    async fn record_subject_request(
        &self,
        request: Request<RecordSubjectRequestRequest>,
    ) -> Result<Response<RequestMessage>, Status> {
        answer(self.record_request(Call::open(request)?).await)
    }

    async fn answer_subject_request(
        &self,
        request: Request<AnswerSubjectRequestRequest>,
    ) -> Result<Response<RequestMessage>, Status> {
        answer(self.answer_request(Call::open(request)?).await)
    }

    async fn get_subject_request(
        &self,
        request: Request<GetSubjectRequestRequest>,
    ) -> Result<Response<RequestMessage>, Status> {
        let call = Call::open(request)?;
        answer(self.shown_request(&call.caller, &call.message.name).await)
    }

    async fn list_subject_requests(
        &self,
        request: Request<ListSubjectRequestsRequest>,
    ) -> Result<Response<ListSubjectRequestsResponse>, Status> {
        answer(self.list_requests(Call::open(request)?).await)
    }
}

impl Members {
    async fn record_request(
        &self,
        call: Call<RecordSubjectRequestRequest>,
    ) -> Outcome<RequestMessage> {
        let message = &call.message;
        let id = decode::id(&message.parent)?;
        let given = message.subject_request.as_ref();
        let given = given.ok_or_else(|| decode::required("subject_request"))?;
        let on = decode::day("subject_request.received_on", &given.received_on)?;
        let kind = kind(given.kind())?;
        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.shown_request(&call.caller, &done.record).await,
        };
        let member = held(&entry, &call.caller, id, &message.parent).await?;
        let (today, now) = (entry.today(), entry.now().max(member.updated_at));
        let on = on.unwrap_or(today);
        let request = SubjectRequest::received(kind, on, today, &self.register.retention);
        let record = RequestRecord {
            id: self.register.ledger.ids().fresh(),
            version: 1,
            member: id,
            request: request.map_err(|fault| fault.to_fault())?,
            created_at: now,
            updated_at: now,
        };
        store::insert(entry.conn(), &record).await?;
        finish(entry, (&member, &record), "request recorded", message.validate_only).await
    }

    async fn answer_request(
        &self,
        call: Call<AnswerSubjectRequestRequest>,
    ) -> Outcome<RequestMessage> {
        let message = &call.message;
        let (member, id) = names(&message.name)?;
        let on = decode::day("answered_on", &message.answered_on)?;
        let outcome = outcome(message)?;
        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.shown_request(&call.caller, &done.record).await,
        };
        let member = held(&entry, &call.caller, member, &message.name).await?;
        let found = store::load(entry.conn(), member.id, id, true).await?;
        let before = found.ok_or_else(|| not_found(&message.name))?;
        if !message.etag.is_empty() && message.etag != before.version.to_string() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", &message.etag));
        }
        let answer = Answer { on: on.unwrap_or_else(|| entry.today()), outcome };
        let answered = before.request.clone().answered(answer, entry.today());
        let record = RequestRecord {
            version: before.version + 1,
            request: answered.map_err(|fault| fault.to_fault())?,
            updated_at: entry.now().max(before.updated_at),
            ..before
        };
        store::save(entry.conn(), &record).await?;
        finish(entry, (&member, &record), "request answered", message.validate_only).await
    }

    /// The request, if the caller sees the person.
    async fn shown_request(&self, caller: &Caller, name: &str) -> Outcome<RequestMessage> {
        let (member, id) = names(name)?;
        self.seen(caller, member, name).await?;
        let reader = self.register.ledger.db().reader();
        let found = store::load(reader, member, id, false).await?;
        found.map(|record| encoded(&record)).ok_or_else(|| not_found(name))
    }

    async fn list_requests(
        &self,
        call: Call<ListSubjectRequestsRequest>,
    ) -> Outcome<ListSubjectRequestsResponse> {
        let message = &call.message;
        let query = ListSubjectRequestsRequest {
            page_size: 0,
            page_token: String::new(),
            ..message.clone()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let after = place.map(after).transpose()?;
        let member = match message.parent.as_str() {
            EVERYBODY => None,
            name => Some(decode::id(name)?),
        };
        let state = match message.state() {
            StateMessage::Unspecified => None,
            StateMessage::Open => Some(store::OPEN),
            StateMessage::Granted => Some(store::GRANTED),
            StateMessage::Refused => Some(store::REFUSED),
            StateMessage::TakenBack => Some(store::TAKEN_BACK),
        };
        let due_before = decode::day("due_before", &message.due_before)?;
        let want = Want { member, state, due_before };
        let (reader, scope) = (self.register.ledger.db().reader(), &call.caller.scope);
        let size = page_size(message.page_size);
        let mut found = store::list(reader, scope, &want, after, size + 1).await?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match found.last().filter(|_| more) {
            Some(last) => {
                let due_on = NaiveDate::from(last.request.due_on).to_string();
                let place = PagePlace { phase: 0, key: vec![due_on, last.id.to_string()] };
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let subject_requests = found.iter().map(encoded).collect();
        Ok(ListSubjectRequestsResponse { subject_requests, next_page_token })
    }
}

/// The person, held until the transaction ends, if the caller sees it.
async fn held(entry: &Entry, caller: &Caller, id: MemberId, name: &str) -> Outcome<MemberRecord> {
    let found = members::load_for_update(entry.conn(), &[id]).await?.into_iter().next();
    scoped(found.ok_or_else(|| not_found(name))?).open(&caller.scope, name)
}

/// Notes the change in the books and commits it; with `validate_only` takes it back.
async fn finish(
    mut entry: Box<Entry>,
    (member, record): (&MemberRecord, &RequestRecord),
    what: &str,
    validate_only: bool,
) -> Outcome<RequestMessage> {
    let shown = encoded(record);
    if validate_only {
        entry.discard().await?;
        return Ok(shown);
    }
    let (area, affiliation) = paths(member.stand.as_ref());
    let kind = if record.version == 1 { EventKind::Created } else { EventKind::Updated };
    entry.not_before(record.updated_at);
    entry.event(Event {
        record: record.name(),
        version: record.version,
        kind,
        area: area.unwrap_or_else(unionhall_kit::path::nowhere),
        affiliation,
        snapshot_type: SNAPSHOT,
        snapshot: shown.encode_to_vec(),
    });
    let area = effect::area(member.stand.as_ref());
    entry.audit(AuditNote { record: member.name(), area, detail: what.to_owned() });
    entry.commit(Done { record: record.name(), version: record.version }).await?;
    Ok(shown)
}

/// The request as the contract shows it.
pub(super) fn encoded(record: &RequestRecord) -> RequestMessage {
    let SubjectRequest { kind, received_on, due_on, answer } = &record.request;
    let outcome = answer.as_ref().map(|answer| &answer.outcome);
    let kind = match kind {
        Kind::Access => KindMessage::Access,
        Kind::Copy => KindMessage::Copy,
        Kind::Correction => KindMessage::Correction,
        Kind::Erasure => KindMessage::Erasure,
        Kind::Explanation => KindMessage::Explanation,
    };
    let state = match outcome {
        None => StateMessage::Open,
        Some(Came::Granted(_)) => StateMessage::Granted,
        Some(Came::Refused(..)) => StateMessage::Refused,
        Some(Came::TakenBack(_)) => StateMessage::TakenBack,
    };
    RequestMessage {
        name: record.name(),
        kind: kind.into(),
        received_on: Some((*received_on).into()),
        due_on: Some((*due_on).into()),
        state: state.into(),
        answered_on: answer.as_ref().map(|answer| answer.on.into()),
        answer: outcome.and_then(Came::words).map(ToString::to_string).unwrap_or_default(),
        article: outcome.and_then(Came::article).map(i32::from).unwrap_or_default(),
        create_time: Some(timestamp(record.created_at)),
        update_time: Some(timestamp(record.updated_at)),
        etag: record.version.to_string(),
    }
}

fn kind(kind: KindMessage) -> Outcome<Kind> {
    match kind {
        KindMessage::Unspecified => Err(decode::required("subject_request.kind")),
        KindMessage::Access => Ok(Kind::Access),
        KindMessage::Copy => Ok(Kind::Copy),
        KindMessage::Correction => Ok(Kind::Correction),
        KindMessage::Erasure => Ok(Kind::Erasure),
        KindMessage::Explanation => Ok(Kind::Explanation),
    }
}

fn outcome(message: &AnswerSubjectRequestRequest) -> Outcome<Came> {
    let words = match message.answer.trim() {
        "" => None,
        text => Some(Purpose::parse(text).map_err(|fault| fault.to_fault())?),
    };
    // What is larger than every article is none.
    let article = u16::try_from(message.article).unwrap_or(u16::MAX);
    let outcome = match message.outcome() {
        SubjectRequestOutcome::Unspecified => return Err(decode::required("outcome")),
        SubjectRequestOutcome::Granted => Came::Granted(words).unfounded(article),
        SubjectRequestOutcome::Refused => Came::refused(words, article),
        SubjectRequestOutcome::TakenBack => Came::TakenBack(words).unfounded(article),
    };
    outcome.map_err(|fault| fault.to_fault())
}

/// The person and the id in the name of a request.
fn names(name: &str) -> Outcome<(MemberId, Uuid)> {
    let parsed = name.strip_prefix(COLLECTION).and_then(|rest| {
        let (member, rest) = rest.split_once('/')?;
        let (collection, id) = rest.split_once('/')?;
        let ids = (Uuid::try_parse(member).ok()?, Uuid::try_parse(id).ok()?);
        (collection == store::COLLECTION).then_some(ids)
    });
    let shape = "must be members/, a UUID, /subjectRequests/ and a UUID, in lower case";
    let refused = || Fault::new(&kit_reasons::INVALID_FIELD).violation("name", shape);
    parsed.map(|(member, id)| (MemberId(member), id)).ok_or_else(refused)
}

fn after(place: PagePlace) -> Outcome<(NaiveDate, Uuid)> {
    let [day, id] = place.key.as_slice() else {
        return Err(Fault::new(&kit_reasons::PAGE_TOKEN_INVALID));
    };
    let read = day.parse().ok().zip(Uuid::try_parse(id).ok());
    read.ok_or_else(|| Fault::new(&kit_reasons::PAGE_TOKEN_INVALID))
}
