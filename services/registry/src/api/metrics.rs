//! `Metrics`: the figures of the register. What every service answers alike, kit does; here stands
//! what the figures mean.

mod definitions;

use std::collections::BTreeSet;

use sea_orm::DatabaseTransaction;
use tonic::{Request, Response, Status};
use unionhall_kit::{
    db::Db,
    fault::{Fault, Outcome},
    figures::service::{Catalogue, Definition, Explained, FigureDesk, Sought},
    path::{Path, Scope},
    reasons,
};
use unionhall_proto::{
    common::v1::{
        BatchGetFiguresRequest, BatchGetFiguresResponse, ExplainRequest, ExplainResponse, Figure,
        GetFigureRequest, GetSeriesRequest, ListMetricsRequest, ListMetricsResponse, Series,
        explain_response::Contribution,
    },
    registry::v1::metrics_server::Metrics,
};
use uuid::Uuid;

use crate::{
    Register,
    revisions::Revisions,
    rules::contribution::Metric,
    store::{
        employers::Place,
        explain::{self, Asked, Counted},
    },
};

/// The service.
pub struct Figures(FigureDesk<Employers>);

impl Figures {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        let definitions = definitions::of(&register.quality);
        let catalogue = Employers { definitions, rules: register.revisions.clone() };
        Self(FigureDesk::new(register.ledger, register.pager, catalogue))
    }
}

#[tonic::async_trait]
impl Metrics for Figures {
    async fn list_metrics(
        &self,
        request: Request<ListMetricsRequest>,
    ) -> Result<Response<ListMetricsResponse>, Status> {
        self.0.list_metrics(request).await
    }

    async fn get_figure(
        &self,
        request: Request<GetFigureRequest>,
    ) -> Result<Response<Figure>, Status> {
        self.0.get_figure(request).await
    }

    async fn batch_get_figures(
        &self,
        request: Request<BatchGetFiguresRequest>,
    ) -> Result<Response<BatchGetFiguresResponse>, Status> {
        self.0.batch_get_figures(request).await
    }

    async fn get_series(
        &self,
        request: Request<GetSeriesRequest>,
    ) -> Result<Response<Series>, Status> {
        self.0.get_series(request).await
    }

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        self.0.explain(request).await
    }
}

/// The figures over employers.
struct Employers {
    definitions: Vec<Definition>,
    rules: Revisions,
}

#[tonic::async_trait]
impl Catalogue for Employers {
    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    async fn known_areas(&self, db: &Db, areas: &[Path]) -> Outcome<BTreeSet<Path>> {
        explain::known_areas(db, areas).await
    }

    async fn explain(
        &self,
        state: &DatabaseTransaction,
        sought: &Sought<'_>,
    ) -> Outcome<Explained> {
        let internal = || Fault::new(&reasons::INTERNAL);
        let asked = Asked {
            metric: Metric::of_id(sought.metric).ok_or_else(internal)?,
            node: sought.area,
            day: sought.days.day,
            before: sought.days.before(),
            rules: &self.rules,
        };
        let after = sought.after.map(place).transpose()?;
        let at_most = usize::try_from(sought.at_most).unwrap_or(usize::MAX);
        let page = explain::explain(state, &asked, after, at_most).await?;
        let tell = |counted| contribution(counted, sought.scope);
        Ok(Explained {
            contributions: page.counted.into_iter().map(tell).collect(),
            next: page.next.map(|place| vec![place.area.to_string(), place.id.to_string()]),
        })
    }
}

/// The token is sealed, so only one that this service made gets here.
fn place(key: &[String]) -> Outcome<Place> {
    let read = || {
        let [area, id] = key else { return None };
        Some(Place { area: area.clone(), id: Uuid::parse_str(id).ok()? })
    };
    read().ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}

/// An employer that has left the caller's scope still counts where it stood. It keeps its name to
/// itself.
fn contribution(counted: Counted, scope: &Scope) -> Contribution {
    let Counted { record, place, value } = counted;
    let visible = scope.sees(Some(record.area.path()), None);
    let name = record.facts.names.rows().last().filter(|_| visible);
    Contribution {
        record: record.name(),
        display_name: name.map(|row| row.value.as_str().to_owned()).unwrap_or_default(),
        value,
        node: format!("areas/{}", place.area),
    }
}
