//! Tests of the requests after a block, and after it was lifted.

use google_news_link_loopback::articles;
use google_news_link_resolve::{AfterBlockedPage, ErrorKind, Options, Resolution};
use http::{Method, Request, Response};

use crate::service::{Service, assert_resolved, kinds, redirect, refuse_page, resolution_of, response};

#[test]
fn after_a_block_only_signed_articles_are_requested() {
    for (status, location, kind) in [
        (429, "", ErrorKind::TooManyRequests),
        (302, "https://www.google.com/sorry/index?continue=x", ErrorKind::Captcha),
        (302, "/sorry/index", ErrorKind::Captcha),
    ] {
        let articles = articles(200);
        let mut service = Service::new(&articles);
        let mut resolution = resolution_of(&articles);
        let blocked = articles[70].id.as_str();
        service.run(&mut resolution, |service, request| match request.uri().path().ends_with(blocked) {
            true => Response::builder().status(status).header("location", location).body(Vec::new()).unwrap(),
            false => service.respond(request),
        });
        assert_eq!((service.pages(), service.posts()), (71, 2), "{location}");
        let kinds = kinds(&resolution);
        assert_eq!(kinds[..70], vec![None; 70]);
        assert_eq!(kinds[70], Some(kind));
        assert_eq!(kinds[71..], vec![Some(ErrorKind::NotTried); 129]);
        assert!(resolution.outcomes().skip(70).all(|outcome| outcome.unwrap_err().is_retryable()));
        assert_eq!(resolution.remaining(), 129);
    }
}

#[test]
fn a_blocked_post_ends_all_requests() {
    let articles = articles(120);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => response(429, ""),
    });
    assert_eq!((service.pages(), service.posts()), (50, 1));
    let kinds = kinds(&resolution);
    assert_eq!(kinds[..50], vec![Some(ErrorKind::TooManyRequests); 50]);
    assert_eq!(kinds[50..], vec![Some(ErrorKind::NotTried); 70]);
}

#[test]
fn a_lifted_block_leads_to_requests_for_the_remaining_articles() {
    let articles = articles(200);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    assert!(!resolution.is_blocked());
    service.run(&mut resolution, refuse_page(&articles[70].id));
    assert!(resolution.is_blocked());

    resolution.resume();
    assert!(!resolution.is_blocked() && !resolution.is_done());
    assert_eq!(resolution.remaining(), 130);
    assert_eq!(kinds(&resolution)[70], Some(ErrorKind::NotTried));
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (130, 3));
    let first = service.requests[0].uri().path();
    assert!(first.ends_with(&articles[70].id), "the order is that of the articles");
    assert_resolved(&resolution, &articles);
    assert_eq!((resolution.remaining(), resolution.answers().count()), (0, 200));
}

#[test]
fn a_block_can_be_lifted_many_times() {
    let articles = articles(5);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    // One page, then a block.
    for article in &articles[1..] {
        service.run(&mut resolution, refuse_page(&article.id));
        assert!(resolution.is_blocked());
        resolution.resume();
    }
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (9, 5));
}

#[test]
fn a_lifted_block_changes_no_other_outcome() {
    let articles = articles(4);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| {
        let path = request.uri().path();
        let statuses = [(0, 500), (2, 429)];
        match statuses.iter().find(|&&(n, _): &&(usize, u16)| path.ends_with(&articles[n].id)) {
            Some(&(_, status)) => response(status, ""),
            None => service.respond(request),
        }
    });
    resolution.resume();
    let (failed, not_tried) = (Some(ErrorKind::UnexpectedStatus), Some(ErrorKind::NotTried));
    assert_eq!(kinds(&resolution), [failed, None, not_tried, not_tried]);
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!(kinds(&resolution), [failed, None, None, None]);
    assert_eq!((service.pages(), service.posts()), (2, 1));
    // Without a block, nothing is requested again.
    resolution.resume();
    assert!(resolution.is_done() && resolution.next_request().is_none());
}

#[test]
fn a_blocked_post_is_lifted_with_new_pages() {
    let articles = articles(60);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => response(429, ""),
    });
    resolution.resume();
    assert_eq!(resolution.remaining(), 60);
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    // Signatures grow old, so the 50 pages are requested again.
    assert_eq!((service.pages(), service.posts()), (60, 2));
    assert_resolved(&resolution, &articles);
}

#[test]
fn a_block_is_lifted_while_exchanges_are_in_flight() {
    let articles = articles(6);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let [(_, first), second, dropped, _] = std::array::from_fn(|_| resolution.next_request().unwrap());
    resolution.on_response(first, &response(429, ""));
    resolution.resume();
    // The resolution waits for it, and does not request it a second time.
    resolution.on_response(second.1, &service.respond(&second.0));
    drop(dropped);
    let pages: Vec<_> =
        std::iter::from_fn(|| resolution.next_request()).map(|(request, _)| request).collect();
    let ids: Vec<_> = pages.iter().map(|page| service.article_of(page).id.as_str()).collect();
    assert_eq!(ids, [articles[0].id.as_str(), articles[4].id.as_str()]);

    // Interrupted articles are requested again after `resume` and `requeue_in_flight`, in either order.
    for recall_first in [true, false] {
        let mut resolution = resolution_of(&articles);
        let [(_, first), _, _, _] = std::array::from_fn(|_| resolution.next_request().unwrap());
        resolution.on_response(first, &response(429, ""));
        if recall_first {
            resolution.requeue_in_flight();
            resolution.resume();
        } else {
            resolution.resume();
            resolution.requeue_in_flight();
        }
        service.requests.clear();
        service.run(&mut resolution, Service::respond);
        assert_eq!((service.pages(), service.posts()), (6, 1), "{recall_first}");
        assert_resolved(&resolution, &articles);
    }
}

