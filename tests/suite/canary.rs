//! Unique numbers go in through every door that takes them, or ought not to; everything that the suite
//! emits or stores is searched for them. Only a reveal shows one.

mod net;

use std::net::TcpListener;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{ExplainRequest, ListChangesRequest},
    google::r#type::Date,
    registry::v1::{
        Address, AnswerSubjectRequestRequest, ApplicationOutcome, BatchGetMembersRequest, Contact,
        CorrectDocumentRequest, CreateMemberRequest, CreateUnionRequest, DecideApplicationRequest,
        DiscloseMemberRequest, EndMembershipRequest, EraseMemberRequest, GetMemberRequest,
        IdentityDocument, ListMemberFactsRequest, ListMembersRequest, ListUnionsRequest,
        LookupMembersRequest, Member, MergeMembersRequest, ProtectedField,
        RecordSubjectRequestRequest, RevealMemberRequest, RevealUnionContactRequest,
        SubjectRequest, SubjectRequestOutcome, Union, UnmergeMembersRequest, UpdateMemberRequest,
        WayIn, WayOut, subject_request::Kind,
    },
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples::day,
    suite::{Layout, Plan, Suite},
};

use net::Net;

const COMMUNITY: &str = "areas/110102010002";

on_both_engines!(no_planted_number_comes_out);

async fn no_planted_number_comes_out(engine: Engine) -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let plan = Plan::new(engine, Layout::All)
        .policy(Policy::administrator(UNBOUNDED).text())
        .variable("UNIONHALL__TELEMETRY__LOG_FILTER", "debug")
        .variable("UNIONHALL__TELEMETRY__ADMIN_ADDRESS", &admin);
    let mut suite = plan.start().await?;
    let mut canary = Canary {
        net: Net::default(),
        clients: suite.connect().await?,
        seed: 0,
        union: String::new(),
    };
    canary.union = canary.a_union().await?;
    let member = canary.enter_and_update().await?;
    Box::pin(canary.what_is_refused(&member)).await?;
    canary.look(&member).await?;
    rotate(&suite).await?;
    canary.look(&member).await?;
    canary.correct().await?;
    canary.merge(&member).await?;
    let erased = canary.erase().await?;
    canary.read(&[member.clone(), erased]).await?;
    canary.net.keep_stored(&suite, Some(&admin)).await?;
    let caught = canary.net.caught();
    ensure!(caught.is_empty(), "{caught:#?}");

    // The net holds: what nobody protects is found wherever it goes.
    let note = "kanarienvogel-7421";
    let ended = EndMembershipRequest {
        name: member.clone(),
        way_out: WayOut::Expelled.into(),
        note: note.to_owned(),
        ..EndMembershipRequest::default()
    };
    let mut memberships = canary.clients.memberships.clone();
    canary.net.told("EndMembership", memberships.end_membership(ended)).await?;
    canary.read(&[member]).await?;
    suite.stop().await?;
    canary.net.keep_stored(&suite, None).await?;
    let places = canary.net.places(note);
    let stored = if suite.database_url().is_some() { "the table event" } else { "registry.db" };
    for place in ["EndMembership", "ListChanges", "ListMemberFacts", stored] {
        ensure!(places.iter().any(|found| found.ends_with(place)), "not in {place}: {places:?}");
    }
    let caught = canary.net.caught();
    ensure!(caught.is_empty(), "{caught:#?}");
    Ok(())
}

/// Rotates the key of the vault, and waits until nothing is under the old one.
async fn rotate(suite: &Suite) -> Result<()> {
    let data = suite.data().display().to_string();
    let mut words = vec!["--data", data.as_str()];
    words.extend(suite.database_url().iter().flat_map(|url| ["--database-url", url]));
    words.push("keys");
    let rotated = [&words[..], &["rotate", "vault", "--active-in", "1"]].concat();
    let output = suite.command_line(&rotated).await?;
    ensure!(output.status.success(), "{}", output.stderr);
    let retired = [&words[..], &["retire", "vault", "1"]].concat();
    patience::until("a key that can be retired", || async {
        let output = suite.command_line(&retired).await.ok()?;
        output.status.success().then_some(())
    })
    .await
    .with_context(|| suite.logs())
}

struct Canary {
    net: Net,
    clients: Clients,
    seed: u32,
    union: String,
}

fn of_kind(document_type: &str, number: String) -> IdentityDocument {
    let document_type = document_type.to_owned();
    IdentityDocument { document_type, number, ..IdentityDocument::default() }
}

fn person(documents: Vec<IdentityDocument>, mobile: String) -> Member {
    Member { display_name: "鹤某".to_owned(), documents, mobile, ..Member::default() }
}

impl Canary {
    fn next(&mut self) -> u32 {
        self.seed += 1;
        self.seed
    }

