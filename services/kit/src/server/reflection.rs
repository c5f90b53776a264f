//! Reflection, v1 and v1alpha, over everything that was registered.

use tonic::service::Routes;
use tonic_reflection::{pb, server::Builder};

use super::{Registered, ServerError, methods::Methods};

/// The names under which reflection itself is served.
pub(super) const SERVICES: [&str; 2] =
    ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];

/// Both versions, advertising `services` and able to explain all of `registered`.
///
/// # Errors
/// A descriptor cannot be read.
pub(super) fn registered(
    registered: &[Registered],
    services: &[String],
) -> Result<Registered, ServerError> {
    let builder = || {
        let own = Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(pb::v1alpha::FILE_DESCRIPTOR_SET);
        let all = registered.iter().fold(own, |builder, service| {
            builder.register_encoded_file_descriptor_set(service.descriptor)
        });
        let names = services.iter().map(String::as_str).chain(SERVICES);
        names.fold(all, |builder, name| builder.with_service_name(name))
    };
    let v1 = builder().build_v1().map_err(ServerError::descriptor)?;
    let v1alpha = builder().build_v1alpha().map_err(ServerError::descriptor)?;
    Ok(Registered {
        descriptor: &[],
        services: SERVICES.map(str::to_owned).to_vec(),
        router: Routes::new(v1).add_service(v1alpha).into_axum_router(),
    })
}

/// Takes up the methods of reflection itself.
///
/// # Errors
/// None of its own: its descriptors are shipped with it.
pub(super) fn describe(methods: &mut Methods, open: bool) -> Result<(), ServerError> {
    let descriptors = [pb::v1::FILE_DESCRIPTOR_SET, pb::v1alpha::FILE_DESCRIPTOR_SET];
    for (descriptor, name) in descriptors.into_iter().zip(SERVICES) {
        methods.add(descriptor, &[name.to_owned()], open)?;
    }
    Ok(())
}
