//! What a person sees at start: where, and three commands to begin with.

use std::{net::SocketAddr, path::Path};

/// Prints the address first, on a line of its own that scripts can read.
pub(super) fn print(address: SocketAddr, data: &Path, token: Option<&str>) {
    println!("listening on {address}");
    let Some(token) = token else { return };
    println!(
        "data in {}; the administrator's token is in admin.token there, 12 hours\n",
        data.display()
    );
    for command in commands(address, token) {
        println!("{command}\n");
    }
    println!("Ctrl-C ends it.");
}

/// Commands that work as they stand.
fn commands(address: SocketAddr, token: &str) -> [String; 3] {
    let call = format!("grpcurl -plaintext -H 'authorization: Bearer {token}'");
    let service = "unionhall.registry.v1";
    [
        format!("{call} {address} list"),
        format!(
            "{call} -d '{{\"parent\": \"areas/110102\"}}' {address} {service}.AreaService/ListAreas"
        ),
        format!(
            "{call} -d '{{\"metric\": \"metrics/employers\", \"node\": \"areas/110102010\", \
             \"day\": {{\"year\": 2014, \"month\": 12, \"day\": 31}}}}' {address} \
             {service}.Metrics/GetFigure"
        ),
    ]
}
