//! Reading single unions. Every one comes through the loader, in its scope.

use futures::future::try_join_all;
use unionhall_kit::{
    access::Caller, call::Call, civil::CivilDate, fault::Outcome, scoped::not_found,
};
use unionhall_proto::registry::v1::{
    BatchGetUnionsRequest, BatchGetUnionsResponse, GetUnionRequest, LookupUnionRequest, Union,
};

use super::{Unions, decode, encode};
use crate::{
    rules::union::UnionId,
    store::unions::{self, UnionRecord},
};

impl Unions {
    pub(super) async fn get(&self, call: Call<GetUnionRequest>) -> Outcome<Union> {
        let day = decode::day("day", &call.message.day)?;
        let name = &call.message.name;
        let record = self.seen(&call.caller, decode::id(name)?, name).await?;
        Ok(self.shown(&record, day))
    }

    pub(super) async fn batch_get(
        &self,
        call: Call<BatchGetUnionsRequest>,
    ) -> Outcome<BatchGetUnionsResponse> {
        let day = decode::day("day", &call.message.day)?;
        let one = async |name: &String| {
            let record = self.seen(&call.caller, decode::id(name)?, name).await?;
            Ok(self.shown(&record, day))
        };
        let unions = try_join_all(call.message.names.iter().map(one)).await?;
        Ok(BatchGetUnionsResponse { unions })
    }

    pub(super) async fn lookup(&self, call: Call<LookupUnionRequest>) -> Outcome<Union> {
        let day = decode::day("day", &call.message.day)?;
        let code = decode::code(&call.message.code)?;
        let asked = code.to_string();
        let reader = self.register.ledger.db().reader();
        let id = unions::find_by_code(reader, &code).await?.ok_or_else(|| not_found(&asked))?;
        let record = self.seen(&call.caller, id, &asked).await?;
        Ok(self.shown(&record, day))
    }

    /// The union, if the caller sees it; `name` is what the caller asked for.
    pub(super) async fn seen(
        &self,
        caller: &Caller,
        id: UnionId,
        name: &str,
    ) -> Outcome<UnionRecord> {
        let found = self.loader.load(id).await?.ok_or_else(|| not_found(name))?;
        // Mostly the only holder: nothing is copied then.
        let record = std::sync::Arc::unwrap_or_clone(found);
        record.open(&caller.scope, name)
    }

    /// The union as it was on `day`, today when absent.
    pub(super) fn shown(&self, record: &UnionRecord, day: Option<CivilDate>) -> Union {
        encode::union(record, day.unwrap_or_else(|| self.today()))
    }

    pub(super) fn today(&self) -> CivilDate {
        self.register.clock().today()
    }
}
