//! Tests of pages with several links, which are requested before any article.

use google_news_link_loopback::{Article, Pair, anchor, article_of_id, articles, news_page};
use google_news_link_resolve::{
    AfterBlockedPage, AnswerKey, ErrorKind, Failure, Next, Options, RequestKind, Resolution, Source,
};
use http::{Request, Response};

use crate::service::{Service, assert_resolved, kinds, redirect, resolution_of, response, url_of};

const PAGE: &str = "https://news.google.com/search?q=x&hl=en-US&gl=US&ceid=US:en";

fn pairs(articles: &[Article]) -> Vec<Pair> {
    articles.iter().map(Pair::from).collect()
}

fn page_of(articles: &[Article]) -> String {
    news_page(&pairs(articles), 1000)
}

/// Answers with a page of these links, and articles as usual.
fn respond(links: &[Article]) -> impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>> {
    let page = page_of(links);
    move |service, request| match request.uri().path() {
        "/search" | "/home" => response(200, page.as_str()),
        _ => service.respond(request),
    }
}

fn sources(resolution: &Resolution) -> Vec<Option<Source>> {
    resolution.outcomes().map(|outcome| outcome.ok().map(|found| found.source())).collect()
}

#[test]
fn only_the_articles_that_a_page_lacks_are_requested() {
    let articles = articles(100);
    for count in [90, 0, 100] {
        let mut service = Service::new(&articles);
        let mut resolution = resolution_of(&articles);
        assert_eq!(resolution.push_page(PAGE), Ok(0));
        service.run(&mut resolution, respond(&articles[..count]));
        assert_resolved(&resolution, &articles);
        assert_eq!(service.requests[0].uri().to_string(), PAGE);
        assert_eq!(
            (resolution.requests(RequestKind::NewsPage), resolution.requests(RequestKind::ArticlePage)),
            (1, 100 - count)
        );
        assert_eq!(resolution.requests(RequestKind::Post), (100 - count).div_ceil(50));
        assert_eq!(
            service.requests.len(),
            1 + resolution.requests(RequestKind::ArticlePage) + resolution.requests(RequestKind::Post)
        );
        let expected: Vec<_> =
            (0..100).map(|n| Some(if n < count { Source::Page } else { Source::Online })).collect();
        assert_eq!(sources(&resolution), expected);
        let counts = resolution.pair_counts();
        assert_eq!((counts.found, counts.confirmed, counts.refuted), (count, count, 0));
        assert_eq!(resolution.answers().count(), 100, "those of the page are new as well");
        match count {
            0 => assert_eq!(resolution.page_outcome(0).unwrap().unwrap_err().kind(), ErrorKind::NoPairs),
            _ => assert_eq!(resolution.page_outcome(0).unwrap(), Ok(counts)),
        }
        assert_eq!(resolution.page_outcome(1), None);
    }
}

#[test]
fn articles_wait_for_all_pages() {
    let articles = articles(6);
    let mut resolution = resolution_of(&articles);
    assert_eq!(
        (resolution.push_page(PAGE), resolution.push_page("https://news.google.com/home")),
        (Ok(0), Ok(1))
    );
    assert_eq!(resolution.push_page(PAGE), Ok(0), "an equal address is requested once");
    let (first, first_exchange) = resolution.next_request().unwrap();
    let (second, second_exchange) = resolution.next_request().unwrap();
    assert_eq!(first_exchange.kind(), RequestKind::NewsPage);
    assert_eq!(second.uri().to_string(), "https://news.google.com/home?hl=en-US&gl=US&ceid=US:en");
    assert!(resolution.next_request().is_none() && !resolution.is_done());
    resolution.on_response(first_exchange, &response(200, page_of(&articles[..2])));
    assert!(resolution.next_request().is_none());
    resolution.on_response(second_exchange, &response(200, page_of(&articles[1..4])));
    let mut service = Service::new(&articles);
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!((resolution.requests(RequestKind::NewsPage), service.pages(), service.posts()), (2, 2, 1));
    assert!(first.headers().is_empty());
}

