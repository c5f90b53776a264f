//! Those who read while the keys rotate, in every way that needs a key. One failed read ends them.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rand::Rng;
use tokio_util::sync::CancellationToken;
use unionhall_proto::registry::v1::{
    GetMemberRequest, ListMembersRequest, LookupMembersRequest, Member, ProtectedField,
    RevealMemberRequest,
};

use super::{
    line::Phone,
    roll::{Person, Roll},
};

/// Members on one page of a list.
const PAGE: i32 = 20;

/// Reads about persons by chance, and one page after the other, until `stop`.
pub(super) async fn read(phone: Phone, roll: Arc<Roll>, stop: CancellationToken) -> Result<()> {
    let mut page_token = String::new();
    while !stop.is_cancelled() {
        let at = rand::rng().random_range(0..roll.persons.len());
        let person = roll.persons.get(at).context("a person")?;
        about(&phone, person).await.with_context(|| format!("row {at}"))?;
        page_token = page(&phone, page_token).await?;
    }
    Ok(())
}

/// Everything that the register tells about a person is what was imported.
pub(super) async fn about(phone: &Phone, person: &Person) -> Result<()> {
    let request = LookupMembersRequest { document: Some(person.document()), ..Default::default() };
    let found = look_up(phone, request).await?;
    ensure!(found.len() == 1 && person.is(&found[0].name), "{found:?}, not {:?}", person.record());
    let name = found[0].name.clone();

    let get = GetMemberRequest { name: name.clone(), ..GetMemberRequest::default() };
    let member = phone.ask(|clients| {
        let (mut members, get) = (clients.members, get.clone());
        async move { members.get_member(get).await }
    });
    let member = member.await?;
    ensure!(member.name == name && member.display_name == person.display_name, "{member:?}");
    let masked = &member.documents.first().context("a document")?.masked_number;
    let shows = |text: &str| person.number.starts_with(text) || person.number.ends_with(text);
    ensure!(masked.len() == person.number.len() && masked.split('*').all(shows), "{masked}");

    let fields = vec![ProtectedField::Documents.into(), ProtectedField::Mobile.into()];
    let reason = "轮换核对".to_owned();
    let reveal = RevealMemberRequest { name: name.clone(), fields, reason, ..Default::default() };
    let shown = phone.ask(|clients| {
        let (mut protection, reveal) = (clients.protection, reveal.clone());
        async move { protection.reveal_member(reveal).await }
    });
    let shown = shown.await?;
    let numbers: Vec<&str> = shown.documents.iter().map(|one| one.number.as_str()).collect();
    ensure!(numbers == [person.number.as_str()] && shown.mobile == person.mobile, "another's");

    if !person.mobile.is_empty() {
        let request = LookupMembersRequest { mobile: person.mobile.clone(), ..Default::default() };
        let found = look_up(phone, request).await?;
        ensure!(found.iter().any(|member| member.name == name), "by mobile: {found:?}");
    }
    Ok(())
}

/// Whom the register finds by a number.
pub(super) async fn look_up(phone: &Phone, request: LookupMembersRequest) -> Result<Vec<Member>> {
    let found = phone.ask(|clients| {
        let (mut members, request) = (clients.members, request.clone());
        async move { members.lookup_members(request).await }
    });
    Ok(found.await?.members)
}

/// The token of the page behind this one.
async fn page(phone: &Phone, page_token: String) -> Result<String> {
    let list = ListMembersRequest { page_size: PAGE, page_token, ..ListMembersRequest::default() };
    let page = phone.ask(|clients| {
        let (mut members, list) = (clients.members, list.clone());
        async move { members.list_members(list).await }
    });
    let page = page.await?;
    let masked = |member: &Member| member.documents.iter().all(|one| !one.masked_number.is_empty());
    ensure!(!page.members.is_empty() && page.members.iter().all(masked), "{page:?}");
    Ok(page.next_page_token)
}
