//! Changes of one area: enter, rename, give a code, close.

use unionhall_kit::{call::Call, civil::CivilDate, fault::Outcome, ledger::EventKind, path::Line};
use unionhall_proto::registry::v1 as proto;

use super::{
    draft::{Ask, Draft, again},
    named, note, refused, structure,
};
use crate::{
    api::wire::{self, invalid},
    register::Register,
    rules::{
        area::{
            AreaPath,
            official::OfficialCode,
            plan::{AreaPlan, NewArea, plan_close, plan_code, plan_create_coded, plan_rename},
        },
        name::Name,
    },
    store::{base_registers, structure_changes},
};

pub(super) async fn create(
    register: &Register,
    call: &Call<proto::CreateAreaRequest>,
) -> Outcome<proto::Area> {
    let request = &call.message;
    let given = request.area.as_ref().ok_or_else(|| invalid("area", "is required"))?;
    let path = AreaPath::parse(&request.area_id).map_err(refused)?;
    // Whoever enters an area changes what its parent consists of.
    let node = path.parent().unwrap_or_else(|| path.clone());
    call.caller.require_node(Line::Area, node.path())?;
    let from = wire::day("area.valid_from", given.valid_from.as_ref())?;
    let from = from.ok_or_else(|| invalid("area.valid_from", "is required"))?;
    let name = Name::parse_area(&given.display_name).map_err(refused)?;
    let code = given.official_code.as_ref().map(|code| official(code, "area.official_code"));
    let code = code.transpose()?;
    let ask =
        Ask { request_id: &request.request_id, validate_only: request.validate_only, touches: &[] };
    let mut draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(_) => return again(register, &path).await,
    };
    let wish = NewArea { path: path.clone(), name, from, history_unknown: false };
    let plan = plan_create_coded(&draft.recorded.tree, wish, code, draft.today());
    draft.save(&plan.map_err(refused)?).await?;
    note::created(&mut draft.entry, &draft.recorded, &path);
    draft.finish_with(&path).await
}

fn official(given: &proto::OfficialCode, field: &str) -> Outcome<(OfficialCode, CivilDate)> {
    let edition = given.edition.parse::<CivilDate>();
    let edition =
        edition.map_err(|fault| invalid(&format!("{field}.edition"), &fault.to_string()))?;
    Ok((OfficialCode::parse(&given.code).map_err(refused)?, edition))
}

pub(super) async fn rename(
    register: &Register,
    call: &Call<proto::RenameAreaRequest>,
) -> Outcome<proto::Area> {
    let request = &call.message;
    let path = named(&request.name)?;
    call.caller.require_node(Line::Area, path.path())?;
    let name = Name::parse_area(&request.display_name).map_err(refused)?;
    let from = wire::day("effective_date", request.effective_date.as_ref())?;
    let ask =
        Ask { request_id: &request.request_id, validate_only: request.validate_only, touches: &[] };
    let mut draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(_) => return again(register, &path).await,
    };
    draft.expect(&path, &request.etag)?;
    let from = from.unwrap_or_else(|| draft.today());
    let plan = plan_rename(&draft.recorded.tree, &path, name, from, draft.today());
    update(&mut draft, &path, &plan.map_err(refused)?, &format!("renamed from {from} on")).await?;
    draft.finish_with(&path).await
}

pub(super) async fn assign_code(
    register: &Register,
    call: &Call<proto::AssignOfficialCodeRequest>,
) -> Outcome<proto::Area> {
    let request = &call.message;
    let path = named(&request.name)?;
    call.caller.require_node(Line::Area, path.path())?;
    let given =
        request.official_code.as_ref().ok_or_else(|| invalid("official_code", "is required"))?;
    let (code, edition) = official(given, "official_code")?;
    let from = wire::day("effective_date", request.effective_date.as_ref())?;
    let ask =
        Ask { request_id: &request.request_id, validate_only: request.validate_only, touches: &[] };
    let mut draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(_) => return again(register, &path).await,
    };
    draft.expect(&path, &request.etag)?;
    let from = from.unwrap_or_else(|| draft.today());
    let detail = format!("official code {code} of the edition {edition} from {from} on");
    let tree = &draft.recorded.tree;
    let plan = plan_code(tree, &path, code, edition, from, draft.today());
    update(&mut draft, &path, &plan.map_err(refused)?, &detail).await?;
    draft.finish_with(&path).await
}

pub(super) async fn close(
    register: &Register,
    call: &Call<proto::CloseAreaRequest>,
) -> Outcome<proto::Area> {
    let request = &call.message;
    let path = named(&request.name)?;
    call.caller.require_node(Line::Area, path.path())?;
    let on = wire::day("effective_date", request.effective_date.as_ref())?;
    let touches = [path.clone()];
    let ask = Ask {
        request_id: &request.request_id,
        validate_only: request.validate_only,
        touches: &touches,
    };
    let mut draft = match Draft::begin(register, call, ask).await? {
        Ok(draft) => draft,
        Err(_) => return again(register, &path).await,
    };
    draft.expect(&path, &request.etag)?;
    let on = on.unwrap_or_else(|| draft.today());
    let employers = structure_changes::occupants(draft.entry.conn(), &path, on).await?;
    let unions = structure_changes::union_occupants(draft.entry.conn(), &path, on).await?;
    let listed = base_registers::count_listed(draft.entry.conn(), &path, on).await?;
    let occupants = employers + unions + listed;
    let tree = &draft.recorded.tree;
    let plan = plan_close(tree, &path, None, occupants, on, draft.today()).map_err(refused)?;
    structure::settled(&draft, &touches).await?;
    update(&mut draft, &path, &plan, &format!("closed on {on}")).await?;
    draft.finish_with(&path).await
}

/// Writes the plan and notes it; one that finds everything as wished leaves no trace.
async fn update(
    draft: &mut Draft<'_>,
    path: &AreaPath,
    plan: &AreaPlan,
    detail: &str,
) -> Outcome<()> {
    draft.save(plan).await?;
    if !plan.steps.is_empty() {
        note::event(&mut draft.entry, &draft.recorded, path, EventKind::Updated);
        note::audit(&mut draft.entry, path, detail);
    }
    Ok(())
}
