//! Reading editions.

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    BaseRegister, GetBaseRegisterRequest, ListBaseRegistersRequest, ListBaseRegistersResponse,
};
use uuid::Uuid;

use super::{BaseRegisters, encode};
use crate::{
    rules::base_register::BaseRegisterId,
    store::base_registers::{self, BaseRegisterRecord, COLLECTION},
};

impl BaseRegisters {
    pub(super) fn today(&self) -> CivilDate {
        self.register.clock().today()
    }

    pub(super) async fn seen(&self, name: &str) -> Outcome<BaseRegisterRecord> {
        let reader = self.register.ledger.db().reader();
        base_registers::load(reader, id(name)?).await?.ok_or_else(|| not_found(name))
    }

    pub(super) async fn get(&self, call: Call<GetBaseRegisterRequest>) -> Outcome<BaseRegister> {
        let record = self.seen(&call.message.name).await?;
        Ok(encode::base_register(&record, self.today(), &call.caller.scope))
    }

    pub(super) async fn list(
        &self,
        call: Call<ListBaseRegistersRequest>,
    ) -> Outcome<ListBaseRegistersResponse> {
        let message = &call.message;
        let binding = call.binding(&ListBaseRegistersRequest::default());
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let before = place.map(|place| before(&place)).transpose()?;
        let size = page_size(message.page_size);
        let reader = self.register.ledger.db().reader();
        let mut found = base_registers::page(reader, before, size + 1).await?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match found.last().filter(|_| more) {
            Some(BaseRegisterRecord { id: BaseRegisterId(id), .. }) => {
                let place = Place { phase: 0, key: vec![id.to_string()] };
                self.register.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        let (today, scope) = (self.today(), &call.caller.scope);
        let shown = found.iter().map(|record| encode::base_register(record, today, scope));
        Ok(ListBaseRegistersResponse { base_registers: shown.collect(), next_page_token })
    }
}

/// `NOT_FOUND` for what is no name of an edition.
pub(super) fn id(name: &str) -> Outcome<BaseRegisterId> {
    let id = name.strip_prefix(COLLECTION).and_then(|id| Uuid::try_parse(id).ok());
    id.map(BaseRegisterId).ok_or_else(|| not_found(name))
}

fn before(place: &Place) -> Outcome<Uuid> {
    let id = place.key.first().and_then(|id| Uuid::try_parse(id).ok());
    id.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
