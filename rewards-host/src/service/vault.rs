//! Sealing what is personal, and the keyed hash that chains history.
//!
//! Facts of a member are encrypted (XChaCha20-Poly1305) under a key of that member; the key is wrapped by a master key
//! with an id, so that master keys can be changed, and forgetting a member is deleting one row. The chain's key is made
//! from a master key as well: who can write the database alone cannot forge history.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Why a sealed text cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VaultError {
    /// The member's key is gone.
    #[error("the member was forgotten")]
    Forgotten,
    /// The master key that wrapped it is not configured.
    #[error("the master key `{0}` is not configured")]
    UnknownMasterKey(String),
    /// It was changed, or is of another member.
    #[error("a sealed text does not open")]
    Broken,
}

/// A key of 256 bits. Never shown.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key from a secret of any length.
    pub(crate) fn from_secret(secret: &[u8]) -> Key {
        Key(Sha256::digest(secret).into())
    }

    fn random() -> Key {
        Key(chacha20poly1305::Key::generate().into())
    }

    /// HMAC-SHA-256 over all parts, one after the other.
    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new_from_slice(&self.0)
            .unwrap_or_else(|_| <Hmac<Sha256> as hmac::digest::KeyInit>::new(&Default::default()));
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }

    fn seal(&self, plain: &[u8], about: &[u8]) -> Result<String, VaultError> {
        let nonce = XNonce::generate();
        let sealed = XChaCha20Poly1305::new(&self.0.into())
            .encrypt(&nonce, Payload { msg: plain, aad: about })
            .map_err(|_| VaultError::Broken)?;
        let mut text = String::with_capacity(sealed.len().saturating_add(24).saturating_mul(2));
        for byte in nonce.iter().chain(&sealed) {
            push_hex(&mut text, *byte);
        }
        Ok(text)
    }

    fn open(&self, sealed: &str, about: &[u8]) -> Result<Vec<u8>, VaultError> {
        let bytes = from_hex(sealed).ok_or(VaultError::Broken)?;
        let (nonce, sealed) = bytes.split_at_checked(24).ok_or(VaultError::Broken)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| VaultError::Broken)?;
        XChaCha20Poly1305::new(&self.0.into())
            .decrypt(&nonce, Payload { msg: sealed, aad: about })
            .map_err(|_| VaultError::Broken)
    }
}

fn push_hex(text: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 15] {
        text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    bytes.iter().for_each(|byte| push_hex(&mut text, *byte));
    text
}

/// The bytes of hexadecimal digits.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect()
}

/// SHA-256 of a text, in hexadecimal digits.
pub(crate) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The master keys.
#[derive(Debug, Clone)]
pub(crate) struct Vault {
    current: String,
    masters: BTreeMap<String, Key>,
    chain: Key,
}

/// By which keys are known again; none of them can be made out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprints {
    /// Of the key that chains history.
    pub(crate) chain: String,
    /// Of the master keys, by their names.
    pub(crate) masters: BTreeMap<String, String>,
}

/// The key of a member, open.
#[derive(Debug, Clone)]
pub(crate) struct MemberSeal {
    user_id: String,
    key: Key,
}

impl Vault {
    /// `current` wraps new keys; `masters` has it and those before it. The chain is keyed by `chain`, which must stay.
    pub(crate) fn new(current: impl Into<String>, masters: BTreeMap<String, Key>, chain: &Key) -> Vault {
        Vault { current: current.into(), masters, chain: Key(chain.hash(&[b"history chain"])) }
    }

    /// A new key for a member: the wrapped key, and the id of the master key.
    pub(crate) fn new_key(&self, user_id: &str) -> Result<(String, String), VaultError> {
        let master =
            self.masters.get(&self.current).ok_or_else(|| VaultError::UnknownMasterKey(self.current.clone()))?;
        Ok((master.seal(&Key::random().0, user_id.as_bytes())?, self.current.clone()))
    }

    /// Opens the key of a member; `None` for one who was forgotten.
    pub(crate) fn member(
        &self,
        user_id: &str,
        wrapped: Option<&str>,
        master: Option<&str>,
    ) -> Result<MemberSeal, VaultError> {
        let (wrapped, master) = wrapped.zip(master).ok_or(VaultError::Forgotten)?;
        let key = self.masters.get(master).ok_or_else(|| VaultError::UnknownMasterKey(master.to_owned()))?;
        let bytes = key.open(wrapped, user_id.as_bytes())?;
        let key = Key(bytes.try_into().map_err(|_| VaultError::Broken)?);
        Ok(MemberSeal { user_id: user_id.to_owned(), key })
    }

