//! Emits `Masked` for every resource that an Update request changes.

use std::collections::BTreeMap;

use prost_reflect::MessageDescriptor;

use super::{fields::Part, names, rules};

/// Rust for every such resource.
pub(crate) fn emit(parts: &BTreeMap<String, Part>) -> Result<String, String> {
    let mut resources = BTreeMap::new();
    for part in parts.values() {
        if let Some(update) = part.update()? {
            resources.insert(update.message.full_name().to_owned(), update.message);
        }
    }
    resources.values().map(resource).collect()
}

/// The paths of one resource, split by whether a mask may set them.
#[derive(Default)]
struct Paths {
    settable: Vec<String>,
    read_only: Vec<String>,
    /// One arm of the match per settable path.
    arms: String,
}

fn resource(message: &MessageDescriptor) -> Result<String, String> {
    let mut paths = Paths::default();
    paths.walk(message, &[], false)?;
    Ok(format!(
        "impl crate::mask::Masked for {name} {{\n\
         const SETTABLE: &'static [&'static str] = &{settable:?};\n\
         const READ_ONLY: &'static [&'static str] = &{read_only:?};\n\
         fn take_path(&mut self, from: &Self, path: &str) {{\n\
         let into = self;\nmatch path {{\n{arms}_ => {{}}\n}}\n}}\n}}\n",
        name = names::message(message),
        settable = paths.settable,
        read_only = paths.read_only,
        arms = paths.arms,
    ))
}

impl Paths {
    fn walk(
        &mut self,
        message: &MessageDescriptor,
        parents: &[String],
        read_only: bool,
    ) -> Result<(), String> {
        if parents.len() > 4 {
            return Err(format!("{}: a resource nests at most 4 deep", message.full_name()));
        }
        for field in message.fields() {
            if field.containing_oneof().is_some_and(|oneof| !oneof.is_synthetic()) && !read_only {
                return Err(format!("{}: a mask cannot set a oneof", field.full_name()));
            }
            let rules = rules::of(&field)?;
            let read_only = read_only || rules.output_only || rules.identifier;
            let mut path = parents.to_vec();
            path.push(field.name().to_owned());
            if read_only {
                self.read_only.push(path.join("."));
            } else {
                self.settable.push(path.join("."));
                self.arms += &format!("{:?} => {},\n", path.join("."), take(&path));
            }
            // Google's types are values: a date is set whole.
            let inner = field.kind().as_message().cloned();
            let own = inner.filter(|inner| inner.package_name().starts_with("unionhall."));
            if let Some(inner) = own.filter(|_| !field.is_list()) {
                self.walk(&inner, &path, read_only)?;
            }
        }
        Ok(())
    }
}

/// Takes the last field over, inside its optional parents.
fn take(path: &[String]) -> String {
    match path {
        [] => String::new(),
        [last] => {
            let name = names::field(last);
            format!("into.{name}.clone_from(&from.{name})")
        }
        [first, rest @ ..] => {
            let name = names::field(first);
            let rest = take(rest);
            format!("crate::mask::nested(&mut into.{name}, &from.{name}, |into, from| {rest})")
        }
    }
}
