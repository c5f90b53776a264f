//! Access policies to begin a suite with.

/// A rate that no test reaches.
pub const UNBOUNDED: u32 = 1_000_000;

/// A policy under construction.
#[derive(Clone, Debug)]
pub struct Policy {
    roles: String,
    clients: String,
}

impl Policy {
    /// The administrator alone, who may call `rate` times a second.
    #[must_use]
    pub fn administrator(rate: u32) -> Self {
        let empty = Self { roles: String::new(), clients: String::new() };
        empty.client("administrator", &["*"], &["11"], rate)
    }

    /// A further client with these permissions below these areas.
    #[must_use]
    pub fn client(mut self, id: &str, permissions: &[&str], areas: &[&str], rate: u32) -> Self {
        // Who sees everything sees every union as well.
        let affiliation: &[&str] = if areas == ["11"] { &["u"] } else { &[] };
        self.roles += &format!("[[roles]]\nname = \"{id}\"\npermissions = {permissions:?}\n\n");
        self.clients += &format!(
            "[[clients]]\nid = \"{id}\"\nroles = [\"{id}\"]\narea = {areas:?}\naffiliation = {affiliation:?}\n\
             max_token_minutes = 720\nrate = {rate}\n\n"
        );
        self
    }

    /// As `policy.toml`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("version = 1\n\n{}{}", self.roles, self.clients)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_its_role() {
        let text = Policy::administrator(7).client("clerk", &["a.b"], &["110102001"], 3).text();
        assert_eq!(text.matches("[[roles]]").count(), 2);
        assert!(text.contains("roles = [\"clerk\"]\narea = [\"110102001\"]"));
        assert!(text.contains("rate = 7") && text.contains("rate = 3"));
    }
}