    /// As [`Vault::member`], with `None` for one who was forgotten.
    pub(crate) fn known(
        &self,
        user_id: &str,
        wrapped: Option<&str>,
        master: Option<&str>,
    ) -> Result<Option<MemberSeal>, VaultError> {
        match self.member(user_id, wrapped, master) {
            Err(VaultError::Forgotten) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Seals a text that is no member's: the sealed text, and the id of the master key. `about` says what it is.
    pub(crate) fn seal_own(&self, about: &str, plain: &str) -> Result<(String, String), VaultError> {
        let master =
            self.masters.get(&self.current).ok_or_else(|| VaultError::UnknownMasterKey(self.current.clone()))?;
        Ok((master.seal(plain.as_bytes(), about.as_bytes())?, self.current.clone()))
    }

    /// Opens what [`Vault::seal_own`] made.
    pub(crate) fn open_own(&self, about: &str, sealed: &str, master: &str) -> Result<String, VaultError> {
        let key = self.masters.get(master).ok_or_else(|| VaultError::UnknownMasterKey(master.to_owned()))?;
        String::from_utf8(key.open(sealed, about.as_bytes())?).map_err(|_| VaultError::Broken)
    }

    /// A keyed hash by which a text is known again, and not guessed.
    pub(crate) fn fingerprint(&self, text: &str) -> String {
        self.link("fingerprint", text)
    }

    /// By which its keys are known again.
    pub(crate) fn fingerprints(&self) -> Fingerprints {
        let of = |key: &Key| hex(&key.hash(&[b"fingerprint of a key"]));
        let masters = self.masters.iter().map(|(id, key)| (id.clone(), of(key))).collect();
        Fingerprints { chain: of(&self.chain), masters }
    }

    /// The next link of a member's history.
    pub(crate) fn link(&self, before: &str, line: &str) -> String {
        hex(&self.hash(before, line))
    }

    /// The bytes of a link.
    pub(crate) fn hash(&self, before: &str, line: &str) -> [u8; 32] {
        self.chain.hash(&[before.as_bytes(), b"\n", line.as_bytes()])
    }
}

impl MemberSeal {
    /// Seals a text of this member; `about` says what it is, and opens it no elsewhere.
    pub(crate) fn seal(&self, about: &str, plain: &str) -> Result<String, VaultError> {
        self.key.seal(plain.as_bytes(), format!("{}\n{about}", self.user_id).as_bytes())
    }

    /// Opens what [`MemberSeal::seal`] made.
    pub(crate) fn open(&self, about: &str, sealed: &str) -> Result<String, VaultError> {
        let bytes = self.key.open(sealed, format!("{}\n{about}", self.user_id).as_bytes())?;
        String::from_utf8(bytes).map_err(|_| VaultError::Broken)
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test stops at the first surprise"
    )]
    use super::*;

    fn vault(current: &str) -> Vault {
        let keys = ["a", "b"].map(|id| (id.to_owned(), Key::from_secret(id.as_bytes())));
        Vault::new(current, keys.into(), &Key::from_secret(b"chain"))
    }

    #[test]
    fn facts_open_for_their_member_alone() {
        let vault = vault("a");
        let (wrapped, master) = vault.new_key("m-1").unwrap();
        let seal = vault.member("m-1", Some(&wrapped), Some(&master)).unwrap();
        let sealed = seal.seal("facts", r#"{"country":"NO"}"#).unwrap();
        assert!(!sealed.contains("NO"));
        assert_eq!(seal.open("facts", &sealed).unwrap(), r#"{"country":"NO"}"#);
        assert_eq!(seal.open("purchase", &sealed), Err(VaultError::Broken));
        assert_eq!(vault.member("m-2", Some(&wrapped), Some(&master)).unwrap_err(), VaultError::Broken);
        assert_eq!(vault.member("m-1", None, None).unwrap_err(), VaultError::Forgotten);
        let mut changed = sealed.into_bytes();
        changed[60] ^= 1;
        assert_eq!(seal.open("facts", &String::from_utf8(changed).unwrap()), Err(VaultError::Broken));
    }

    #[test]
    fn a_key_opens_after_the_master_key_was_changed() {
        let (wrapped, master) = vault("a").new_key("m-1").unwrap();
        assert!(vault("b").member("m-1", Some(&wrapped), Some(&master)).is_ok());
        let newer = Vault::new("c", BTreeMap::from([("c".into(), Key::random())]), &Key::from_secret(b"chain"));
        let refused = newer.member("m-1", Some(&wrapped), Some(&master)).unwrap_err();
        assert_eq!(refused, VaultError::UnknownMasterKey("a".into()));
    }

    #[test]
    fn a_link_depends_on_all_that_came_before() {
        let vault = vault("a");
        let first = vault.link("", "one");
        assert_ne!(vault.link(&first, "two"), vault.link("", "two"));
        assert_ne!(vault.link(&first, "two"), vault.link(&first, "three"));
        let other = Vault::new("a", BTreeMap::new(), &Key::from_secret(b"another"));
        assert_ne!(other.link("", "one"), first);
    }
}
