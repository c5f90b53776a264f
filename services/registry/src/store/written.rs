//! How the rules' values that have no written form of their own are written.

/// An address: area and line.
pub mod address {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::rules::{area::AreaPath, employer::address::Address};

    #[derive(Serialize, Deserialize)]
    struct Form {
        area: AreaPath,
        line: String,
    }

    /// Writes it.
    pub fn serialize<S: Serializer>(address: &Address, out: S) -> Result<S::Ok, S::Error> {
        Form { area: address.area().clone(), line: address.line().to_owned() }.serialize(out)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        let form = Form::deserialize(from)?;
        Address::new(form.area, &form.line).map_err(D::Error::custom)
    }
}

/// A telephone number: its text.
pub mod phone {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::rules::employer::address::Phone;

    /// Writes it.
    pub fn serialize<S: Serializer>(phone: &Phone, out: S) -> Result<S::Ok, S::Error> {
        phone.as_str().serialize(out)
    }

    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Phone, D::Error> {
        Phone::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
