//! Whether something has the shape of its documented example.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::grpcurl::messages;

/// Compares JSON by keys and types and other text by lines.
pub(super) fn compare(expected: &str, printed: &str) -> Result<()> {
    if expected.trim().is_empty() {
        return Ok(());
    }
    match documented_json(expected) {
        Some(documented) => {
            let values = messages(printed).context("the document shows JSON")?;
            ensure!(values.len() >= documented.len(), "fewer messages than documented");
            documented.iter().zip(&values).try_for_each(|(one, other)| same(one, other, "$"))
        }
        None => lines(expected, printed),
    }
}

/// The example as JSON, once its elisions are taken out; `None` when it is none.
fn documented_json(text: &str) -> Option<Vec<Value>> {
    let kept: Vec<&str> = text.lines().filter(|line| !is_elision(line)).collect();
    let mut whole = kept.join("\n");
    // An elision after the last key leaves its comma behind.
    for bracket in ['}', ']'] {
        let mut pieces = whole.split(bracket).map(str::to_owned).collect::<Vec<_>>();
        let last = pieces.len() - 1;
        for piece in &mut pieces[..last] {
            if let Some(shorter) = piece.trim_end().strip_suffix(',') {
                *piece = shorter.to_owned();
            }
        }
        whole = pieces.join(&bracket.to_string());
    }
    messages(&whole).ok().filter(|values| values.iter().all(|v| v.is_object() || v.is_array()))
}

fn same(documented: &Value, value: &Value, place: &str) -> Result<()> {
    match (documented, value) {
        (Value::Object(fields), Value::Object(values)) => {
            for (name, field) in fields {
                let place = format!("{place}.{name}");
                let value = values.get(name).with_context(|| format!("{place} is missing"))?;
                same(field, value, &place)?;
            }
            Ok(())
        }
        (Value::Array(items), Value::Array(values)) => match (items.first(), values.first()) {
            (Some(item), Some(value)) => same(item, value, &format!("{place}[0]")),
            (Some(_), None) => bail!("{place} is empty"),
            (None, _) => Ok(()),
        },
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, Value::Null) => Ok(()),
        _ => bail!("{place}: {documented} is documented, {value} was printed"),
    }
}

/// The documented lines and no others, but where an elision stands.
fn lines(expected: &str, printed: &str) -> Result<()> {
    let told = |text: &&str| !text.trim().is_empty();
    let mut rest = printed.lines().filter(told);
    let mut elided = false;
    for wanted in expected.lines().filter(told) {
        if is_elision(wanted) {
            elided = true;
            continue;
        }
        let fits = |line: &str| match wanted.trim().strip_suffix("...") {
            Some(start) => line.trim().starts_with(start),
            None => line.trim() == wanted.trim(),
        };
        let found = if elided { rest.any(fits) } else { rest.next().is_some_and(fits) };
        ensure!(found, "not printed (at this place): {wanted}");
        elided = false;
    }
    let more = rest.next().filter(|_| !elided);
    ensure!(more.is_none(), "printed, and not documented: {more:?}");
    Ok(())
}

fn is_elision(line: &str) -> bool {
    matches!(line.trim(), "..." | "…")
}