    /// A resident identity card (GB 11643-1999) of somebody born in 1888.
    fn card(&mut self) -> String {
        let body = format!("11010218880808{:03}", 700 + self.next());
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let digits = body.chars().filter_map(|digit| digit.to_digit(10));
        let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
        let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('?');
        self.net.plant(&format!("{body}{check}"))
    }

    fn passport(&mut self) -> String {
        let number = format!("E58213{:03}", self.next());
        self.net.plant(&number)
    }

    fn mobile(&mut self) -> String {
        let number = format!("13758213{:03}", self.next());
        self.net.plant(&number)
    }

    fn entry(&self, member: Member, way_in: WayIn, on: Date) -> CreateMemberRequest {
        CreateMemberRequest {
            member: Some(member),
            union: self.union.clone(),
            way_in: way_in.into(),
            effective_date: Some(on),
            ..CreateMemberRequest::default()
        }
    }

    async fn create(&mut self, request: CreateMemberRequest) -> Result<String> {
        let mut members = self.clients.members.clone();
        Ok(self.net.told("CreateMember", members.create_member(request)).await?.name)
    }

    /// A person with a passport who was a member for a year, long ago.
    async fn long_gone(&mut self) -> Result<String> {
        let documents = vec![of_kind("414", self.passport())];
        let mobile = self.mobile();
        let member = person(documents, mobile);
        let name = self.create(self.entry(member, WayIn::Admitted, day(2010, 1, 1))).await?;
        let ended = EndMembershipRequest {
            name: name.clone(),
            way_out: WayOut::Withdrawn.into(),
            effective_date: Some(day(2011, 1, 1)),
            ..EndMembershipRequest::default()
        };
        let mut memberships = self.clients.memberships.clone();
        self.net.told("EndMembership", memberships.end_membership(ended)).await?;
        Ok(name)
    }

    /// A joint union whose contact has a mobile number.
    async fn a_union(&mut self) -> Result<String> {
        let contact = Contact {
            display_name: "鹤某".to_owned(),
            mobile: self.mobile(),
            ..Contact::default()
        };
        let union = Union {
            display_name: "北京某某鸟类联合工会".to_owned(),
            union_type: "JOINT".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(Address { area: COMMUNITY.to_owned(), line: String::new() }),
            contact: Some(contact),
            ..Union::default()
        };
        let request = CreateUnionRequest {
            union: Some(union),
            effective_date: Some(day(2001, 1, 1)),
            ..CreateUnionRequest::default()
        };
        let mut unions = self.clients.unions.clone();
        let name = self.net.told("CreateUnion", unions.create_union(request)).await?.name;
        let look = RevealUnionContactRequest {
            name: name.clone(),
            reason: "回访核实".to_owned(),
            ..RevealUnionContactRequest::default()
        };
        ensure!(unions.reveal_union_contact(look).await?.into_inner().mobile.len() == 11);
        Ok(name)
    }

    /// Somebody who is admitted and renewed, somebody who applied, and somebody who is only checked.
    async fn enter_and_update(&mut self) -> Result<String> {
        let documents = vec![of_kind("111", self.card()), of_kind("414", self.passport())];
        let mobile = self.mobile();
        let entry = self.entry(person(documents, mobile), WayIn::Admitted, day(2014, 3, 1));
        let name = self.create(entry).await?;
        let documents = vec![of_kind("414", self.passport())];
        let mobile = self.mobile();
        let request = UpdateMemberRequest {
            member: Some(Member { name: name.clone(), documents, mobile, ..Member::default() }),
            update_mask: Some(prost_types::FieldMask {
                paths: vec!["documents".to_owned(), "mobile".to_owned()],
            }),
            effective_date: Some(day(2015, 1, 1)),
            ..UpdateMemberRequest::default()
        };
        let mut members = self.clients.members.clone();
        self.net.told("UpdateMember", members.update_member(request)).await?;

        let member = person(vec![of_kind("111", self.card())], self.mobile());
        let applied = self.create(self.entry(member, WayIn::Applied, day(2014, 3, 1))).await?;
        let decision = DecideApplicationRequest {
            name: applied,
            outcome: ApplicationOutcome::Admitted.into(),
            effective_date: Some(day(2014, 4, 1)),
            ..DecideApplicationRequest::default()
        };
        let mut memberships = self.clients.memberships.clone();
        self.net.told("DecideApplication", memberships.decide_application(decision)).await?;

        let member = person(vec![of_kind("111", self.card())], self.mobile());
        let checked = CreateMemberRequest {
            validate_only: true,
            ..self.entry(member, WayIn::Admitted, day(2014, 3, 1))
        };
        self.create(checked).await?;
        Ok(name)
    }

