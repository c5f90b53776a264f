//! What a row does to the tree.

use unionhall_kit::{
    civil::CivilDate,
    imports::kinds::OUT_OF_SCOPE,
    path::{Line, Scope},
    sheet::{CellFault, Record, kinds::MISSING_VALUE},
    text,
};

use crate::{
    columns::{Column, area as columns},
    imports::{kinds, refused},
    rules::{
        area::{
            AreaPath,
            official::OfficialCode,
            plan::{AreaFault, AreaPlan, NewArea, plan_code, plan_create_coded, plan_rename},
            tree::{AreaFact, AreaTree},
        },
        name::Name,
    },
};

/// A decision about one row.
pub(super) enum Decision {
    /// It is not taken, for these reasons beside the faults of its cells.
    Refused(Vec<CellFault>),
    /// The register has it all.
    Unchanged,
    /// The tree changes.
    Change(Change),
}

/// What a row changes.
pub(super) struct Change {
    pub(super) path: AreaPath,
    /// The area comes in.
    pub(super) created: bool,
    pub(super) plan: AreaPlan,
}

/// A row whose cells are sound.
struct Wish {
    path: AreaPath,
    name: Name,
    code: Option<(OfficialCode, CivilDate)>,
    from: CivilDate,
}

/// The label that the row is about.
pub(super) fn label(row: &Record) -> Result<AreaPath, CellFault> {
    if let Some(given) = row.text(columns::LABEL.key) {
        let label = AreaPath::parse(&text::half_width(given));
        return label.map_err(|fault| refused(row, columns::LABEL, &fault));
    }
    let Some(given) = row.text(columns::OFFICIAL_CODE.key) else {
        return Err(row.fault(columns::LABEL.key, &MISSING_VALUE));
    };
    let code = OfficialCode::parse(given);
    let code = code.map_err(|fault| refused(row, columns::OFFICIAL_CODE, &fault))?;
    AreaPath::parse(code.as_str()).map_err(|fault| refused(row, columns::OFFICIAL_CODE, &fault))
}

/// Decides on a row by the tree as the rows before it leave it.
pub(super) fn decide(row: &Record, tree: &AreaTree, scope: &Scope, today: CivilDate) -> Decision {
    let wish = match wish(row, tree, scope, today) {
        Ok(wish) if row.faults.is_empty() => wish,
        Ok(_) => return Decision::Refused(Vec::new()),
        Err(faults) => return Decision::Refused(faults),
    };
    let path = wish.path.clone();
    let (created, plan) = match tree.get(&path) {
        Some(known) => (false, change(tree, known, wish, today)),
        None => (true, enter(tree, wish, today)),
    };
    match plan {
        Ok(plan) if plan.steps.is_empty() => Decision::Unchanged,
        Ok(plan) => Decision::Change(Change { path, created, plan }),
        Err(fault) => Decision::Refused(vec![refused(row, concerns(&fault), &fault)]),
    }
}

fn wish(
    row: &Record,
    tree: &AreaTree,
    scope: &Scope,
    today: CivilDate,
) -> Result<Wish, Vec<CellFault>> {
    let mut faults = Vec::new();
    let path = label(row).map_err(|fault| faults.push(fault)).ok();
    let from = row.date(columns::VALID_FROM.key).unwrap_or(today);
    let name = row.text(columns::NAME.key).and_then(|given| {
        let name = Name::parse_area(given);
        name.map_err(|fault| faults.push(refused(row, columns::NAME, &fault))).ok()
    });
    let code = row.text(columns::OFFICIAL_CODE.key).map(OfficialCode::parse).transpose();
    let code = code.unwrap_or_else(|fault| {
        // Without a label, the label's fault is this one.
        if row.text(columns::LABEL.key).is_some() {
            faults.push(refused(row, columns::OFFICIAL_CODE, &fault));
        }
        None
    });
    if let Some(path) = &path {
        faults.extend(placed(row, tree, path));
        faults.extend(admitted(row, tree, scope, path));
    }
    match (path, name) {
        (Some(path), Some(name)) if faults.is_empty() => {
            let edition = row.date(columns::EDITION.key).unwrap_or(from);
            Ok(Wish { path, name, code: code.map(|code| (code, edition)), from })
        }
        // A name that is missing is a fault of the cell.
        _ => Err(faults),
    }
}

/// Whether the parent that is named is the one that the label has.
fn placed(row: &Record, tree: &AreaTree, path: &AreaPath) -> Option<CellFault> {
    let given = text::half_width(row.text(columns::PARENT.key)?);
    let parent = path.parent();
    let label = parent.as_ref().map_or("", AreaPath::as_str);
    let is_code = OfficialCode::parse(&given).is_ok_and(|code| code.as_str() == label);
    let bears = |fact: &AreaFact| fact.names.iter().any(|dated| dated.name.as_str() == given);
    let is_name = parent.as_ref().and_then(|parent| tree.get(parent)).is_some_and(bears);
    if given == label || is_code || is_name {
        return None;
    }
    Some(row.fault(columns::PARENT.key, &kinds::PARENT_DIFFERS).with("parent", label))
}

/// Whoever enters an area changes what its parent consists of.
fn admitted(row: &Record, tree: &AreaTree, scope: &Scope, path: &AreaPath) -> Option<CellFault> {
    let parent = path.parent().filter(|_| tree.get(path).is_none());
    let node = parent.as_ref().unwrap_or(path);
    let column = match row.text(columns::LABEL.key) {
        Some(_) => columns::LABEL,
        None => columns::OFFICIAL_CODE,
    };
    (!scope.covers(Line::Area, node.path())).then(|| row.fault(column.key, &OUT_OF_SCOPE))
}

fn enter(tree: &AreaTree, wish: Wish, today: CivilDate) -> Result<AreaPlan, AreaFault> {
    let Wish { path, name, code, from } = wish;
    let area = NewArea { path, name, from, history_unknown: false };
    plan_create_coded(tree, area, code, today)
}

fn change(
    tree: &AreaTree,
    known: &AreaFact,
    wish: Wish,
    today: CivilDate,
) -> Result<AreaPlan, AreaFault> {
    let mut plan = plan_rename(tree, &wish.path, wish.name, wish.from, today)?;
    if let Some((code, edition)) = wish.code
        && known.code_on(wish.from).is_none_or(|held| held.code != code)
    {
        let coded = plan_code(tree, &wish.path, code, edition, wish.from, today)?;
        plan.steps.extend(coded.steps);
    }
    Ok(plan)
}

fn concerns(fault: &AreaFault) -> Column {
    match fault {
        AreaFault::NameTaken(..) => columns::NAME,
        AreaFault::CodeTaken(..) => columns::OFFICIAL_CODE,
        AreaFault::ParentNotOpen(..) => columns::PARENT,
        AreaFault::InFuture(_) | AreaFault::TooEarly(..) => columns::VALID_FROM,
        _ => columns::LABEL,
    }
}