#[test]
fn articles_of_a_block_are_requested_once_after_it() {
    let articles = articles(4);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles[..2]);
    service.run(&mut resolution, refuse_page(&articles[0].id));
    // During the block, one article is added and one becomes known.
    resolution.push(&articles[2].opaque());
    resolution.insert_known(&articles[1].opaque(), &articles[1].url).unwrap();
    resolution.push(&articles[3].opaque());
    assert!(resolution.is_done() && resolution.next_request().is_none());
    resolution.resume();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (3, 1));
    assert_resolved(&resolution, &articles);
}

#[test]
fn responses_in_flight_at_a_block_are_used_but_lead_to_no_other_page() {
    let articles = articles(8);
    let service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let [(_, first), second, (_, third), (_, fourth)] =
        std::array::from_fn(|_| resolution.next_request().unwrap());
    assert!(resolution.next_request().is_none(), "four pages are in flight");
    resolution.on_response(first, &response(429, ""));
    resolution.on_response(second.1, &service.respond(&second.0));
    resolution.on_response(third, &redirect("/elsewhere"));
    resolution.on_response(fourth, &response(200, "nothing"));
    let (request, exchange) = resolution.next_request().unwrap();
    assert_eq!(request.method(), Method::POST);
    resolution.on_response(exchange, &service.respond(&request));
    assert!(resolution.next_request().is_none() && resolution.is_done());
    let (not_tried, blocked) = (Some(ErrorKind::NotTried), Some(ErrorKind::TooManyRequests));
    // The other address of the fourth page was not requested.
    assert_eq!(
        kinds(&resolution),
        [blocked, None, not_tried, not_tried, not_tried, not_tried, not_tried, not_tried]
    );
}

/// Answers the pages of some articles with HTTP 503.
fn unavailable<'a>(ids: &'a [&'a str]) -> impl Fn(&Service, &Request<Vec<u8>>) -> Response<Vec<u8>> + 'a {
    move |service, request| match ids.iter().any(|id| request.uri().path().ends_with(id)) {
        true => response(503, ""),
        false => service.respond(request),
    }
}

#[test]
fn http_503_three_times_in_a_row_is_a_block() {
    let articles = articles(10);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let ids = articles[4..9].iter().map(|article| article.id.as_str()).collect::<Vec<_>>();
    service.run(&mut resolution, unavailable(&ids));
    assert_eq!((service.pages(), service.posts()), (7, 1));
    let (blocked, not_tried) = (Some(ErrorKind::Unavailable), Some(ErrorKind::NotTried));
    assert_eq!(kinds(&resolution)[..4], [None; 4]);
    assert_eq!(kinds(&resolution)[4..], [blocked, blocked, blocked, not_tried, not_tried, not_tried]);
    assert!(resolution.is_blocked());
    let error = resolution.outcome(4).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "blocked by Google (HTTP 503, 3 times in a row)");
    assert_eq!(error.status(), Some(503));
    assert!(error.is_retryable() && error.is_block());

    // All three are requested again after the block.
    resolution.resume();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_eq!((service.pages(), service.posts()), (6, 1));
    assert_resolved(&resolution, &articles);
}

#[test]
fn http_503_less_often_is_an_error_of_its_articles() {
    let articles = articles(9);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    let ids = [0, 1, 3, 5, 7, 8].map(|n: usize| articles[n].id.as_str());
    service.run(&mut resolution, unavailable(&ids));
    assert_eq!((service.pages(), service.posts()), (9, 1));
    assert!(!resolution.is_blocked());
    for (n, kind) in kinds(&resolution).into_iter().enumerate() {
        let expected = ids.contains(&articles[n].id.as_str()).then_some(ErrorKind::UnexpectedStatus);
        assert_eq!(kind, expected, "{n}");
    }
    assert_eq!(resolution.remaining(), 0);
}

#[test]
fn another_error_ends_a_series_of_http_503() {
    let articles = articles(6);
    let statuses = [503, 503, 500, 503, 503, 500];
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |service, _| response(statuses[service.requests.len()], ""));
    assert!(!resolution.is_blocked());
    for (outcome, status) in resolution.outcomes().zip(statuses) {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::UnexpectedStatus, Some(status)));
    }
}

