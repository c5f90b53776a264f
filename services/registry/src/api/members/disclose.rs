//! Everything about one person in one call 查阅、复制个人信息.

use unionhall_kit::{
    call::Call,
    db::Tx,
    fault::{Fault, Outcome},
    ledger::{
        Done,
        audit::told::{Told, of_records},
    },
    paging::{Place as PagePlace, page_size},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{DiscloseMemberRequest, DiscloseMemberResponse, MemberAct};

use super::{
    Members, decode, encode,
    reveal::{Shown, lives, look},
    scoped, subject,
};
use crate::{
    api::wire::timestamp,
    rules::{Refusal, purpose::Purpose},
    store::{
        members::{self, MemberRecord, resource_name},
        subject_requests::{self, Want},
    },
};

/// What a look at protected values needs, whatever else the caller may do.
const REVEAL: &str = "registry.members.reveal";
/// Requests of one person that are told.
const REQUESTS: u64 = 1_000;

/// How far the pages came: facts, then acts, each downwards by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Facts(i64),
    Acts(i64),
}

impl Members {
    pub(super) async fn disclose(
        &self,
        call: Call<DiscloseMemberRequest>,
    ) -> Outcome<DiscloseMemberResponse> {
        let message = &call.message;
        let id = decode::id(&message.name)?;
        let query = DiscloseMemberRequest {
            page_size: 0,
            page_token: String::new(),
            request_id: String::new(),
            ..message.clone()
        };
        let binding = call.binding(&query);
        let at = self.register.pager.place(&binding, &message.page_token)?.map(at).transpose()?;
        let first = at.is_none();
        let shown = Shown::of(message.fields())?;
        let purpose = Purpose::parse(&message.reason).map_err(|fault| fault.to_fault())?;
        if !shown.is_nothing() {
            call.caller.require(REVEAL)?;
        }
        let ledger = &self.register.ledger;
        let mut entry = ledger.begin_look(&call.intent(&message.request_id)).await?;
        let found = members::load(entry.conn(), &[id]).await?.remove(&id);
        let record = scoped(found.ok_or_else(|| not_found(&message.name))?)
            .open(&call.caller.scope, &message.name)?;

        let mut answer = DiscloseMemberResponse::default();
        let what = if first { "disclosed" } else { "disclosed further" };
        if first && !shown.is_nothing() {
            let detail = format!("{what}, revealed {}: {purpose}", shown.fields());
            entry.look(look(&record, detail), self.register.looks_an_hour).await?;
            lives(&record)?;
            let key = self.key(&entry, id).await?;
            let opened = shown.open(&key, &record.facts, entry.today())?;
            (answer.documents, answer.mobile) = (opened.documents, opened.mobile);
        } else {
            entry.audit(look(&record, format!("{what}: {purpose}")));
        }
        if first {
            answer.member = Some(encode::member(&record, entry.today()));
            let want = Want { member: Some(id), ..Want::default() };
            let scope = &call.caller.scope;
            let asked = subject_requests::list(entry.conn(), scope, &want, None, REQUESTS).await?;
            answer.subject_requests = asked.iter().map(subject::encoded).collect();
        }
        let size = page_size(message.page_size);
        if let Some(next) = page(entry.conn(), &record, at, size, &mut answer).await? {
            answer.next_page_token = self.register.pager.token(&binding, &next.place())?;
        }
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(answer)
    }
}

/// Adds up to `size` facts and acts; where the next page goes on.
async fn page(
    conn: &Tx,
    record: &MemberRecord,
    at: Option<At>,
    size: u64,
    answer: &mut DiscloseMemberResponse,
) -> Outcome<Option<At>> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if !matches!(at, Some(At::Acts(_))) {
        let mut facts = members::past(conn, record.id).await?;
        facts.retain(|fact| !matches!(at, Some(At::Facts(before)) if fact.number >= before));
        let more = facts.len() > size;
        facts.truncate(size);
        answer.member_facts = facts.iter().map(encode::fact).collect();
        if let Some(last) = facts.last().filter(|_| more) {
            return Ok(Some(At::Facts(last.number)));
        }
    }
    let left = size - answer.member_facts.len();
    let mut names = vec![record.name()];
    names.extend(members::into(conn, record.id).await?.into_iter().map(resource_name));
    let before = match at {
        Some(At::Acts(before)) => Some(before),
        _ => None,
    };
    let mut acts = of_records(conn, &names, before, left as u64 + 1).await?;
    let more = acts.len() > left;
    acts.truncate(left);
    let next = match acts.last() {
        Some(last) => At::Acts(last.id),
        None => At::Acts(i64::MAX),
    };
    answer.acts = acts.into_iter().map(act).collect();
    Ok(more.then_some(next))
}

fn act(told: Told) -> MemberAct {
    let method = told.method.rsplit('/').next().unwrap_or_default().to_owned();
    MemberAct {
        act_time: Some(timestamp(told.at)),
        client: told.client,
        method,
        member: told.record,
        detail: told.detail,
    }
}

impl At {
    fn place(self) -> PagePlace {
        let (phase, number) = match self {
            Self::Facts(number) => (0, number),
            Self::Acts(number) => (1, number),
        };
        PagePlace { phase, key: vec![number.to_string()] }
    }
}

fn at(place: PagePlace) -> Outcome<At> {
    let number = place.key.first().and_then(|number| number.parse().ok());
    let number = number.ok_or_else(|| Fault::new(&kit_reasons::PAGE_TOKEN_INVALID))?;
    Ok(if place.phase == 0 { At::Facts(number) } else { At::Acts(number) })
}