#[test]
fn a_saved_page_needs_no_request() {
    let mut articles = articles(10);
    articles.push(article_of_id("CE0iBGFiY2Q", "https://publisher.example/unknown"));
    articles.push(article_of_id(
        "CAIiEGuAj6xdE1EiuL__EEW4PWEqGQgEKhAIACoHCAowl--JCzCtppwDMMWWowY",
        "https://publisher.example/keyed",
    ));
    let page: String = pairs(&articles).iter().map(|pair| anchor(pair, 0)).collect();
    for learn_first in [true, false] {
        let mut resolution = Resolution::new(Options::new());
        if learn_first {
            assert_eq!(resolution.learn(page.as_bytes()).found, 12);
        }
        for article in &articles {
            resolution.push_id(&article.id);
        }
        if !learn_first {
            assert_eq!(resolution.learn(page.as_bytes()).unverified, 2);
        }
        assert!(resolution.is_done() && resolution.next_request().is_none());
        assert_eq!(resolution.remaining(), 0);
        assert_resolved(&resolution, &articles);
        let verified: Vec<_> = resolution.outcomes().map(|outcome| outcome.unwrap().is_verified()).collect();
        assert_eq!(verified, [vec![true; 10], vec![false; 2]].concat());
        let keys: Vec<_> = resolution.answers().map(|(key, _)| key).collect();
        assert_eq!((keys[0], keys[10]), (AnswerKey::Token(&articles[0].token), AnswerKey::Id("CE0iBGFiY2Q")));
    }
}

#[test]
fn refuted_urls_are_not_used() {
    let articles = articles(2);
    let mut swapped = pairs(&articles);
    (swapped[0].url, swapped[1].url) = (articles[1].url.clone(), articles[0].url.clone());
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let counts = resolution.learn(news_page(&swapped, 0).as_bytes());
    assert_eq!((counts.found, counts.confirmed, counts.refuted), (2, 0, 2));
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (2, 1));
}

#[test]
fn answers_are_not_replaced_by_those_of_a_page() {
    let articles = articles(2);
    let other = articles[0].url.replacen("publisher", "publishex", 1);
    let mut resolution = Resolution::new(Options::new());
    resolution.insert_known(&articles[0].opaque(), &other).unwrap();
    resolution.push(&articles[0].opaque());
    resolution.learn(page_of(&articles).as_bytes());
    assert_eq!(url_of(&resolution, 0), Some(other.as_str()));
    assert_eq!(resolution.answers().count(), 1, "only that of the other article is new");
}