#[test]
fn http_503_of_posts_counts() {
    let articles = articles(4);
    let mut resolution = Resolution::new(Options::new().ids_per_post(1));
    articles.iter().for_each(|article| assert!(resolution.push(&article.opaque()) < 4));
    let mut service = Service::new(&articles);
    let mut exchanges = Vec::new();
    for _ in 0..4 {
        let (request, exchange) = resolution.next_request().unwrap();
        exchanges.push((service.respond(&request), exchange));
    }
    exchanges.into_iter().for_each(|(page, exchange)| resolution.on_response(exchange, &page));
    service.run(&mut resolution, |_, _| response(503, ""));
    assert_eq!((service.pages(), service.posts()), (0, 4));
    let unavailable = Some(ErrorKind::Unavailable);
    assert_eq!(kinds(&resolution), [unavailable; 4]);
}

#[test]
fn http_503_is_an_error_if_the_other_articles_become_known() {
    let articles = articles(2);
    let mut resolution = resolution_of(&articles);
    let (_, exchange) = resolution.next_request().unwrap();
    let (_, other) = resolution.next_request().unwrap();
    resolution.on_response(exchange, &response(503, ""));
    drop(other);
    resolution.insert_known(&articles[1].opaque(), &articles[1].url).unwrap();
    resolution.requeue_in_flight();
    assert!(resolution.next_request().is_none());
    assert_eq!(kinds(&resolution), [Some(ErrorKind::UnexpectedStatus), None]);
}

#[test]
fn a_lifted_block_begins_a_new_count_of_http_503() {
    let articles = articles(6);
    let mut service = Service::new(&articles);
    let mut resolution = resolution_of(&articles);
    service.run(&mut resolution, |_, _| response(503, ""));
    assert_eq!(service.requests.len(), 3);
    resolution.resume();
    service.run(&mut resolution, |_, _| response(503, ""));
    assert_eq!(service.requests.len(), 6, "three more");
    assert!(resolution.is_blocked());
}

#[test]
fn pages_that_were_refused_together_with_a_block_are_requested_after_it() {
    // HTTP 503 for two pages in flight, before or after HTTP 429 for another one.
    for order in [[429, 503, 503], [503, 429, 503], [503, 503, 429]] {
        let articles = articles(3);
        let mut resolution = resolution_of(&articles);
        let exchanges: Vec<_> = (0..3).map(|_| resolution.next_request().unwrap().1).collect();
        for (exchange, status) in exchanges.into_iter().zip(order) {
            resolution.on_response(exchange, &response(status, ""));
        }
        assert!(resolution.is_blocked() && resolution.is_done());
        let expected = order.map(|status| {
            Some(if status == 429 { ErrorKind::TooManyRequests } else { ErrorKind::Unavailable })
        });
        assert_eq!(kinds(&resolution), expected, "{order:?}");
        resolution.resume();
        let mut service = Service::new(&articles);
        service.run(&mut resolution, Service::respond);
        assert_resolved(&resolution, &articles);
    }
}

#[test]
fn a_signature_that_arrives_after_a_refused_post_is_not_used() {
    let articles = articles(51);
    let mut resolution = resolution_of(&articles);
    let mut service = Service::new(&articles);
    let mut exchanges = Vec::new();
    // Fifty pages are answered and the last one is in flight, while the POST for the others is refused.
    while exchanges.len() < 51 {
        let (request, exchange) = resolution.next_request().unwrap();
        exchanges.push((request.uri().path().to_owned(), exchange));
        if exchanges.len() < 51 {
            let (path, exchange) = exchanges.pop().unwrap();
            let page = service.articles[path.rsplit_once('/').unwrap().1].page();
            resolution.on_response(exchange, &response(200, page));
            if service.requests.len() + 1 == 50 {
                break;
            }
            service.requests.push(request);
        }
    }
    let (request, post) = resolution.next_request().unwrap();
    let (post_request, page) = (request, resolution.next_request());
    assert_eq!(post_request.method(), Method::POST);
    let (_, page) = page.expect("the last page");
    resolution.on_response(post, &response(429, ""));
    resolution.on_response(page, &response(200, articles[50].page()));
    assert!(resolution.is_done() && resolution.next_request().is_none());
    assert_eq!(kinds(&resolution)[50], Some(ErrorKind::NotTried));

    resolution.resume();
    service.requests.clear();
    service.run(&mut resolution, Service::respond);
    assert_resolved(&resolution, &articles);
    assert_eq!((service.pages(), service.posts()), (51, 2));
}

#[test]
fn three_unavailable_articles_are_a_block_with_all_options_for_pages() {
    let articles = articles(5);
    let options = Options::new().pages_in_flight(1).after_blocked_page(AfterBlockedPage::RequestArticles);
    let mut resolution = Resolution::new(options);
    articles.iter().for_each(|article| _ = resolution.push(&article.opaque()));
    Service::new(&articles).run(&mut resolution, |_, _| response(503, ""));
    assert!(resolution.is_blocked());
    let (unavailable, not_tried) = (Some(ErrorKind::Unavailable), Some(ErrorKind::NotTried));
    assert_eq!(kinds(&resolution), [unavailable, unavailable, unavailable, not_tried, not_tried]);
}
