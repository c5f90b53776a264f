//! `ReferenceService`: the code lists that ship with the release.

use tonic::{Request, Response, Status};
use unionhall_kit::{
    call::Call,
    civil::{CivilDate, Period},
    fault::Outcome,
    paging::{Binding, Place, page_size},
    scoped::not_found,
};
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{self as proto, reference_service_server::ReferenceService},
};

use super::wire;
use crate::{
    reference::{Code, CodeList, is_always},
    register::Register,
};

/// The handlers of `ReferenceService`.
#[derive(Clone)]
pub struct Reference {
    register: Register,
}

impl Reference {
    /// The handlers over this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }
}

#[tonic::async_trait]
impl ReferenceService for Reference {
    async fn list_code_lists(
        &self,
        request: Request<proto::ListCodeListsRequest>,
    ) -> Result<Response<proto::ListCodeListsResponse>, Status> {
        Ok(Response::new(self.lists(&Call::open(request)?)?))
    }

    async fn list_codes(
        &self,
        request: Request<proto::ListCodesRequest>,
    ) -> Result<Response<proto::ListCodesResponse>, Status> {
        Ok(Response::new(self.codes(&Call::open(request)?)?))
    }

    async fn get_code(
        &self,
        request: Request<proto::GetCodeRequest>,
    ) -> Result<Response<proto::Code>, Status> {
        Ok(Response::new(self.code(&Call::open(request)?)?))
    }
}

impl Reference {
    fn lists(
        &self,
        call: &Call<proto::ListCodeListsRequest>,
    ) -> Outcome<proto::ListCodeListsResponse> {
        let request = &call.message;
        let binding = call.binding(&proto::ListCodeListsRequest::default());
        let lists = self.register.reference.lists().iter().map(|list| (list.resource_id(), list));
        let (lists, next_page_token) =
            self.page(lists.collect(), &binding, request.page_size, &request.page_token)?;
        let code_lists = lists.into_iter().map(list_view).collect();
        Ok(proto::ListCodeListsResponse { code_lists, next_page_token })
    }

    fn codes(&self, call: &Call<proto::ListCodesRequest>) -> Outcome<proto::ListCodesResponse> {
        let request = &call.message;
        let day = wire::day("day", request.day.as_ref())?;
        let day = day.unwrap_or_else(|| self.register.clock().today());
        let list = self.list(&request.parent, &request.parent)?;
        let query =
            proto::ListCodesRequest { page_size: 0, page_token: String::new(), ..request.clone() };
        let binding = call.binding(&query);
        let in_use = list.codes().iter().filter(|code| code.validity.covers(day));
        let in_use = in_use.map(|code| (code.code.as_str(), code)).collect();
        let (codes, next_page_token) =
            self.page(in_use, &binding, request.page_size, &request.page_token)?;
        let codes = codes.into_iter().map(|code| code_view(list, code)).collect();
        Ok(proto::ListCodesResponse { codes, next_page_token })
    }

    fn code(&self, call: &Call<proto::GetCodeRequest>) -> Outcome<proto::Code> {
        let name = &call.message.name;
        let (parent, code) = name.split_once("/codes/").ok_or_else(|| not_found(name))?;
        let list = self.list(parent, name)?;
        // The code itself: names and aliases are for spreadsheets.
        let code = list.codes().iter().find(|found| found.code == code);
        code.map(|code| code_view(list, code)).ok_or_else(|| not_found(name))
    }

    fn list(&self, parent: &str, name: &str) -> Outcome<&'static CodeList> {
        let id = parent.strip_prefix("codeLists/");
        let list = id.and_then(|id| self.register.reference.by_resource_id(id));
        list.ok_or_else(|| not_found(name))
    }

    /// The page behind the token, out of items with their keys.
    fn page<'a, T>(
        &self,
        mut items: Vec<(&str, &'a T)>,
        binding: &Binding,
        size: i32,
        token: &str,
    ) -> Outcome<(Vec<&'a T>, String)> {
        let after = self.register.pager.place(binding, token)?;
        let after = after.as_ref().and_then(|place| place.key.first());
        items.sort_by_key(|(key, _)| *key);
        items.retain(|(key, _)| after.is_none_or(|after| after.as_str() < *key));
        let size = usize::try_from(page_size(size)).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = match items.last().filter(|_| more) {
            Some((key, _)) => {
                let place = Place { phase: 0, key: vec![(*key).to_owned()] };
                self.register.pager.token(binding, &place)?
            }
            None => String::new(),
        };
        Ok((items.into_iter().map(|(_, item)| item).collect(), next))
    }
}

fn list_view(list: &CodeList) -> proto::CodeList {
    proto::CodeList {
        name: format!("codeLists/{}", list.resource_id()),
        title: text(list.name_zh(), list.name_en()),
        source: list.source().to_owned(),
        edition: list.edition().to_owned(),
        // The longest list that ships has some hundred codes.
        code_count: i32::try_from(list.codes().len()).unwrap_or(i32::MAX),
    }
}

fn code_view(list: &CodeList, code: &Code) -> proto::Code {
    let (valid_from, valid_until) = known(code.validity);
    proto::Code {
        name: format!("codeLists/{}/codes/{}", list.resource_id(), code.code),
        value: code.code.clone(),
        title: text(&code.name_zh, &code.name_en),
        parent_code: code.parent.clone().unwrap_or_default(),
        aliases: code.aliases.clone(),
        valid_from: valid_from.map(Into::into),
        valid_until: valid_until.map(Into::into),
    }
}

/// The days of a period that mean something.
fn known(period: Period) -> (Option<CivilDate>, Option<CivilDate>) {
    (Some(period.from()).filter(|from| !is_always(*from)), period.until())
}

fn text(zh: &str, en: &str) -> Option<LocalizedText> {
    Some(LocalizedText { zh: zh.to_owned(), en: en.to_owned() })
}

#[cfg(test)]
mod tests;