#[test]
fn a_page_that_is_learned_during_requests_is_used() {
    let articles = articles(6);
    let mut resolution = resolution_of(&articles);
    let exchanges: Vec<_> = std::iter::from_fn(|| resolution.next_request()).collect();
    assert_eq!(exchanges.len(), 4);
    resolution.learn(page_of(&articles).as_bytes());
    for (_, exchange) in exchanges {
        resolution.on_failure(exchange, Failure::TimedOut);
    }
    assert!(resolution.is_done() && resolution.next_request().is_none());
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_refused_page_is_a_block_unless_the_options_say_otherwise() {
    let articles = articles(3);
    for refusal in [response(429, ""), redirect("https://www.google.com/sorry/index")] {
        let refused = |service: &Service, request: &Request<Vec<u8>>| match request.uri().path() {
            "/search" | "/home" => refusal.clone(),
            _ => service.respond(request),
        };
        let mut service = Service::new(&articles);
        let mut resolution = Resolution::new(Options::new().pages_in_flight(1));
        articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
        resolution.push_page(PAGE).unwrap();
        resolution.push_page("https://news.google.com/home").unwrap();
        service.run(&mut resolution, refused);
        assert!(resolution.is_blocked());
        assert_eq!(service.requests.len(), 1);
        assert_eq!(kinds(&resolution), [Some(ErrorKind::NotTried); 3]);
        assert!(resolution.page_outcome(0).unwrap().unwrap_err().is_block());
        assert_eq!(resolution.page_outcome(1), None);
        // After the block, both pages are requested again.
        resolution.resume();
        service.run(&mut resolution, respond(&articles[..2]));
        assert_resolved(&resolution, &articles);
        assert_eq!(
            (resolution.requests(RequestKind::NewsPage), resolution.requests(RequestKind::ArticlePage)),
            (3, 1)
        );

        let options = Options::new().pages_in_flight(1).after_blocked_page(AfterBlockedPage::RequestArticles);
        let mut service = Service::new(&articles);
        let mut resolution = Resolution::new(options);
        articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
        resolution.push_page(PAGE).unwrap();
        resolution.push_page("https://news.google.com/home").unwrap();
        service.run(&mut resolution, refused);
        assert_resolved(&resolution, &articles);
        assert!(!resolution.is_blocked());
        assert_eq!(
            (
                resolution.requests(RequestKind::NewsPage),
                resolution.requests(RequestKind::ArticlePage),
                resolution.requests(RequestKind::Post)
            ),
            (1, 3, 1)
        );
    }
}

#[test]
fn articles_are_requested_after_pages_that_are_unavailable_if_the_options_say_so() {
    let articles = articles(3);
    for (action, is_blocked) in [(AfterBlockedPage::Stop, true), (AfterBlockedPage::RequestArticles, false)] {
        let mut service = Service::new(&articles);
        let options = Options::new().pages_in_flight(1).after_blocked_page(action);
        let mut resolution = Resolution::new(options);
        articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
        for page in ["search?q=a", "search?q=b", "search?q=c"] {
            resolution.push_page(&format!("https://news.google.com/{page}")).unwrap();
        }
        service.run(&mut resolution, |service, request| match request.uri().path() {
            "/search" => response(503, ""),
            _ => service.respond(request),
        });
        assert_eq!(resolution.is_blocked(), is_blocked, "{action:?}");
        match is_blocked {
            true => assert_eq!(kinds(&resolution), [Some(ErrorKind::NotTried); 3]),
            false => assert_resolved(&resolution, &articles),
        }
    }
}

#[test]
fn a_page_that_cannot_be_read_is_not_an_error_of_the_articles() {
    let articles = articles(2);
    let consent = r#"<form action="https://consent.google.com/save">"#;
    let cases = [
        (response(404, ""), ErrorKind::UnexpectedStatus),
        (response(503, ""), ErrorKind::UnexpectedStatus),
        (response(400, ""), ErrorKind::BadRequest),
        (response(200, "<p>changed</p>"), ErrorKind::NoPairs),
        (response(200, consent), ErrorKind::Consent),
        (response(200, vec![b' '; 10_000]), ErrorKind::NoPairs),
        (response(200, vec![b' '; 10_001]), ErrorKind::TooLarge),
        (redirect("https://evil.example/"), ErrorKind::RefusedRedirect),
        (redirect("/search?again"), ErrorKind::TooManyRedirects),
    ];
    for (page, kind) in cases {
        let mut service = Service::new(&articles);
        let mut resolution = Resolution::new(Options::new().max_page_len(10_000));
        articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
        resolution.push_page(PAGE).unwrap();
        service.run(&mut resolution, |service, request| match request.uri().path() {
            "/search" => page.clone(),
            _ => service.respond(request),
        });
        assert_eq!(resolution.page_outcome(0).unwrap().unwrap_err().kind(), kind);
        assert_resolved(&resolution, &articles);
        assert_eq!(
            resolution.requests(RequestKind::NewsPage),
            if kind == ErrorKind::TooManyRedirects { 6 } else { 1 }
        );
    }
    let mut resolution = resolution_of(&articles);
    resolution.push_page(PAGE).unwrap();
    let (_, exchange) = resolution.next_request().unwrap();
    resolution.on_failure(exchange, Failure::TimedOut);
    assert_eq!(resolution.page_outcome(0).unwrap().unwrap_err().kind(), ErrorKind::TimedOut);
    let mut service = Service::new(&articles);
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_page_that_redirects_to_the_consent_page_is_not_read() {
    let articles = articles(2);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    resolution.push_page(PAGE).unwrap();
    service.run(&mut resolution, |service, request| match request.uri().path() {
        "/search" => redirect("https://consent.google.com/m?continue=x"),
        "/m" => response(200, "<p>Before you continue</p>"),
        _ => service.respond(request),
    });
    assert_eq!(resolution.page_outcome(0).unwrap().unwrap_err().kind(), ErrorKind::Consent);
    assert_resolved(&resolution, &articles);
}

#[test]
fn http_503_of_pages_counts() {
    let articles = articles(3);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    for path in ["search?q=1", "search?q=2", "home"] {
        resolution.push_page(&format!("https://news.google.com/{path}")).unwrap();
    }
    service.run(&mut resolution, |_, _| response(503, ""));
    assert!(resolution.is_blocked());
    assert_eq!(service.requests.len(), 3);
    assert_eq!(kinds(&resolution), [Some(ErrorKind::NotTried); 3]);
    assert_eq!(resolution.page_outcome(2).unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
}

#[test]
fn redirects_of_pages_are_followed() {
    let articles = articles(3);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    resolution.push_page(PAGE).unwrap();
    service.run(&mut resolution, |service, request| match service.requests.len() {
        0 => redirect("/search?q=y&hl=de"),
        _ => respond(&articles)(service, request),
    });
    assert_resolved(&resolution, &articles);
    let uris: Vec<_> = service.requests.iter().map(|request| request.uri().to_string()).collect();
    assert_eq!(uris, [PAGE, "https://news.google.com/search?q=y&hl=de"]);
}

#[test]
fn dropped_pages_are_requeued() {
    let articles = articles(3);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    resolution.push_page(PAGE).unwrap();
    let (_, late) = resolution.next_request().unwrap();
    resolution.requeue_in_flight();
    resolution.on_response(late, &response(429, ""));
    service.run(&mut resolution, respond(&articles));
    assert_resolved(&resolution, &articles);
    assert_eq!(service.requests.len(), 1);
}

#[test]
fn pieces_of_a_page_make_no_difference() {
    let articles = articles(20);
    let page = page_of(&articles);
    for size in [1, 100, 4096] {
        let mut resolution = resolution_of(&articles);
        resolution.push_page(PAGE).unwrap();
        let (_, mut exchange) = resolution.next_request().unwrap();
        assert_eq!(exchange.on_head(&response(200, "")), Next::Read);
        for piece in page.as_bytes().chunks(size) {
            assert_eq!(exchange.on_body(piece), Next::Read);
        }
        resolution.finish(exchange);
        assert_resolved(&resolution, &articles);
    }
}

#[test]
fn other_addresses_are_not_pages() {
    let mut resolution = Resolution::new(Options::new());
    for url in [
        "https://example.com/",
        "https://www.google.com/search?q=x",
        "search?q=x",
        "",
        "https://news.google.com/rss/articles/CBMiA",
        "https://news.google.com/_/DotsSplashUi/data/batchexecute",
    ] {
        let error = resolution.push_page(url).expect_err(url);
        assert_eq!(error.to_string(), "not the address of a Google News page with several links");
    }
    assert!(resolution.is_done());
}

/// Returns the URL of an article with another last byte, so that it has the length that the token determines.
fn other_url(article: &Article) -> String {
    article.url[..article.url.len() - 1].to_owned() + "!"
}

#[test]
fn an_article_with_different_urls_in_two_pages_is_requested() {
    let articles = articles(3);
    for article in &articles {
        let mut other = pairs(std::slice::from_ref(article));
        other[0].url = other_url(article);
        for (given_first, pages) in [
            (true, [page_of(&articles), news_page(&other, 0)]),
            (false, [page_of(&articles), news_page(&other, 0)]),
            (true, [news_page(&other, 0), page_of(&articles)]),
        ] {
            let mut resolution =
                if given_first { resolution_of(&articles) } else { Resolution::new(Options::new()) };
            assert_eq!(resolution.learn(pages[0].as_bytes()).refuted, 0);
            let taken = resolution.answered();
            let counts = resolution.learn(pages[1].as_bytes());
            assert_eq!(counts.refuted, 0, "of the page alone");
            if !given_first {
                articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
            }
            let counts = resolution.pair_counts();
            assert_eq!((counts.found, counts.confirmed, counts.refuted), (3, 2, 1));
            assert_eq!((resolution.remaining(), resolution.answers().count()), (1, 2));

            let mut service = Service::new(&articles);
            service.run(&mut resolution, Service::respond);
            assert_resolved(&resolution, &articles);
            assert_eq!((service.pages(), service.posts()), (1, 1));
            assert_eq!((resolution.remaining(), resolution.answers().count()), (0, 3));
            // Each answer is returned once to a caller who stores answers as they arrive.
            let online = resolution.answers_from(taken).filter(|(_, found)| found.source() == Source::Online);
            assert_eq!(online.map(|(_, found)| found.url()).collect::<Vec<_>>(), [article.url.as_str()]);
        }
    }
}

#[test]
fn an_article_that_was_not_requested_because_of_a_page_is_requested_after_a_different_page() {
    let articles = articles(1);
    let mut other = pairs(&articles);
    other[0].url = other_url(&articles[0]);
    let mut resolution = resolution_of(&articles);
    resolution.learn(page_of(&articles).as_bytes());
    assert!(resolution.next_request().is_none());
    resolution.learn(news_page(&other, 0).as_bytes());
    assert!(!resolution.is_done());
    let mut service = Service::new(&articles);
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!(sources(&resolution), [Some(Source::Online)]);
    assert_eq!((service.pages(), service.posts()), (1, 1));
}

#[test]
fn links_of_several_pages_are_counted_once() {
    let articles = articles(4);
    let mut resolution = resolution_of(&articles);
    for page in [page_of(&articles[..3]), page_of(&articles[1..]), page_of(&articles)] {
        resolution.learn(page.as_bytes());
    }
    let counts = resolution.pair_counts();
    assert_eq!((counts.found, counts.confirmed), (4, 4));
    assert_eq!((resolution.answers().count(), resolution.answered()), (4, 4));
}

#[test]
fn a_page_is_requested_only_if_an_article_needs_it() {
    let articles = articles(2);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    for page in [PAGE, "https://news.google.com/home", "https://news.google.com/search?q=y"] {
        resolution.push_page(page).unwrap();
    }
    resolution.learn(page_of(&articles[..1]).as_bytes());
    resolution = {
        let mut resolution = resolution;
        let (_, exchange) = resolution.next_request().unwrap();
        assert_eq!(exchange.kind(), RequestKind::NewsPage);
        resolution.on_response(exchange, &response(200, page_of(&articles)));
        resolution
    };
    service.run(&mut resolution, respond(&articles));
    assert_resolved(&resolution, &articles);
    assert!(resolution.is_done());
    assert_eq!(
        (resolution.requests(RequestKind::NewsPage), service.requests.len()),
        (1, 0),
        "the other two are not requested"
    );
    // They are requested when another article is added.
    let more = google_news_link_loopback::article(7);
    resolution.push(&more.opaque());
    assert!(!resolution.is_done());
    let (_, exchange) = resolution.next_request().unwrap();
    assert_eq!(exchange.kind(), RequestKind::NewsPage);
}

#[test]
fn a_page_that_is_added_after_all_outcomes_is_not_requested() {
    let articles = articles(1);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, Service::respond);
    resolution.push_page(PAGE).unwrap();
    assert!(resolution.is_done() && resolution.next_request().is_none());
    assert_eq!(resolution.page_outcome(0), None);
}

#[test]
fn a_page_is_not_requested_if_its_articles_become_known_first() {
    let articles = articles(2);
    for known in [1, 2] {
        let mut resolution = resolution_of(&articles);
        resolution.push_page(PAGE).unwrap();
        resolution.learn(page_of(&articles[..known]).as_bytes());
        assert_eq!(resolution.is_done(), known == 2);
        let request = resolution.next_request();
        assert_eq!(request.map(|(request, _)| request.uri().to_string()), (known == 1).then(|| PAGE.into()));
    }
}

#[test]
fn a_page_is_requested_if_no_link_was_added() {
    let mut resolution = Resolution::new(Options::new());
    resolution.push_page(PAGE).unwrap();
    assert!(!resolution.is_done());
    let (request, exchange) = resolution.next_request().unwrap();
    assert_eq!(request.uri().to_string(), PAGE);
    resolution.on_response(exchange, &response(200, page_of(&articles(2))));
    assert!(resolution.is_done() && resolution.next_request().is_none());
    assert_eq!(resolution.page_outcome(0).unwrap().unwrap().found, 2);
}

#[test]
fn the_amp_url_of_a_page_is_that_of_the_article_with_its_token() {
    let pair = google_news_link_loopback::recorded_pairs()
        .into_iter()
        .find(|pair| pair.amp_url.is_some())
        .expect("some have one");
    let target = google_news_link::decode(&pair.id).unwrap();
    let article = target.as_opaque_article().unwrap();
    let mut resolution = Resolution::new(Options::new());
    resolution.push(article);
    // The same article, with and without another AMP URL.
    let plain = google_news_link::OpaqueArticle::new(article.token(), None).unwrap();
    resolution.push(&plain);
    resolution.learn(news_page(std::slice::from_ref(&pair), 0).as_bytes());
    let urls: Vec<_> = resolution
        .outcomes()
        .map(|outcome| outcome.map(|found| (found.url(), found.amp_url())).unwrap())
        .collect();
    assert_eq!(urls, [(&*pair.url, pair.amp_url.as_deref()), (&*pair.url, None)]);

    let own = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SARpodHRwczovL2FtdS50di8xMTE5MzEvYW1wLw";
    let target = google_news_link::decode(own).unwrap();
    let number = resolution.push_target(&target);
    let found = resolution.outcome(number).unwrap().unwrap();
    assert_eq!((Some(found.url()), found.amp_url()), (target.canonical_url(), target.amp_url()));
    assert!(found.amp_url().is_some());
}

#[test]
fn the_number_of_pages_in_flight_is_that_of_the_options() {
    let articles = articles(1);
    for count in [1, 2] {
        let mut resolution = Resolution::new(Options::new().pages_in_flight(count));
        resolution.push(&articles[0].opaque());
        for page in [PAGE, "https://news.google.com/home", "https://news.google.com/search?q=y"] {
            resolution.push_page(page).unwrap();
        }
        let exchanges: Vec<_> = std::iter::from_fn(|| resolution.next_request()).collect();
        assert_eq!(exchanges.len(), count);
    }
}

#[test]
fn the_redirect_of_a_page_is_not_followed_during_a_block() {
    let articles = articles(1);
    let mut resolution = resolution_of(&articles);
    for page in [PAGE, "https://news.google.com/home"] {
        resolution.push_page(page).unwrap();
    }
    let exchanges: Vec<_> = std::iter::from_fn(|| resolution.next_request()).collect();
    let responses = [response(429, ""), redirect("https://news.google.com/home?hl=de")];
    for ((_, exchange), response) in exchanges.into_iter().zip(responses) {
        resolution.on_response(exchange, &response);
    }
    assert!(resolution.is_blocked() && resolution.is_done() && resolution.next_request().is_none());
    assert_eq!(resolution.page_outcome(0).unwrap().unwrap_err().kind(), ErrorKind::TooManyRequests);
    assert_eq!(resolution.page_outcome(1), None, "not requested yet");
    resolution.resume();
    let mut service = Service::new(&articles);
    service.run(&mut resolution, respond(&[]));
    assert_resolved(&resolution, &articles);
    let uris: Vec<_> = service.requests[..2].iter().map(|request| request.uri().to_string()).collect();
    assert_eq!(uris, [PAGE, "https://news.google.com/home?hl=en-US&gl=US&ceid=US:en"]);
}