    /// What is wrong, too long, taken, or in the wrong place.
    async fn what_is_refused(&mut self, member: &str) -> Result<()> {
        let taken = self.card();
        let entry = person(vec![of_kind("111", taken.clone())], String::new());
        self.create(self.entry(entry, WayIn::Admitted, day(2014, 3, 1))).await?;
        let (card, mobile, passport) = (self.card(), self.mobile(), self.passport());
        let mut slip = card.clone();
        slip.truncate(17);
        slip.push(if card.ends_with('1') { '2' } else { '1' });
        self.net.plant(&slip);
        let documents = |number: &str| vec![of_kind("111", number.to_owned())];
        for wrong in [
            person(documents(&taken), String::new()),
            person(documents(&slip), mobile.clone()),
            person(documents(&card.repeat(3)), mobile.clone()),
            person(documents(&card), mobile.repeat(4)),
            person(documents(&card), format!("{mobile}7")),
            person(documents(&card), format!("x{mobile}")),
            person(vec![of_kind("999", card.clone())], mobile.clone()),
            person(vec![of_kind(&card, card.clone())], mobile.clone()),
            person(vec![of_kind("414", card.clone())], mobile.clone()),
            person(vec![of_kind("111", passport.clone())], mobile.clone()),
            Member {
                sex: "9".to_owned(),
                birth_date: Some(day(1889, 1, 1)),
                ..person(documents(&card), mobile.clone())
            },
            Member {
                display_name: format!("鹤{card}"),
                ..person(documents(&card), mobile.clone())
            },
            Member { display_name: card.clone(), ..person(vec![], mobile.clone()) },
            Member { residence: mobile.clone(), ..person(documents(&card), mobile.clone()) },
            Member { worker_group: card.clone(), ..person(documents(&card), mobile.clone()) },
        ] {
            let mut members = self.clients.members.clone();
            let entry = self.entry(wrong, WayIn::Admitted, day(2014, 3, 1));
            self.net.refused("a refused CreateMember", members.create_member(entry)).await?;
        }
        let mut members = self.clients.members.clone();
        for filter in [
            format!("display_name = \"{card}"),
            format!("document = {card}"),
            format!("union = {mobile}"),
        ] {
            let request = ListMembersRequest { filter, ..ListMembersRequest::default() };
            self.net.refused("a refused ListMembers", members.list_members(request)).await?;
        }
        let request = GetMemberRequest { name: format!("members/{card}"), day: None };
        self.net.refused("a refused GetMember", members.get_member(request)).await?;
        for (document, mobile) in [
            (Some(of_kind("111", slip.clone())), String::new()),
            (Some(of_kind("111", card.repeat(3))), String::new()),
            (None, format!("{mobile}7")),
            (Some(of_kind("111", card.clone())), mobile.clone()),
        ] {
            let request = LookupMembersRequest { document, mobile };
            self.net.refused("a refused lookup", members.lookup_members(request)).await?;
        }
        for (document, mobile) in [
            (Some(of_kind("111", taken)), String::new()),
            (Some(of_kind("111", card.clone())), String::new()),
            (None, mobile.clone()),
        ] {
            let request = LookupMembersRequest { document, mobile };
            self.net.told("LookupMembers", members.lookup_members(request)).await?;
        }
        let mut protection = self.clients.protection.clone();
        let look = RevealMemberRequest {
            reason: format!("核对{card}"),
            ..looking(member, &[ProtectedField::Mobile])
        };
        self.net.refused("a refused look", protection.reveal_member(look)).await?;
        let erasure = EraseMemberRequest {
            name: member.to_owned(),
            reason: format!("删除{mobile}"),
            ..EraseMemberRequest::default()
        };
        self.net.refused("a refused erasure", protection.erase_member(erasure)).await
    }

    /// A look, which alone is not kept.
    async fn look(&mut self, member: &str) -> Result<()> {
        let mut protection = self.clients.protection.clone();
        let fields = [ProtectedField::Documents, ProtectedField::Mobile];
        let shown = protection.reveal_member(looking(member, &fields)).await?.into_inner();
        ensure!(shown.documents.len() == 2 && shown.mobile.starts_with("13758213"));
        Ok(())
    }

    async fn correct(&mut self) -> Result<()> {
        let (wrong, right) = (self.card(), self.card());
        let entry = person(vec![of_kind("111", wrong)], String::new());
        let name = self.create(self.entry(entry, WayIn::Admitted, day(2014, 3, 1))).await?;
        let mut protection = self.clients.protection.clone();
        let correction = |number: String| CorrectDocumentRequest {
            name: name.clone(),
            document: Some(of_kind("111", number)),
            ..CorrectDocumentRequest::default()
        };
        let asked = protection.correct_document(correction(right.clone()));
        self.net.told("CorrectDocument", asked).await?;
        let mut protection = self.clients.protection.clone();
        let asked = protection.correct_document(correction(right));
        self.net.refused("a refused CorrectDocument", asked).await
    }

