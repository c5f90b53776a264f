//! Unique numbers go in through every door that takes them, or ought not to; everything that the suite
//! emits or stores is searched for them. Only a reveal shows one.
//!
//! The doors: a union's contact; members entered, renewed, corrected, merged and erased; what is refused
//! of all that, filters, look-ups, reasons and notes included; sheets of members and of confirmations
//! with numbers in every column, in the names of files and sheets, in files that cannot be read; their
//! check, their application, their undo; the command that imports.
//!
//! What is searched: answers, refusals and their metadata, watches, lists of faults, sheets given out,
//! changes, histories, explanations, disclosures; logs at debug level, standard output, metrics, traces;
//! the folder of the suite with the files of SQLite and its logs; of PostgreSQL every row, every file of
//! the cluster, and its own log of every statement with its parameters.
//!
//! Whatever any other test leaves is searched as well (`tests/finder`), for numbers that tell themselves
//! by their check character; here are those that do not, and what only this suite turns on.

mod collector;
mod everywhere;
mod net;
mod reads;
mod refused;
mod sheets;
mod steps;

use std::net::TcpListener;

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, AnswerSubjectRequestRequest, ApplicationOutcome, Contact, CorrectDocumentRequest,
        CreateMemberRequest, CreateUnionRequest, DecideApplicationRequest, EndMembershipRequest,
        EraseMemberRequest, IdentityDocument, Member, MergeMembersRequest, ProtectedField,
        RecordSubjectRequestRequest, RevealMemberRequest, RevealUnionContactRequest,
        SubjectRequest, SubjectRequestOutcome, Union, UnmergeMembersRequest, UpdateMemberRequest,
        WayIn, WayOut, subject_request::Kind,
    },
};
use unionhall_tests::{
    client::Clients,
    cluster::execute,
    engine::Engine,
    on_both_engines,
    own_cluster::OwnCluster,
    patience,
    policy::{Policy, UNBOUNDED},
    samples::day,
    suite::{Layout, Plan, Suite},
};

use collector::Collector;
use net::Net;

const COMMUNITY: &str = "areas/110102010002";
const UNION: &str = "北京某某鸟类联合工会";

on_both_engines!(no_planted_number_comes_out);

async fn no_planted_number_comes_out(engine: Engine) -> Result<()> {
    let admin = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let (cluster, collector) = (talkative(engine).await?, Collector::start().await?);
    let mut plan = Plan::new(engine, Layout::All)
        .policy(Policy::administrator(UNBOUNDED).text())
        .variable("UNIONHALL__TELEMETRY__LOG_FILTER", "debug")
        .variable("UNIONHALL__TELEMETRY__OTLP_ENDPOINT", collector.endpoint())
        .variable("UNIONHALL__TELEMETRY__ADMIN_ADDRESS", &admin);
    if let Some(cluster) = &cluster {
        plan = plan.database_url(cluster.url());
    }
    let mut suite = plan.start().await?;
    let mut canary = Canary {
        net: Net::default(),
        clients: suite.connect().await?,
        seed: 0,
        union: String::new(),
        entered: String::new(),
    };
    canary.union = canary.a_union(UNION).await?;
    let other = canary.a_union("北京某某鱼类联合工会").await?;
    let member = canary.enter_and_update().await?;
    Box::pin(canary.what_is_refused(&member)).await?;
    Box::pin(canary.notes(&member)).await?;
    canary.look(&member).await?;
    let sent = canary.send_members().await?;
    rotate(&suite).await?;
    canary.look(&member).await?;
    Box::pin(canary.import_members(&sent)).await?;
    Box::pin(canary.broken_files()).await?;
    canary.workbook().await?;
    Box::pin(canary.import_confirmations(&member)).await?;
    canary.by_command(&suite).await?;
    Box::pin(canary.steps(&other)).await?;
    Box::pin(canary.confirm(&member)).await?;
    canary.correct().await?;
    canary.merge(&member).await?;
    let erased = canary.erase().await?;
    Box::pin(canary.read(&[member.clone(), erased])).await?;
    canary.net.keep_stored(&suite, Some(&admin)).await?;
    canary.net.keep("traces", collector.received());
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
    Box::pin(canary.read(&[member])).await?;
    suite.stop().await?;
    canary.net.keep_stored(&suite, None).await?;
    canary.net.keep("traces", collector.received());
    let mut places = vec!["EndMembership", "ListChanges", "ListMemberFacts"];
    match &cluster {
        Some(cluster) => {
            cluster.stop("fast")?;
            canary.net.keep_folder(cluster.folder())?;
            places.extend(["the table event", "/log"]);
        }
        None => places.push("registry.db"),
    }
    let found = canary.net.places(note);
    for place in places {
        ensure!(found.iter().any(|found| found.ends_with(place)), "not in {place}: {found:?}");
    }
    ensure!(canary.net.places("MembershipService/EndMembership").contains(&"traces"), "no trace");
    let caught = canary.net.caught();
    ensure!(caught.is_empty(), "{caught:#?}");
    Ok(())
}

/// A cluster of its own whose log has every statement with its parameters.
async fn talkative(engine: Engine) -> Result<Option<OwnCluster>> {
    if engine == Engine::Sqlite {
        return Ok(None);
    }
    let cluster = OwnCluster::start().await?;
    execute(&cluster.url(), "ALTER SYSTEM SET log_statement = 'all'").await?;
    execute(&cluster.url(), "SELECT pg_reload_conf()").await?;
    Ok(Some(cluster))
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
    /// The card of somebody whom a sheet enters.
    entered: String,
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
        let seed = self.next();
        let body = format!("110102188808{:02}{:03}", 1 + seed / 200, 700 + seed % 200);
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let digits = body.chars().filter_map(|digit| digit.to_digit(10));
        let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
        let check = "10X98765432".chars().nth((sum % 11) as usize).unwrap_or('?');
        self.net.plant(&format!("{body}{check}"))
    }

    /// A card with a wrong check character.
    fn slip(&mut self, card: &str) -> String {
        let check = if card.ends_with('1') { '2' } else { '1' };
        self.net.plant(&format!("{}{check}", &card[..17]))
    }

    fn passport(&mut self) -> String {
        let number = format!("E5821{:04}", self.next());
        self.net.plant(&number)
    }

    fn mobile(&mut self) -> String {
        let number = format!("1375821{:04}", self.next());
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
    async fn a_union(&mut self, display_name: &str) -> Result<String> {
        let contact = Contact {
            display_name: "鹤某".to_owned(),
            mobile: self.mobile(),
            ..Contact::default()
        };
        let union = Union {
            display_name: display_name.to_owned(),
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

    /// A look, which alone is not kept.
    async fn look(&mut self, member: &str) -> Result<()> {
        let mut protection = self.clients.protection.clone();
        let fields = [ProtectedField::Documents, ProtectedField::Mobile];
        let shown = protection.reveal_member(looking(member, &fields)).await?.into_inner();
        ensure!(shown.documents.len() == 2 && shown.mobile.starts_with("1375821"));
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
        self.net.refused("a refused CorrectDocument", asked).await?;
        Ok(())
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
}

fn looking(member: &str, fields: &[ProtectedField]) -> RevealMemberRequest {
    RevealMemberRequest {
        name: member.to_owned(),
        fields: fields.iter().map(|field| i32::from(*field)).collect(),
        reason: "本人来访核对".to_owned(),
        ..RevealMemberRequest::default()
    }
}
