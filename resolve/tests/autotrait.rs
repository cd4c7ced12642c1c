//! Tests that public types stay `Send`, `Sync` and `'static`.

use std::fmt::Debug;
use std::hash::Hash;

use google_news_link_resolve::page::{Check, Form, PageLink, PairCounts, Pairs, Refutation, links};
use google_news_link_resolve::*;

fn is_shareable<T: Send + Sync + Unpin + Debug>() {}
fn is_cloneable<T: Clone>() {}
fn is_value<T: Eq + Hash>() {}
fn is_comparable<T: Eq>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}

/// Asserts that types have all of the properties before the colon.
macro_rules! assert_properties {
    ($($($property:ident)*: $($type:ty),*;)*) => {$(
        assert_properties!(@ [$($property)*] [$($type),*]);
    )*};
    (@ $properties:tt [$($type:ty),*]) => {$( assert_properties!(@@ $type, $properties); )*};
    (@@ $type:ty, [$($property:ident)*]) => {$( $property::<$type>(); )*};
}

#[test]
fn every_type_can_be_sent_and_shared() {
    assert_properties! {
        is_shareable is_cloneable is_value: Locale, AnswerKey<'_>, Resolved<'_>, Source, Verification, ErrorKind, Failure, Next,
            RequestKind, AfterBlockedPage, ArticlePath, Check, Form, PairCounts;
        is_shareable is_cloneable is_value is_error: Error, InvalidBaseUrl, InvalidLocale, InvalidPageUrl, Refutation;
        is_shareable is_cloneable is_comparable: PageLink;
        is_shareable is_cloneable: Options, Pairs;
        is_shareable: Resolution, Exchange;
    }
    #[cfg(feature = "ureq")]
    assert_properties!(is_shareable is_cloneable: UreqDriver<'_>;);
    #[cfg(feature = "reqwest")]
    assert_properties!(is_shareable is_cloneable: ReqwestDriver<'_>;);
}

#[test]
fn what_has_no_name_can_be_sent() {
    fn is_send<T: Send>(_: T) {}
    let resolution = Resolution::new(Options::new());
    is_send(links(b""));
    is_send(resolution.outcomes());
    is_send(resolution.answers());
    #[cfg(feature = "reqwest")]
    is_send(async {
        let mut resolution = Resolution::new(Options::new());
        ReqwestDriver::new(&reqwest::Client::new()).run(&mut resolution).await
    });
}

#[test]
fn every_exported_type_is_asserted() {
    let exports = concat!(include_str!("../src/lib.rs"), include_str!("../src/page.rs"));
    let (_, asserted) = include_str!("autotrait.rs").split_once("assert_properties! {").unwrap();
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let words = |text: &'static str| text.split(move |char| !is_word(char)).filter(|word| !word.is_empty());
    let mut count = 0;
    for statement in exports.split("\npub use ").skip(1) {
        let (statement, _) = statement.split_once(';').unwrap();
        let is_type = |name: &&str| name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
        for name in words(statement).filter(is_type) {
            assert!(words(asserted).any(|word| word == name), "{name}");
            count += 1;
        }
    }
    assert!(count > 0);
}
