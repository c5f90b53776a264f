//! What is entered before a backup and looked for after the restore.

use anyhow::{Context, Result, ensure};
use unionhall_proto::registry::v1::{
    Address, Contact, CreateMemberRequest, CreateUnionRequest, IdentityDocument,
    LookupMembersRequest, Member, ProtectedField, RevealMemberRequest, RevealUnionContactRequest,
    Union, WayIn, member_protection_service_client::MemberProtectionServiceClient,
};
use unionhall_tests::{
    answers::Heard,
    client::{Bearer, Caller, channel},
    imports::{self, Upload},
    samples,
    suite::Suite,
};

/// Synthetic numbers of the domain reference.
const NUMBERS: [&str; 5] = [
    "110102188808080017",
    "110102188808080025",
    "110104188703150034",
    "110104188703150042",
    "110101188505010058",
];
const REASON: &str = "核对恢复后的登记册";
const MOBILE: &str = "13900000001";

/// A union, whose contact is protected, and members that are found by their documents.
pub(super) struct People {
    union: String,
    members: Vec<Member>,
}

impl People {
    /// A union with a member, and imported employers.
    pub(super) async fn enter(suite: &Suite) -> Result<Self> {
        let clients = suite.connect().await?;
        let contact = Contact {
            display_name: "某某".to_owned(),
            mobile: MOBILE.to_owned(),
            ..Contact::default()
        };
        let union = Union {
            display_name: "北京某某街道联合工会".to_owned(),
            union_type: "JOINT".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(Address { area: "areas/110102010002".to_owned(), line: String::new() }),
            contact: Some(contact),
            ..Union::default()
        };
        let request = CreateUnionRequest {
            union: Some(union),
            effective_date: Some(samples::day(2010, 1, 1)),
            ..CreateUnionRequest::default()
        };
        let union = clients.unions.clone().create_union(request).await?.into_inner().name;
        let upload = Upload::employers("rows.csv", samples::csv(900_000..900_200));
        let batch = upload.check(&clients).await?;
        imports::commit(&clients, &batch.name).await?;
        let mut people = Self { union, members: Vec::new() };
        people.add(suite).await?;
        Ok(people)
    }

    /// One more member.
    pub(super) async fn add(&mut self, suite: &Suite) -> Result<()> {
        let at = self.members.len();
        let member = Member {
            display_name: format!("某某{}", ["甲", "乙", "丙", "丁", "戊"][at]),
            documents: vec![document(NUMBERS[at])],
            mobile: format!("1380000000{at}"),
            ..Member::default()
        };
        let request = CreateMemberRequest {
            member: Some(member),
            union: self.union.clone(),
            way_in: WayIn::Admitted.into(),
            effective_date: Some(samples::day(2012, 3, 1)),
            ..CreateMemberRequest::default()
        };
        let mut members = suite.connect().await?.members;
        let entered = members.create_member(request).await?.into_inner();
        self.members.push(entered);
        Ok(())
    }

    /// Everybody is found by the document and the mobile number, and shown as before; what is
    /// protected is opened.
    pub(super) async fn are_there(&self, suite: &Suite) -> Result<()> {
        let mut service = suite.connect().await?.members;
        let heard = Heard::on(channel(suite.address()).await?);
        let caller = Caller::new(heard, Bearer::new(suite.token())?);
        let mut protection = MemberProtectionServiceClient::new(caller);
        for (at, member) in self.members.iter().enumerate() {
            let by_document = LookupMembersRequest {
                document: Some(document(NUMBERS[at])),
                ..LookupMembersRequest::default()
            };
            let by_mobile = LookupMembersRequest {
                mobile: format!("1380000000{at}"),
                ..LookupMembersRequest::default()
            };
            for request in [by_document, by_mobile] {
                let found = service.lookup_members(request).await?.into_inner().members;
                let found = found.first().with_context(|| format!("member {at}"))?;
                ensure!(found == member, "{found:?} instead of {member:?}");
            }
            // Under the member's own key, which is sealed under the vault's.
            let request = RevealMemberRequest {
                name: member.name.clone(),
                fields: vec![ProtectedField::Documents.into()],
                reason: REASON.to_owned(),
                ..RevealMemberRequest::default()
            };
            let shown = protection.reveal_member(request).await?.into_inner().documents;
            let numbers: Vec<&str> = shown.iter().map(|shown| shown.number.as_str()).collect();
            ensure!(numbers == [NUMBERS[at]], "{numbers:?} of member {at}");
        }
        let request = RevealUnionContactRequest {
            name: self.union.clone(),
            reason: REASON.to_owned(),
            ..RevealUnionContactRequest::default()
        };
        let mut unions = suite.connect().await?.unions;
        let shown = unions.reveal_union_contact(request).await?.into_inner().mobile;
        ensure!(shown == MOBILE, "{shown} instead of {MOBILE}");
        Ok(())
    }
}

fn document(number: &str) -> IdentityDocument {
    IdentityDocument {
        document_type: "111".to_owned(),
        number: number.to_owned(),
        ..IdentityDocument::default()
    }
}
