//! Who krest is to the API: credentials on requests, access tokens, and which hosts may see them.

mod access;
mod grant;
mod kinds;
mod sign;
#[cfg(test)]
mod tests;
mod token_request;
mod tokens;

pub use access::Access;
pub use kinds::{Auth, ClientAuth, OAuth2};

pub(super) use access::{Reach, Standing, Stranger};
pub(super) use grant::TokenError;
pub(super) use sign::{sign, used};
pub(super) use token_request::TokenRequest;
pub(super) use tokens::{Pass, TokenStore, TokenStores};
