//! Reading the tree, on any day.

use std::iter::Peekable;

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place, page_size},
    reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{self as proto, area::State};

use super::{named, view};
use crate::{
    api::wire,
    register::Register,
    rules::area::{AreaPath, tree::AreaFact},
    store::areas::{self, Recorded},
};

fn day_or_today(
    register: &Register,
    day: Option<&unionhall_proto::google::r#type::Date>,
) -> Outcome<CivilDate> {
    Ok(wire::day("day", day)?.unwrap_or_else(|| register.clock().today()))
}

pub(super) async fn get(
    register: &Register,
    call: &Call<proto::GetAreaRequest>,
) -> Outcome<proto::Area> {
    let request = &call.message;
    let path = named(&request.name)?;
    let day = day_or_today(register, request.day.as_ref())?;
    let recorded = register.areas().await?;
    view::area(&recorded, &path, day).ok_or_else(|| not_found(&request.name))
}

pub(super) async fn list(
    register: &Register,
    call: &Call<proto::ListAreasRequest>,
) -> Outcome<proto::ListAreasResponse> {
    let request = &call.message;
    let query =
        proto::ListAreasRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let binding = call.binding(&query);
    let after = register.pager.place(&binding, &request.page_token)?;
    let wanted = Wanted {
        parent: Some(&request.parent).filter(|name| !name.is_empty()).map(|name| named(name)),
        level: request.level(),
        day: day_or_today(register, request.day.as_ref())?,
        show_closed: request.show_closed,
    };
    let recorded = register.areas().await?;
    let behind = |fact: &&AreaFact| {
        let last = after.as_ref().and_then(|place| place.key.first());
        last.is_none_or(|last| last.as_str() < fact.path.as_str())
    };
    let mut found = recorded.tree.all().filter(behind).filter(|fact| wanted.fits(fact));
    let size = usize::try_from(page_size(request.page_size)).unwrap_or(usize::MAX);
    let page: Vec<&AreaFact> = found.by_ref().take(size).collect();
    let next_page_token = match (page.last(), found.next()) {
        (Some(last), Some(_)) => {
            let place = Place { phase: 0, key: vec![last.path.to_string()] };
            register.pager.token(&binding, &place)?
        }
        _ => String::new(),
    };
    let shown = page.iter().filter_map(|fact| view::area(&recorded, &fact.path, wanted.day));
    Ok(proto::ListAreasResponse { areas: shown.collect(), next_page_token })
}

struct Wanted {
    /// A parent that names nothing has no children.
    parent: Option<Outcome<AreaPath>>,
    level: proto::AreaLevel,
    day: CivilDate,
    show_closed: bool,
}

impl Wanted {
    fn fits(&self, fact: &AreaFact) -> bool {
        let below = match &self.parent {
            Some(Ok(parent)) => fact.path.is_child_of(parent),
            Some(Err(_)) => false,
            None => true,
        };
        let level = view::level(fact.path.level());
        let of_level = [proto::AreaLevel::Unspecified, level].contains(&self.level);
        let exists = match view::state(fact, self.day) {
            State::Open => true,
            State::Closed => self.show_closed,
            State::Planned | State::Unspecified => false,
        };
        below && of_level && exists
    }
}

pub(super) async fn tree(
    register: &Register,
    call: &Call<proto::GetAreaTreeRequest>,
) -> Outcome<proto::AreaTree> {
    let request = &call.message;
    let root = named(&request.name)?;
    let day = day_or_today(register, request.day.as_ref())?;
    let recorded = register.areas().await?;
    let absent = || not_found(&request.name);
    let area = view::area(&recorded, &root, day).ok_or_else(absent)?;
    let open = recorded.tree.subtree(&root).filter(|fact| fact.period.covers(day));
    let mut below = open.filter(|fact| fact.path != root).peekable();
    Ok(proto::AreaTree { area: Some(area), children: grown(&recorded, &mut below, &root, day) })
}

/// The areas within `root` out of `rest`, which is ascending and thus parents first.
fn grown<'a>(
    recorded: &Recorded,
    rest: &mut Peekable<impl Iterator<Item = &'a AreaFact>>,
    root: &AreaPath,
    day: CivilDate,
) -> Vec<proto::AreaTree> {
    let mut children = Vec::new();
    while let Some(fact) = rest.next_if(|fact| fact.path.within(root)) {
        let area = view::area(recorded, &fact.path, day);
        children.push(proto::AreaTree { area, children: grown(recorded, rest, &fact.path, day) });
    }
    children
}

pub(super) async fn facts(
    register: &Register,
    call: &Call<proto::ListAreaFactsRequest>,
) -> Outcome<proto::ListAreaFactsResponse> {
    let request = &call.message;
    let path = named(&request.parent)?;
    if register.areas().await?.tree.get(&path).is_none() {
        return Err(not_found(&request.parent));
    }
    let query =
        proto::ListAreaFactsRequest { page_size: 0, page_token: String::new(), ..request.clone() };
    let binding = call.binding(&query);
    let before = number(register.pager.place(&binding, &request.page_token)?)?;
    let size = page_size(request.page_size);
    let conn = register.ledger.db().reader();
    let mut found = areas::facts(conn, &path, before, size + 1).await?;
    let more = found.len() as u64 > size;
    found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    let next_page_token = match found.last().filter(|_| more) {
        Some(last) => {
            let place = Place { phase: 0, key: vec![last.id.to_string()] };
            register.pager.token(&binding, &place)?
        }
        None => String::new(),
    };
    let area_facts = found.iter().map(view::fact).collect();
    Ok(proto::ListAreaFactsResponse { area_facts, next_page_token })
}

/// The number below which a page begins, for lists that show the newest first.
pub(super) fn number(place: Option<Place>) -> Outcome<i64> {
    let Some(place) = place else { return Ok(i64::MAX) };
    let number = place.key.first().and_then(|key| key.parse().ok());
    number.ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
