//! Tests of reading the pages of articles.

use google_news_link::decode;
use google_news_link_loopback::{article, articles, read_post};
use google_news_link_resolve::{ArticlePath, ErrorKind, Next, Options, Resolution};
use http::{Method, Response};

use crate::service::{Service, assert_resolved, error_of, kinds, redirect, resolution_of, response};

#[test]
fn redirects_are_followed_without_cookies() {
    let articles = articles(1);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let id = articles[0].id.as_str();
    let seen =
        |service: &Service| service.requests.iter().filter(|request| request.method() == Method::GET).count();
    service.run(&mut resolution, |service, request| match (seen(service), request.method()) {
        (0, _) => {
            redirect(&format!("https://consent.google.com/ml?continue=https://news.google.com/articles/{id}"))
        }
        (1, _) => redirect(&format!("https://news.google.com/rss/articles/{id}?hl=de&gl=DE&ceid=DE:de")),
        (2, _) => redirect(&format!("/articles/{id}?hl=de")),
        _ => service.respond(request),
    });
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (4, 1));
    let uris: Vec<_> = service.requests.iter().map(|request| request.uri().to_string()).collect();
    assert!(uris[1].starts_with("https://consent.google.com/ml?"));
    assert_eq!(uris[3], format!("https://news.google.com/articles/{id}?hl=de"));
    assert!(service.requests.iter().all(|request| !request.headers().contains_key("cookie")));
}

#[test]
fn redirects_are_limited() {
    let mut service = Service::new(&[]);
    let mut resolution = resolution_of(&articles(1));
    service.run(&mut resolution, |_, _| redirect("/articles/again"));
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TooManyRedirects)]);
    assert_eq!(service.pages(), 6);
    // Both paths together may have five redirects.
    let mut service = Service::new(&[]);
    let mut resolution = resolution_of(&articles(1));
    service.run(&mut resolution, |service, _| match service.requests.len() {
        3 => response(404, ""),
        _ => redirect("/articles/again"),
    });
    assert_eq!(kinds(&resolution), [Some(ErrorKind::TooManyRedirects)]);
    assert_eq!(service.pages(), 7);
    for location in ["https://evil.example/", "http://news.google.com/", "ftp://news.google.com/", ""] {
        let page = Response::builder().status(302).header("location", location).body(Vec::new()).unwrap();
        let error = match location {
            // A redirect to itself.
            "" => ErrorKind::TooManyRedirects,
            _ => ErrorKind::RefusedRedirect,
        };
        assert_eq!(error_of(page, None).kind(), error, "{location}");
    }
    assert_eq!(error_of(response(302, ""), None).kind(), ErrorKind::RefusedRedirect);
}

#[test]
fn every_failure_of_a_page_has_its_kind() {
    let consent = r#"<form action="https://consent.google.com/save" method="POST"><input name="bl">"#;
    let cases = [
        (response(200, ""), ErrorKind::NoSignature, false),
        (response(200, "<html>changed</html>"), ErrorKind::NoSignature, false),
        (response(200, article(1).page()), ErrorKind::NoSignature, false),
        (response(200, consent), ErrorKind::Consent, false),
        (response(200, vec![b' '; (4 << 20) + 1]), ErrorKind::TooLarge, false),
        (response(400, ""), ErrorKind::BadRequest, false),
        (response(403, ""), ErrorKind::UnexpectedStatus, false),
        (response(404, ""), ErrorKind::UnexpectedStatus, false),
        (response(408, ""), ErrorKind::UnexpectedStatus, true),
        (response(429, ""), ErrorKind::TooManyRequests, true),
        (response(500, ""), ErrorKind::UnexpectedStatus, true),
        (response(503, ""), ErrorKind::UnexpectedStatus, true),
        (response(204, ""), ErrorKind::UnexpectedStatus, false),
    ];
    for (page, kind, is_retryable) in cases {
        let error = error_of(page.clone(), None);
        let status = page.status().as_u16();
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "{status}");
        assert_eq!(error.status(), (status != 200).then_some(status));
    }
    // The consent page, after a redirect.
    let articles = articles(1);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |_, request| match request.uri().host() {
        Some("consent.google.com") => response(200, "Before you continue"),
        _ => redirect("https://consent.google.com/m?continue=x"),
    });
    assert_eq!(kinds(&resolution), [Some(ErrorKind::Consent)]);
}

