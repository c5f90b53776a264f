//! `Metrics`: the figures of the register. What every service answers alike, kit does; here stands
//! what the figures mean.

mod definitions;

use std::collections::HashMap;

use sea_orm::DatabaseTransaction;
use tonic::{Request, Response, Status};
use unionhall_kit::{
    db::Db,
    fault::{Fault, Outcome},
    figures::service::{Catalogue, Definition, Explained, FigureDesk, Node, Sought},
    path::{Line, Scope},
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
    rules::{contribution::Metric, union::contribution::UnionMetric},
    store::{
        employers::Place,
        explain::{self, Asked, Counted, nodes, unions},
    },
};

/// The service.
pub struct Figures(FigureDesk<OfRegister>);

impl Figures {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        let definitions = definitions::of(&register.quality, register.reference);
        let catalogue = OfRegister { definitions, rules: register.revisions.clone() };
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

/// The figures over employers and unions.
struct OfRegister {
    definitions: Vec<Definition>,
    rules: Revisions,
}

#[tonic::async_trait]
impl Catalogue for OfRegister {
    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    async fn nodes(&self, db: &Db, names: &[String]) -> Outcome<HashMap<String, Node>> {
        nodes::nodes(db, names).await
    }

    async fn explain(
        &self,
        state: &DatabaseTransaction,
        sought: &Sought<'_>,
    ) -> Outcome<Explained> {
        let internal = || Fault::new(&reasons::INTERNAL);
        if let Some(metric) = UnionMetric::of_id(sought.metric) {
            return of_unions(state, metric, sought).await;
        }
        let metric = Metric::of_id(sought.metric).ok_or_else(internal)?;
        let stretches = sought.node.stretches(sought.days);
        let line = sought.node.line;
        let asked = Asked { metric, line, stretches: &stretches, rules: &self.rules };
        let after = sought.after.map(place).transpose()?;
        let at_most = usize::try_from(sought.at_most).unwrap_or(usize::MAX);
        let page = explain::explain(state, &asked, after, at_most).await?;
        let tell = |counted| contribution(counted, sought.scope);
        let mut contributions: Vec<_> = page.counted.into_iter().map(tell).collect();
        name_nodes(state, line, &mut contributions).await?;
        Ok(Explained { contributions, next: page.next.map(key) })
    }
}

async fn of_unions(
    state: &DatabaseTransaction,
    metric: UnionMetric,
    sought: &Sought<'_>,
) -> Outcome<Explained> {
    let day = sought.days.day;
    let Some(path) = sought.node.on(day) else { return Ok(Explained::default()) };
    let asked = unions::Asked { metric, line: sought.node.line, day: (day, path.clone()) };
    let after = sought.after.map(place).transpose()?;
    let at_most = usize::try_from(sought.at_most).unwrap_or(usize::MAX);
    let page = unions::explain(state, &asked, after, at_most).await?;
    let tell = |counted: unions::Counted| {
        let record = &counted.record;
        let paths = (record.area.path(), record.affiliation.path());
        let visible = sought.scope.sees(Some(paths.0), Some(paths.1));
        let name = record.facts.names.rows().last().filter(|_| visible);
        Contribution {
            record: record.name(),
            display_name: name.map(|row| row.value.as_str().to_owned()).unwrap_or_default(),
            value: counted.value,
            node: counted.place.area,
        }
    };
    let mut contributions: Vec<_> = page.counted.into_iter().map(tell).collect();
    name_nodes(state, sought.node.line, &mut contributions).await?;
    Ok(Explained { contributions, next: page.next.map(key) })
}

/// Puts the names of the nodes in place of their paths.
async fn name_nodes(
    state: &DatabaseTransaction,
    line: Line,
    contributions: &mut [Contribution],
) -> Outcome<()> {
    if line == Line::Area {
        for one in contributions {
            one.node = format!("areas/{}", one.node);
        }
        return Ok(());
    }
    let paths: Vec<&str> = contributions.iter().map(|one| one.node.as_str()).collect();
    let names = nodes::unions_at(state, &paths).await?;
    for one in contributions {
        one.node = names.get(&one.node).cloned().unwrap_or_default();
    }
    Ok(())
}

fn key(place: Place) -> Vec<String> {
    vec![place.area, place.id.to_string()]
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
    let affiliation = record.affiliation.as_ref().map(|path| path.path());
    let visible = scope.sees(Some(record.area.path()), affiliation);
    let name = record.facts.names.rows().last().filter(|_| visible);
    Contribution {
        record: record.name(),
        display_name: name.map(|row| row.value.as_str().to_owned()).unwrap_or_default(),
        value,
        node: place.area,
    }
}