    async fn merge(&mut self, member: &str) -> Result<()> {
        let source = self.long_gone().await?;
        let mut protection = self.clients.protection.clone();
        let merge = MergeMembersRequest {
            name: member.to_owned(),
            source: source.clone(),
            ..MergeMembersRequest::default()
        };
        self.net.told("MergeMembers", protection.merge_members(merge.clone())).await?;
        let unmerge = UnmergeMembersRequest { name: source, ..UnmergeMembersRequest::default() };
        self.net.told("UnmergeMembers", protection.unmerge_members(unmerge)).await?;
        self.net.told("MergeMembers", protection.merge_members(merge)).await?;
        Ok(())
    }

    async fn erase(&mut self) -> Result<String> {
        let name = self.long_gone().await?;
        let mut subjects = self.clients.subjects.clone();
        let request = RecordSubjectRequestRequest {
            parent: name.clone(),
            subject_request: Some(SubjectRequest {
                kind: Kind::Erasure.into(),
                ..SubjectRequest::default()
            }),
            ..RecordSubjectRequestRequest::default()
        };
        let asked = subjects.record_subject_request(request);
        let asked = self.net.told("RecordSubjectRequest", asked).await?.name;
        let answer = |words: String| AnswerSubjectRequestRequest {
            name: asked.clone(),
            outcome: SubjectRequestOutcome::Granted.into(),
            answer: words,
            ..AnswerSubjectRequestRequest::default()
        };
        let tells = answer(format!("已删除{}", self.card()));
        let mut subjects = self.clients.subjects.clone();
        self.net.refused("a refused answer", subjects.answer_subject_request(tells)).await?;
        let answered = subjects.answer_subject_request(answer("已删除全部信息".to_owned()));
        self.net.told("AnswerSubjectRequest", answered).await?;
        let erasure = EraseMemberRequest {
            name: name.clone(),
            reason: "本人要求删除".to_owned(),
            ..EraseMemberRequest::default()
        };
        let mut protection = self.clients.protection.clone();
        self.net.told("EraseMember", protection.erase_member(erasure)).await?;
        Ok(name)
    }

    /// Everything that shows members.
    async fn read(&mut self, names: &[String]) -> Result<()> {
        let mut members = self.clients.members.clone();
        let request = BatchGetMembersRequest { names: names.to_vec(), day: None };
        self.net.told("BatchGetMembers", members.batch_get_members(request)).await?;
        let request = ListMembersRequest::default();
        let listed = self.net.told("ListMembers", members.list_members(request)).await?;
        ensure!(!listed.members.is_empty(), "nobody is listed");
        for name in names {
            let request = GetMemberRequest { name: name.clone(), day: None };
            self.net.told("GetMember", members.get_member(request)).await?;
            let request = ListMemberFactsRequest {
                parent: name.clone(),
                ..ListMemberFactsRequest::default()
            };
            self.net.told("ListMemberFacts", members.list_member_facts(request)).await?;
            let mut subjects = self.clients.subjects.clone();
            let request = DiscloseMemberRequest {
                name: name.clone(),
                reason: "本人查阅".to_owned(),
                ..DiscloseMemberRequest::default()
            };
            let disclosed =
                self.net.told("DiscloseMember", subjects.disclose_member(request)).await?;
            ensure!(!disclosed.acts.is_empty(), "nobody did anything");
        }
        let mut unions = self.clients.unions.clone();
        let request = ListUnionsRequest::default();
        self.net.told("ListUnions", unions.list_unions(request)).await?;
        let mut metrics = self.clients.metrics.clone();
        let request = ExplainRequest {
            metric: "metrics/members".to_owned(),
            node: self.union.clone(),
            ..ExplainRequest::default()
        };
        self.net.told("Explain", metrics.explain(request)).await?;
        self.changes().await
    }

    async fn changes(&mut self) -> Result<()> {
        let (mut cursor, mut seen) = (String::new(), 0);
        loop {
            let mut changes = self.clients.changes.clone();
            // What was committed last may not be in the feed yet.
            let wait = Some(prost_types::Duration { seconds: 2, nanos: 0 });
            let request = ListChangesRequest { cursor, page_size: 100, wait };
            let page = self.net.told("ListChanges", changes.list_changes(request)).await?;
            seen += page.changes.len();
            if page.changes.is_empty() {
                ensure!(seen > 10, "{seen} changes");
                return Ok(());
            }
            cursor = page.next_cursor;
        }
    }
}

fn looking(member: &str, fields: &[ProtectedField]) -> RevealMemberRequest {
    RevealMemberRequest {
        name: member.to_owned(),
        fields: fields.iter().map(|field| i32::from(*field)).collect(),
        reason: "本人来访核对".to_owned(),
        ..RevealMemberRequest::default()
    }
}