#[test]
fn signatures_are_of_one_element_and_of_the_requested_id() {
    let article = article(3);
    let (id, sg, ts) = (&article.id, article.signature(), article.timestamp());
    let resolves = |page: String| {
        let mut resolution = resolution_of(std::slice::from_ref(&article));
        let mut service = Service::new(std::slice::from_ref(&article));
        service.run(&mut resolution, |service, request| match *request.method() {
            Method::GET => response(200, page.as_str()),
            _ => service.respond(request),
        });
        resolution.outcome(0).unwrap().is_ok()
    };
    for page in [
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!("<DIV data-n-a-sg={sg}\n\tDATA-N-A-TS='{ts}' x data-n-a-id={id}>"),
        format!(r#"<div data-n-a-id="&#67;{}" data-n-a-ts="{ts}" data-n-a-sg="{sg}"/>"#, &id[1..]),
        format!(r#"<div title="a > b" data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}"><div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!("\u{0}<br <p data-n-a-id={id} data-n-a-ts={ts} data-n-a-sg={sg}>"),
        // Attributes that come twice: the first one counts.
        format!(r#"<div data-n-a-id="{id}" data-n-a-id="x" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
    ] {
        assert!(resolves(page.clone()), "{page}");
    }
    for page in [
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}"><div data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}x" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="+{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="a b">"#),
        format!(r#"<!-- <div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}"> -->"#),
        format!(r#"<script>'<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">'</script>"#),
        format!(r#"<textarea><div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}">"#),
        format!(r#"<div data-n-a-id="{id}" data-n-a-ts="{ts}" data-n-a-sg="{sg}""#),
    ] {
        assert!(!resolves(page.clone()), "{page}");
    }
}

#[test]
fn the_url_of_an_older_page_needs_no_post() {
    let article = article(20);
    let page = |attributes: &str| {
        format!("<c-wiz {attributes} data-n-au=\"{}\">", article.url.replace('&', "&amp;"))
    };
    let id = format!("data-n-a-id={}", article.id);
    for (attributes, is_right) in [("", true), (id.as_str(), true), ("data-n-a-id=CBMiother", false)] {
        let articles = std::slice::from_ref(&article);
        let mut service = Service::new(articles);
        let mut resolution = resolution_of(articles);
        service.run(&mut resolution, |_, _| response(200, page(attributes)));
        assert_eq!(resolution.outcome(0).unwrap().is_ok(), is_right, "{attributes}");
        assert_eq!((service.pages(), service.posts()), (if is_right { 1 } else { 2 }, 0), "{attributes}");
    }
    // Of several that fit, the one with the ID is the article's; without one, none is.
    let other = article.url.replace("00000020", "00000021");
    let both = |own: &str| format!("<a data-n-au=\"{other}\"><a {own} data-n-au=\"{}\">", article.url);
    for (own, is_right) in [(id.as_str(), true), ("", false)] {
        let articles = std::slice::from_ref(&article);
        let mut resolution = resolution_of(articles);
        Service::new(articles).run(&mut resolution, |_, _| response(200, both(own)));
        match is_right {
            true => assert_resolved(&resolution, articles),
            false => assert_eq!(kinds(&resolution), [Some(ErrorKind::NoSignature)]),
        }
    }
    // The length is checked against the token here as well.
    let error = error_of(response(200, page("")), None);
    assert_eq!(error.kind(), ErrorKind::WrongLength);
}

#[test]
fn the_other_path_is_requested_if_the_first_has_no_signature() {
    for (first_path, prefixes) in [
        (ArticlePath::Rss, ["/rss/articles/", "/articles/"]),
        (ArticlePath::Web, ["/articles/", "/rss/articles/"]),
    ] {
        for status in [200, 404] {
            let articles = articles(1);
            let mut service = Service::new(&articles);
            let mut resolution = Resolution::new(Options::new().first_path(first_path));
            resolution.push(&articles[0].opaque());
            service.run(&mut resolution, |service, request| match service.requests.len() {
                0 => response(status, "nothing"),
                _ => service.respond(request),
            });
            assert_resolved(&resolution, &articles);
            for (request, prefix) in service.requests.iter().zip(prefixes) {
                assert_eq!(request.uri().path(), format!("{prefix}{}", articles[0].id));
            }
            assert_eq!((service.pages(), service.posts()), (2, 1));
        }
    }
}

#[test]
fn reading_stops_at_the_signature() {
    let mut page = article(0).page().into_bytes();
    let signed = page.len();
    page.resize(1 << 20, b' ');
    for size in [1, 7, 100, 1000, 16 << 10] {
        let mut resolution = resolution_of(&articles(1));
        let (_, mut exchange) = resolution.next_request().unwrap();
        assert_eq!(exchange.on_head(&response(200, "")), Next::Read);
        let mut read = 0;
        for chunk in page.chunks(size) {
            read += chunk.len();
            if exchange.on_body(chunk) == Next::Stop {
                break;
            }
        }
        // The signature of another ID comes before it, and is looked at once.
        assert!(read <= signed.max(size) * 3 / 2 + size, "{read} of {signed}, {size} at a time");
        resolution.finish(exchange);
        assert_eq!(resolution.next_request().unwrap().0.method(), Method::POST);
    }
}

#[test]
fn the_limit_does_not_depend_on_pieces() {
    let (one, other) = (article(0), article(1));
    let page = [" ".repeat(3000), other.page(), " ".repeat(100), one.page(), " ".repeat(5000)].concat();
    for size in [1, 16, 100, 1000, 9000] {
        let mut resolution = Resolution::new(Options::new().max_body_len(5000));
        resolution.push(&one.opaque());
        let (_, mut exchange) = resolution.next_request().unwrap();
        let mut next = exchange.on_head(&response(200, ""));
        for piece in page.as_bytes().chunks(size) {
            if next == Next::Read {
                next = exchange.on_body(piece);
            }
        }
        resolution.finish(exchange);
        assert_eq!(resolution.next_request().unwrap().0.method(), Method::POST, "{size}");
    }
}

#[test]
fn a_page_without_the_attributes_is_read_from_data_p() {
    let recorded = include_str!("../../../tests/data/pages/article_page.html");
    let link = include_str!("../../../tests/data/pages/source_url.txt").trim();
    let removed = recorded.replace("data-n-a-sg", "data-x").replace("data-n-a-ts", "data-y");
    let renamed = removed.replace("data-n-a-id", "data-z");
    assert_ne!(removed, renamed);
    for page in [recorded.into(), removed, renamed] {
        let mut resolution = Resolution::new(Options::new());
        resolution.push_target(&decode(link).unwrap());
        let (_, exchange) = resolution.next_request().unwrap();
        resolution.on_response(exchange, &response(200, page));
        let (request, _) = resolution.next_request().unwrap();
        let asked = read_post(request.body()).unwrap();
        assert_eq!(
            (asked[0].timestamp, asked[0].signature.as_str()),
            (1_790_181_872, "Ae5Wzi-zTr7BmTsy16W2E8ubaTXt")
        );
    }

    let articles = articles(3);
    let mut resolution = resolution_of(&articles);
    let mut service = Service::new(&articles);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::GET => response(200, service.article_of(request).page_without_attributes()),
        _ => service.respond(request),
    });
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (3, 1), "no other address is requested");
}

#[test]
fn the_error_tells_what_changed_in_a_page() {
    let id = article(0).id;
    let other = article(1).id;
    for (page, message) in [
        (String::new(), "no signature in the page: neither data-n-a-sg nor data-p"),
        (article(1).page(), "no signature in the page: data-n-a-sg and data-p of other IDs only"),
        (
            format!(r#"<div data-p='%.@.["{other}",1790000000,"x"]'>"#),
            "no signature in the page: data-n-a-sg and data-p of other IDs only",
        ),
        (
            format!(r#"<div data-n-a-id="{id}" data-n-a-ts="x" data-n-a-sg="x">"#),
            "no signature in the page: data-n-a-sg and data-p without a timestamp and a signature",
        ),
        (
            format!(r#"<div data-p='%.@.["{id}","x"]'>"#),
            "no signature in the page: data-n-a-sg and data-p without a timestamp and a signature",
        ),
        (
            format!(r#"<a data-n-au="{0}"><a data-n-au="{0}">"#, article(0).url).replacen("0000", "0001", 1),
            "no signature in the page: several URLs in data-n-au",
        ),
        (
            r#"<form action="https://consent.google.com/save">"#.into(),
            "consent page in place of the requested page (reported for addresses in the EU)",
        ),
    ] {
        assert_eq!(error_of(response(200, page.clone()), None).to_string(), message, "{page}");
    }
}

#[test]
fn the_error_of_several_refused_urls_is_that_of_the_first() {
    let (short, invalid) = ("https://publisher.example/", "javascript:");
    for (first, second, kind) in
        [(short, invalid, ErrorKind::WrongLength), (invalid, short, ErrorKind::InvalidUrl)]
    {
        let page = format!(r#"<a data-n-au="{first}"><a data-n-au="{second}">"#);
        assert_eq!(error_of(response(200, page), None).kind(), kind, "{first}");
    }
}

#[test]
fn the_attributes_take_precedence_over_data_p() {
    let article = article(0);
    let parameters = format!(r#"<div data-p='%.@.[1],"{}",1790000009,"other"]'>"#, article.id);
    // A page with upper-case names is read at its end.
    let upper_case = article.page().replace("data-n-a-sg", "DATA-N-A-SG");
    for page in
        [parameters.clone() + &article.page(), article.page() + &parameters, parameters.clone() + &upper_case]
    {
        let mut resolution = resolution_of(std::slice::from_ref(&article));
        let (_, exchange) = resolution.next_request().unwrap();
        resolution.on_response(exchange, &response(200, page));
        let (request, _) = resolution.next_request().unwrap();
        assert_eq!(read_post(request.body()).unwrap()[0].signature, article.signature());
    }
}

#[test]
fn a_page_of_the_greatest_length_is_read() {
    let articles = articles(1);
    for (len, kinds_after) in
        [(1000, vec![Some(ErrorKind::NoSignature)]), (1001, vec![Some(ErrorKind::TooLarge)])]
    {
        let mut resolution = Resolution::new(Options::new().max_body_len(1000));
        resolution.push(&articles[0].opaque());
        Service::new(&articles).run(&mut resolution, |_, _| response(200, vec![b' '; len]));
        assert_eq!(kinds(&resolution), kinds_after, "{len} bytes");
    }
}

#[test]
fn a_resolved_link_is_displayed_as_its_url() {
    let mut resolution = Resolution::new(Options::new());
    resolution.push_id("CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA");
    let found = resolution.outcome(0).unwrap().unwrap();
    assert_eq!(found.to_string(), "https://amu.tv/111931/");
    assert_eq!(
        (found.source().to_string(), found.verification().to_string()),
        ("link".into(), "contained".into())
    );
}
