//! The real grpcurl against the running suite.

use std::net::SocketAddr;
use std::process::ExitStatus;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::Command;
use unionhall_finder::places::Searched;

use crate::{patience, tools};

/// What a program left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Runs `command` to its end. What it prints is searched for numbers of persons, unless it asks
    /// for a reveal, which alone may show one.
    ///
    /// # Errors
    /// When it cannot be started, does not end within [`patience::LIMIT`], or prints a number.
    pub async fn of(mut command: Command) -> Result<Self> {
        command.kill_on_drop(true).stdin(std::process::Stdio::null());
        let output = patience::within(&format!("{command:?}"), command.output()).await??;
        let words = command.as_std().get_args();
        if !words.into_iter().any(|word| word.to_string_lossy().contains("Reveal")) {
            let mut searched = Searched::default();
            searched.look("standard output", &output.stdout);
            searched.look("standard error", &output.stderr);
            let program = command.as_std().get_program().display();
            ensure!(searched.finds.is_empty(), "{program}: {:?}", searched.told());
        }
        Ok(Self {
            status: output.status,
            stdout: String::from_utf8(output.stdout).context("standard output")?,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// A refusal, as grpcurl prints it.
#[derive(Debug)]
pub struct Refusal {
    /// The number of the gRPC code.
    pub code: i64,
    /// The message.
    pub message: String,
    /// The details, as JSON with `@type`.
    pub details: Vec<Value>,
}

/// grpcurl with an address and a token.
#[derive(Clone, Debug)]
pub struct Grpcurl {
    address: SocketAddr,
    token: Option<String>,
}

impl Grpcurl {
    /// Calls `address` as the holder of `token`, or without one.
    #[must_use]
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        Self { address, token: token.map(str::to_owned) }
    }

    /// Runs grpcurl with `flags` before the address and `words` after it.
    ///
    /// # Errors
    /// When grpcurl is missing or hangs.
    pub async fn run(&self, flags: &[&str], words: &[&str]) -> Result<Output> {
        let mut command = Command::new(tools::setting(tools::GRPCURL)?);
        command.args(["-plaintext", "-max-time", "30"]);
        if let Some(token) = &self.token {
            command.arg("-H").arg(format!("authorization: Bearer {token}"));
        }
        command.args(flags).arg(self.address.to_string()).args(words);
        Output::of(command).await
    }

    /// The names that reflection lists: services, or the methods of `service`.
    ///
    /// # Errors
    /// When the listing is refused.
    pub async fn list(&self, service: Option<&str>) -> Result<Vec<String>> {
        let mut words = vec!["list"];
        words.extend(service);
        let output = self.run(&[], &words).await?;
        ensure!(output.status.success(), "{}", output.stderr);
        Ok(output.stdout.lines().map(str::to_owned).collect())
    }

    /// Calls `method` (`package.Service/Method`) with `request`; gives every message received,
    /// or the refusal.
    ///
    /// # Errors
    /// When grpcurl fails for a reason of its own.
    pub async fn call(&self, method: &str, request: &Value) -> Result<Result<Vec<Value>, Refusal>> {
        let body = request.to_string();
        let output = self.run(&["-format-error", "-d", &body], &[method]).await?;
        if output.status.success() {
            return Ok(Ok(messages(&output.stdout)?));
        }
        let Ok(status) = serde_json::from_str::<Value>(&output.stderr) else {
            bail!("grpcurl: {}", output.stderr)
        };
        Ok(Err(Refusal {
            code: status["code"].as_i64().context("a status without a code")?,
            message: status["message"].as_str().unwrap_or_default().to_owned(),
            details: status["details"].as_array().cloned().unwrap_or_default(),
        }))
    }
}

/// The JSON messages of a text, one after another.
///
/// # Errors
/// When the text is not JSON.
pub fn messages(text: &str) -> Result<Vec<Value>> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    Ok(values.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client;
    use serde_json::json;
    use tonic::transport::server::{Server, TcpIncoming};

    async fn health_server() -> Result<SocketAddr> {
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
        let address = incoming.local_addr()?;
        let (_reporter, health) = tonic_health::server::health_reporter();
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()?;
        let server = Server::builder().add_service(health).add_service(reflection);
        tokio::spawn(server.serve_with_incoming(incoming));
        Ok(address)
    }

    #[tokio::test]
    async fn lists_calls_and_reads_a_refusal() -> Result<()> {
        let address = health_server().await?;
        client::until_serving(address, "").await?;
        let grpcurl = Grpcurl::new(address, Some("token"));
        assert!(grpcurl.list(None).await?.contains(&"grpc.health.v1.Health".to_owned()));

        let method = "grpc.health.v1.Health/Check";
        let messages = grpcurl.call(method, &json!({})).await?;
        assert_eq!(messages.ok(), Some(vec![json!({"status": "SERVING"})]));
        let refused = grpcurl.call(method, &json!({"service": "nobody"})).await?;
        assert_eq!(refused.err().map(|refusal| refusal.code), Some(5));
        // A method that does not exist is no answer of the service.
        assert!(grpcurl.call("grpc.health.v1.Health/Never", &json!({})).await.is_err());
        Ok(())
    }

    #[tokio::test]
    async fn only_a_reveal_may_print_a_number() -> Result<()> {
        for (words, may) in [("here", false), ("MemberProtectionService/RevealMember", true)] {
            let mut command = Command::new("echo");
            command.args([words, "110102188808080017"]);
            assert_eq!(Output::of(command).await.is_ok(), may, "{words}");
        }
        Ok(())
    }

    #[test]
    fn several_messages_are_read_one_by_one() -> Result<()> {
        assert_eq!(messages("{\"a\": 1}\n{}\n")?, [json!({"a": 1}), json!({})]);
        assert!(messages("{").is_err());
        assert!(messages("")?.is_empty());
        Ok(())
    }
}
