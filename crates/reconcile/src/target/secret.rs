//! A password that cannot be printed by accident.
//! It does not know whose it is.

use std::fmt;

/// A password. Neither `Debug` nor an error that holds one shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub(crate) fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The password itself, to be sent and never to be shown.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// The text without the password. One of a few letters stays where it is, since blanking it out
    /// everywhere would tell more than it hides.
    pub(crate) fn hide(&self, text: &str) -> String {
        if self.0.len() < 4 { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(secret.hide("wrong password hunter2"), "wrong password ***");
    }
}
