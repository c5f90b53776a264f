//! `UnionService`.

mod affiliate;
mod approver;
mod change;
pub(crate) mod decode;
pub mod effect;
pub(super) mod encode;
pub(crate) mod end;
mod enter;
mod list;
pub(crate) mod members;
mod merge;
pub(crate) mod note;
mod read;
mod reveal;
mod split;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tonic::{Request, Response, Status};
use unionhall_kit::{call::Call, fault::Outcome, loader::Loader, scoped::Scoped};
use unionhall_proto::registry::v1::{
    AffiliateUnionRequest, BatchGetUnionsRequest, BatchGetUnionsResponse, CreateUnionRequest,
    DeleteUnionRequest, DissolveUnionRequest, GetUnionRequest, ListUnionFactsRequest,
    ListUnionFactsResponse, ListUnionsRequest, ListUnionsResponse, LookupUnionRequest,
    MarkUnionRequest, MergeUnionsRequest, RevealUnionContactRequest, RevealUnionContactResponse,
    SplitUnionRequest, StructureChange, Union, UnmarkUnionRequest, UpdateUnionRequest,
    union_service_server::{UnionService, UnionServiceServer},
};

pub(crate) use self::affiliate::settled;
pub(super) use self::{
    approver::those_above,
    decode::{approval, area, id},
    encode::{approval as shown_approval, union as shown},
    enter::{placed, superior},
};
use crate::{
    Register,
    rules::union::UnionId,
    store::unions::{self, UnionRecord},
};

/// The service.
#[derive(Clone)]
pub struct Unions {
    register: Register,
    loader: Loader<UnionId, Scoped<UnionRecord>>,
}

impl Unions {
    /// The service over this register. Starts the readers, which end with the last clone.
    pub fn new(register: Register) -> UnionServiceServer<Self> {
        UnionServiceServer::new(Self::over(register))
    }

    /// The handlers over this register. Starts the readers, which end with the last clone.
    pub fn over(register: Register) -> Self {
        let db = register.ledger.db().clone();
        let loader = Loader::start(move |ids: Vec<UnionId>| {
            let db = db.clone();
            async move {
                let found = unions::load(db.lookups(), &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, record)| (id, scoped(record)))
                    .collect::<HashMap<_, _>>())
            }
        });
        Self { register, loader }
    }
}

/// A union is visible through the area of its seat and through its affiliation.
pub(super) fn scoped(record: UnionRecord) -> Scoped<UnionRecord> {
    let (area, path) = (record.area.path().clone(), record.affiliation.path().clone());
    Scoped::new(record, Some(area), Some(path))
}

fn answer<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl UnionService for Unions {
    async fn get_union(
        &self,
        request: Request<GetUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn batch_get_unions(
        &self,
        request: Request<BatchGetUnionsRequest>,
    ) -> Result<Response<BatchGetUnionsResponse>, Status> {
        answer(self.batch_get(Call::open(request)?).await)
    }

    async fn lookup_union(
        &self,
        request: Request<LookupUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.lookup(Call::open(request)?).await)
    }

    async fn list_unions(
        &self,
        request: Request<ListUnionsRequest>,
    ) -> Result<Response<ListUnionsResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn list_union_facts(
        &self,
        request: Request<ListUnionFactsRequest>,
    ) -> Result<Response<ListUnionFactsResponse>, Status> {
        answer(self.list_facts(Call::open(request)?).await)
    }

    async fn create_union(
        &self,
        request: Request<CreateUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.create(Call::open(request)?).await)
    }

    async fn update_union(
        &self,
        request: Request<UpdateUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.update(Call::open(request)?).await)
    }

    async fn mark_union(
        &self,
        request: Request<MarkUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.mark(Call::open(request)?).await)
    }

    async fn unmark_union(
        &self,
        request: Request<UnmarkUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.unmark(Call::open(request)?).await)
    }

    async fn affiliate_union(
        &self,
        request: Request<AffiliateUnionRequest>,
    ) -> Result<Response<StructureChange>, Status> {
        answer(self.affiliate(Call::open(request)?).await)
    }

    async fn merge_unions(
        &self,
        request: Request<MergeUnionsRequest>,
    ) -> Result<Response<StructureChange>, Status> {
        answer(self.merge(Call::open(request)?).await)
    }

    async fn split_union(
        &self,
        request: Request<SplitUnionRequest>,
    ) -> Result<Response<StructureChange>, Status> {
        answer(self.split(Call::open(request)?).await)
    }

    async fn dissolve_union(
        &self,
        request: Request<DissolveUnionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.dissolve(Call::open(request)?).await)
    }

    async fn reveal_union_contact(
        &self,
        request: Request<RevealUnionContactRequest>,
    ) -> Result<Response<RevealUnionContactResponse>, Status> {
        answer(self.reveal(Call::open(request)?).await)
    }

    async fn delete_union(
        &self,
        request: Request<DeleteUnionRequest>,
    ) -> Result<Response<()>, Status> {
        answer(self.delete(Call::open(request)?).await)
    }
}
