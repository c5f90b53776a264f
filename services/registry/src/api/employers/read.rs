//! Reading single employers. Every one comes through the loader, in its scope.

use futures::future::try_join_all;
use unionhall_kit::{
    access::Caller, call::Call, civil::CivilDate, fault::Outcome, scoped::not_found,
};
use unionhall_proto::registry::v1::{
    BatchGetEmployersRequest, BatchGetEmployersResponse, Employer, GetEmployerRequest,
    LookupEmployerRequest,
};
use uuid::Uuid;

use super::{Employers, decode, encode};
use crate::store::employers::{self, Code, EmployerRecord};

impl Employers {
    pub(super) async fn get(&self, call: Call<GetEmployerRequest>) -> Outcome<Employer> {
        let day = decode::day("day", &call.message.day)?;
        let name = &call.message.name;
        let record = self.seen(&call.caller, decode::id(name)?, name).await?;
        Ok(self.shown(&record, day))
    }

    pub(super) async fn batch_get(
        &self,
        call: Call<BatchGetEmployersRequest>,
    ) -> Outcome<BatchGetEmployersResponse> {
        let day = decode::day("day", &call.message.day)?;
        let one = async |name: &String| {
            let record = self.seen(&call.caller, decode::id(name)?, name).await?;
            Ok(self.shown(&record, day))
        };
        let employers = try_join_all(call.message.names.iter().map(one)).await?;
        Ok(BatchGetEmployersResponse { employers })
    }

    pub(super) async fn lookup(&self, call: Call<LookupEmployerRequest>) -> Outcome<Employer> {
        let day = decode::day("day", &call.message.day)?;
        let code = decode::code(&call.message.code)?;
        let asked = match &code {
            Code::Credit(code) => code.to_string(),
            Code::Organisation(code) => code.to_string(),
        };
        let reader = self.register.ledger.db().reader();
        let id = employers::find_by_code(reader, &code).await?;
        let id = id.ok_or_else(|| not_found(&asked))?;
        let record = self.seen(&call.caller, id, &asked).await?;
        Ok(self.shown(&record, day))
    }

    /// The employer, if the caller sees it; `name` is what the caller asked for.
    pub(super) async fn seen(
        &self,
        caller: &Caller,
        id: Uuid,
        name: &str,
    ) -> Outcome<EmployerRecord> {
        let found = self.loader.load(id).await?.ok_or_else(|| not_found(name))?;
        // Mostly the only holder: nothing is copied then.
        let record = std::sync::Arc::unwrap_or_clone(found);
        record.open(&caller.scope, name)
    }

    /// The employer as it was on `day`, today when absent.
    pub(super) fn shown(&self, record: &EmployerRecord, day: Option<CivilDate>) -> Employer {
        let day = day.unwrap_or_else(|| self.today());
        encode::employer(record, day, &self.register.quality)
    }

    pub(super) fn today(&self) -> CivilDate {
        self.register.clock().today()
    }
}
