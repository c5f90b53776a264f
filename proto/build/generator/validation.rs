//! Emits `Validate` for every message of a request.

use std::{collections::BTreeMap, fmt::Write};

use prost_reflect::{FieldDescriptor, Kind};

use super::{
    check,
    fields::{self, Field, Part, Update},
    names,
    rules::Rules,
};

/// The patterns in use; each is compiled once at run time.
#[derive(Default)]
struct Patterns(Vec<String>);

impl Patterns {
    fn name(&mut self, pattern: &str) -> String {
        let known = self.0.iter().position(|other| other == pattern);
        let at = known.unwrap_or_else(|| {
            self.0.push(pattern.to_owned());
            self.0.len() - 1
        });
        format!("PATTERN_{at}")
    }
}

/// Rust for all parts.
pub(crate) fn emit(parts: &BTreeMap<String, Part>) -> Result<String, String> {
    let mut out = String::from("use crate::validate::*;\n");
    let mut patterns = Patterns::default();
    for part in parts.values() {
        let update = part.update()?;
        let _ = write!(
            out,
            "impl Validate for {} {{\nfn normalise(&mut self) {{\n{}}}\n\
             fn inspect(&self, report: &mut Report) {{\nlet _ = &report;\n{}}}\n}}\n",
            names::message(&part.message),
            normalise(part, update.as_ref()),
            inspect(part, update.as_ref(), &mut patterns)?,
        );
    }
    for (at, pattern) in patterns.0.iter().enumerate() {
        let _ = writeln!(
            out,
            "static PATTERN_{at}: std::sync::LazyLock<regex::Regex> = \
             std::sync::LazyLock::new(|| compiled({pattern:?}));"
        );
    }
    Ok(out)
}

fn normalise(part: &Part, update: Option<&Update<'_>>) -> String {
    let mut out = update.map(|update| keep_etag(part, update)).unwrap_or_default();
    for field in part.fields.iter().filter(|field| !field.in_oneof()) {
        let name = names::field(field.descriptor.name());
        let many = field.descriptor.is_list() || field.is_option();
        let line = match field.descriptor.kind() {
            _ if field.rules.output_only => format!("self.{name} = Default::default();\n"),
            Kind::String if many => format!("compose_all(&mut self.{name});\n"),
            Kind::String => format!("crate::text::compose(&mut self.{name});\n"),
            _ if field.own_message().is_some() => format!("normalise_all(&mut self.{name});\n"),
            _ => continue,
        };
        out += &line;
    }
    for oneof in &part.oneofs {
        let kind = names::oneof(oneof);
        let name = names::field(oneof.name());
        let mut arms = String::new();
        for field in oneof.fields() {
            let action = match field.kind() {
                Kind::String => "crate::text::compose(value)",
                Kind::Message(_) => "value.normalise()",
                _ => continue,
            };
            let variant = names::camel(field.name());
            let _ = writeln!(arms, "Some({kind}::{variant}(value)) => {action},");
        }
        let _ = writeln!(out, "match &mut self.{name} {{ {arms} _ => {{}} }}");
    }
    out
}

/// An etag inside the resource serves as the request's own.
fn keep_etag(part: &Part, update: &Update<'_>) -> String {
    let both = part.field("etag").is_some() && update.message.get_field_by_name("etag").is_some();
    let name = names::field(update.resource.descriptor.name());
    if both {
        format!(
            "if self.etag.is_empty() && let Some(value) = &mut self.{name} {{ \
             self.etag = std::mem::take(&mut value.etag); }}\n"
        )
    } else {
        String::new()
    }
}

fn inspect(
    part: &Part,
    update: Option<&Update<'_>>,
    patterns: &mut Patterns,
) -> Result<String, String> {
    let mut out = String::new();
    for field in part.fields.iter().filter(|field| !field.in_oneof()) {
        match update.filter(|update| update.resource.descriptor == field.descriptor) {
            Some(update) => out += &masked(update, patterns),
            None => out += &member(field, patterns),
        }
    }
    for oneof in &part.oneofs {
        let name = oneof.name();
        let place = format!("self.{}", names::field(name));
        let pool = part.message.parent_pool();
        if check::oneof_required(pool, &oneof.options())? {
            let _ = writeln!(out, "report.required({name:?}, {place}.is_some());");
        }
        let kind = names::oneof(oneof);
        let mut arms = String::new();
        for field in
            part.fields.iter().filter(|field| oneof.fields().any(|of| of == field.descriptor))
        {
            let at = format!("{:?}", field.descriptor.name());
            let variant = names::camel(field.descriptor.name());
            let check = one(&at, "*value", &field.descriptor, &field.rules, patterns);
            let _ =
                writeln!(arms, "Some({kind}::{variant}(value)) => {{ let _ = value; {check} }}");
        }
        let _ = writeln!(out, "match &{place} {{ {arms} None => {{}} }}");
    }
    Ok(out)
}

