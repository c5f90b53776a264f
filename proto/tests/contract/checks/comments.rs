//! Comments of the contract are its manual.

use prost_reflect::{
    DescriptorPool, EnumDescriptor, FileDescriptor, MessageDescriptor, ServiceDescriptor,
};

use crate::lookup;

/// The comment before the element at `path` of a file.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let place = info.and_then(|info| info.location.iter().find(|place| place.path == path));
    place.map(|place| place.leading_comments().trim().to_owned()).unwrap_or_default()
}

/// The elements of a file that lack a comment.
struct Silent {
    file: FileDescriptor,
    found: Vec<String>,
}

impl Silent {
    fn look(&mut self, name: &str, path: &[i32]) {
        if comment(&self.file, path).is_empty() {
            self.found.push(format!("{name}: no comment"));
        }
    }

    fn service(&mut self, service: &ServiceDescriptor) {
        self.look(service.full_name(), service.path());
        for method in service.methods() {
            self.look(method.full_name(), method.path());
        }
    }

    fn message(&mut self, message: &MessageDescriptor) {
        if message.is_map_entry() {
            return;
        }
        self.look(message.full_name(), message.path());
        for field in message.fields() {
            self.look(field.full_name(), field.path());
        }
        for oneof in message.oneofs().filter(|oneof| !oneof.is_synthetic()) {
            self.look(oneof.full_name(), oneof.path());
        }
    }

    fn enumeration(&mut self, choice: &EnumDescriptor) {
        self.look(choice.full_name(), choice.path());
        for value in choice.values() {
            self.look(value.full_name(), value.path());
        }
    }
}

pub(super) fn everything_is_documented(pool: &DescriptorPool) -> Vec<String> {
    let files = pool.files().filter(|file| lookup::own(file.package_name()));
    files.flat_map(|file| silent_in(pool, file)).collect()
}

fn silent_in(pool: &DescriptorPool, file: FileDescriptor) -> Vec<String> {
    let mut silent = Silent { file: file.clone(), found: Vec::new() };
    file.services().for_each(|service| silent.service(&service));
    file.extensions().for_each(|extension| silent.look(extension.full_name(), extension.path()));
    pool.all_messages()
        .filter(|message| message.parent_file() == file)
        .for_each(|message| silent.message(&message));
    pool.all_enums()
        .filter(|choice| choice.parent_file() == file)
        .for_each(|choice| silent.enumeration(&choice));
    silent.found
}

/// A caller learns from the method itself what it may answer.
pub(super) fn methods_name_their_errors(pool: &DescriptorPool) -> Vec<String> {
    lookup::all_methods(pool)
        .filter(|method| {
            let comment = comment(&method.parent_file(), method.path());
            !comment.is_empty() && !comment.contains("Errors:")
        })
        .map(|method| format!("{}: the comment names no errors", method.full_name()))
        .collect()
}
