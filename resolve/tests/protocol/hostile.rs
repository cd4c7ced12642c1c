//! Property tests with arbitrary pages and answers.

use google_news_link_loopback::{answer, article, articles, row};
use google_news_link_resolve::Next;
use http::Method;
use proptest::prelude::*;

use crate::service::{Service, kinds, resolution_of, response};

/// Generates HTML with the elements and attributes that are read, mixed with arbitrary bytes.
fn hostile_page() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::sample::select(vec![
            "<div ",
            "data-n-a-id=",
            "data-n-a-ts=",
            "data-n-a-sg=",
            "data-n-au=",
            "\"",
            "'",
            ">",
            "/>",
            "<script>",
            "</script>",
            "<!--",
            "-->",
            "<textarea>",
            "&quot;",
            "&#x41;",
            "&amp",
            "1790000000",
            "<![CDATA[",
            "\0",
            "https://publisher.example/",
            "=",
            " ",
            "<form action=https://consent.google.com/>",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        Just(article(0).id.into_bytes()),
        Just(article(0).signature().into_bytes()),
        Just(article(0).page().into_bytes()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_page_panics_and_pieces_make_no_difference(page in hostile_page(), size in 1..100_usize) {
        let outcome = |chunks: &mut dyn Iterator<Item = &[u8]>| {
            let mut resolution = resolution_of(&articles(1));
            let (_, mut exchange) = resolution.next_request().unwrap();
            let mut next = exchange.on_head(&response(200, ""));
            while let (Next::Read, Some(chunk)) = (next, chunks.next()) {
                next = exchange.on_body(chunk);
            }
            resolution.finish(exchange);
            let (request, _) = resolution.next_request().map(|(request, exchange)| (Some(request), Some(exchange))).unwrap_or_default();
            (request.map(|request| (request.uri().clone(), request.into_body())), kinds(&resolution))
        };
        prop_assert_eq!(outcome(&mut page.chunks(size)), outcome(&mut std::iter::once(&page[..])));
    }

    #[test]
    fn no_answer_panics_or_has_a_wrong_length(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            "\\)\\]\\}'[\\[\\]{}\",0-9a-z\\\\ \n]{0,100}".prop_map(String::into_bytes),
            prop::collection::vec(("[0-4]", prop::option::of("https?://[a-z]{1,50}")), 0..6).prop_map(|rows| {
                let row = |(tag, url): &(String, Option<String>)| row(tag, url.as_deref().ok_or(3));
                answer(rows.iter().map(row).collect()).into_bytes()
            }),
        ],
        cut in any::<prop::sample::Index>(),
    ) {
        for body in [&body[..], &body[..cut.index(body.len() + 1)]] {
            let articles = articles(3);
            let mut resolution = resolution_of(&articles);
            Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
                Method::GET => service.respond(request),
                _ => response(200, body),
            });
            for (outcome, article) in resolution.outcomes().zip(&articles) {
                prop_assert!(outcome.map_or(true, |found| found.url().len() == article.url.len()));
            }
        }
    }
}