/// The resource of an Update request: its name says which, the mask says what.
fn masked(update: &Update<'_>, patterns: &mut Patterns) -> String {
    let field = update.resource.descriptor.name();
    let mask = names::field(update.mask.descriptor.name());
    let resource = fields::pattern(&update.message).unwrap_or_default();
    let rules = Rules {
        required: true,
        pattern: Some(name_pattern(&resource)),
        max_len: Some(400),
        ..Rules::default()
    };
    format!(
        "report.required({field:?}, self.{place}.is_some());\n\
         if let Some(value) = &self.{place} {{\n\
         report.text(\"{field}.name\", &value.name, &{text});\n\
         report.masked({field:?}, value, self.{mask}.as_ref());\n}}\n",
        place = names::field(field),
        text = text(&rules, patterns),
    )
}

/// `employers/{employer}` as a pattern.
fn name_pattern(resource: &str) -> String {
    let segment = |part: &str| match part.starts_with('{') {
        true => "[^/]+".to_owned(),
        false => regex::escape(part),
    };
    format!("^{}$", resource.split('/').map(segment).collect::<Vec<_>>().join("/"))
}

fn member(field: &Field, patterns: &mut Patterns) -> String {
    let Field { descriptor, rules } = field;
    if rules.output_only || rules.identifier {
        return String::new();
    }
    let name = descriptor.name();
    let place = format!("self.{}", names::field(name));
    if descriptor.is_list() {
        return list(name, &place, descriptor, rules, patterns);
    }
    if !field.is_option() {
        return one(&format!("{name:?}"), &place, descriptor, rules, patterns);
    }
    let mut out = String::new();
    if rules.required {
        let _ = writeln!(out, "report.required({name:?}, {place}.is_some());");
    }
    let check = one(&format!("{name:?}"), "*value", descriptor, rules, patterns);
    if !check.is_empty() {
        let _ = writeln!(out, "if let Some(value) = &{place} {{ {check} }}");
    }
    out
}

fn list(
    name: &str,
    place: &str,
    descriptor: &FieldDescriptor,
    rules: &Rules,
    patterns: &mut Patterns,
) -> String {
    let mut out = String::new();
    let min = rules.min_items.unwrap_or_default().max(rules.required.into());
    if min > 0 || rules.max_items.is_some() {
        let bounds = span(Some(min.to_string()), rules.max_items.map(|max| max.to_string()));
        let _ = writeln!(out, "report.count({name:?}, {place}.len(), {bounds});");
    }
    if rules.unique {
        let _ = writeln!(out, "report.unique({name:?}, &{place});");
    }
    let items = rules.items.as_deref().cloned().unwrap_or_default();
    let check = one(&format!("({name:?}, at)"), "*value", descriptor, &items, patterns);
    if !check.is_empty() {
        let _ = writeln!(out, "for (at, value) in {place}.iter().enumerate() {{ {check} }}");
    }
    out
}

/// The check of one value, which `place` names.
fn one(
    at: &str,
    place: &str,
    descriptor: &FieldDescriptor,
    rules: &Rules,
    patterns: &mut Patterns,
) -> String {
    match descriptor.kind() {
        Kind::String => format!("report.text({at}, &{place}, &{});\n", text(rules, patterns)),
        Kind::Bytes if rules.required || rules.max_len.is_some() => {
            let min = rules.required.then(|| "1".to_owned());
            let bounds = span(min, rules.max_len.map(|max| max.to_string()));
            format!("report.size({at}, <[u8]>::len(&{place}), {bounds});\n")
        }
        Kind::Int32 | Kind::Int64 if rules.gte.or(rules.lte).is_some() => {
            format!("report.int({at}, {place}, {});\n", bounds(rules))
        }
        Kind::Enum(choice) => format!(
            "report.choice::<{}>({at}, {place}, {});\n",
            names::enumeration(&choice),
            rules.required
        ),
        Kind::Message(_) if rules.gte.or(rules.lte).is_some() => format!(
            "report.message({at}, &{place});\nreport.span({at}, &{place}, {});\n",
            bounds(rules)
        ),
        Kind::Message(_) => format!("report.message({at}, &{place});\n"),
        _ => String::new(),
    }
}

fn text(rules: &Rules, patterns: &mut Patterns) -> String {
    let mut parts = Vec::new();
    let flags =
        [("required", rules.required), ("skip_empty", rules.skip_empty), ("uuid", rules.uuid)];
    parts.extend(flags.iter().filter(|flag| flag.1).map(|flag| format!("{}: true", flag.0)));
    parts.extend(rules.min_len.map(|min| format!("min: {min}")));
    parts.extend(rules.max_len.map(|max| format!("max: {max}")));
    let pattern = rules.pattern.as_deref();
    parts.extend(pattern.map(|pattern| format!("pattern: Some(&{})", patterns.name(pattern))));
    parts.push("..Text::ANY".to_owned());
    format!("Text {{ {} }}", parts.join(", "))
}

fn bounds(rules: &Rules) -> String {
    span(rules.gte.map(|min| min.to_string()), rules.lte.map(|max| max.to_string()))
}

fn span(min: Option<String>, max: Option<String>) -> String {
    let min = min.unwrap_or_else(|| "i64::MIN".to_owned());
    let max = max.unwrap_or_else(|| "i64::MAX".to_owned());
    format!("Bounds {{ min: {min}, max: {max} }}")
}
