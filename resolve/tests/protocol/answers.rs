//! Tests of reading the answer to a POST.

use google_news_link::decode;
use google_news_link_loopback::{Asked, answer, article, article_of_url, articles, read_post, row};
use google_news_link_resolve::{ErrorKind, Options, Resolution};
use http::Method;
use serde_json::Value;

use crate::service::{
    Service, answer_error, assert_resolved, error_of, redirect, resolution_of, response, url_of,
};

#[test]
fn the_recorded_page_and_answer_are_read() {
    let link = include_str!("../../../tests/data/pages/source_url.txt").trim();
    let mut resolution = Resolution::new(Options::new());
    resolution.push_target(&decode(link).unwrap());
    let (request, exchange) = resolution.next_request().unwrap();
    let id =
        link.strip_prefix("https://news.google.com/rss/articles/").unwrap().strip_suffix("?oc=5").unwrap();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(
        request.uri().to_string(),
        format!("https://news.google.com/rss/articles/{id}?hl=en-US&gl=US&ceid=US:en")
    );
    assert!(request.headers().is_empty() && request.body().is_empty());
    resolution
        .on_response(exchange, &response(200, include_str!("../../../tests/data/pages/article_page.html")));

    let (request, exchange) = resolution.next_request().unwrap();
    assert_eq!(request.method(), Method::POST);
    assert_eq!(
        request.uri().to_string(),
        "https://news.google.com/_/DotsSplashUi/data/batchexecute?rpcids=Fbv4je"
    );
    assert_eq!(request.headers().len(), 1);
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
    let asked = read_post(request.body()).unwrap();
    let signature = "Ae5Wzi-zTr7BmTsy16W2E8ubaTXt".into();
    assert_eq!(asked, [Asked { tag: "1".into(), id: id.into(), timestamp: 1_790_181_872, signature }]);
    // The recording was made with the tag `generic`.
    let answer = include_str!("../../../tests/data/pages/batchexecute.txt").replace("\"generic\"", "\"1\"");
    resolution.on_response(exchange, &response(200, answer));
    assert_eq!(
        url_of(&resolution, 0),
        Some(
            "https://www.reuters.com/world/middle-east/hope-progress-after-us-iran-hold-first-shuttle-talks-months-2026-09-23/"
        )
    );
}

#[test]
fn every_recorded_answer_is_read() {
    type Outcome = Result<&'static str, ErrorKind>;
    const EXPECTED: &[(&str, &[Outcome])] = &[
        (
            "ok_no_tag_sent",
            &[Ok(
                "https://www.canberratimes.com.au/story/9186379/israel-strikes-iran-again-after-killing-supreme-leader/",
            )],
        ),
        ("ok_no_tag_sent_2", &[Ok("https://example.com/real-article")]),
        (
            "ok_cbsnews",
            &[Ok(
                "https://www.cbsnews.com/news/artificial-intelligence-trained-to-help-with-careers-60-minutes/",
            )],
        ),
        ("ok_faroutmagazine", &[Ok("https://faroutmagazine.co.uk/2016-movie/")]),
        ("ok_http_not_https", &[Ok("http://finance.ce.cn/stock/gsgdbd/202302/16/t20230216_38395893.shtml")]),
        ("ok_escaped_query", &[Ok("https://www.ekdotis.gr/article.php?id=123&cat=4")]),
        ("ok_batch_reordered", &[Ok("https://a.com/1"), Ok("https://b.com/2")]),
        ("err_3_no_signature", &[Err(ErrorKind::InvalidArgument)]),
        ("err_5", &[Err(ErrorKind::NotFound)]),
        ("rt_c_chunked_error_other_rpc", &[Err(ErrorKind::MissingRow)]),
        ("rt_c_transport_error_400_other_app", &[Err(ErrorKind::BadRequest), Err(ErrorKind::BadRequest)]),
        ("rt_c_chunked_ok", &[Ok("https://example.com/a?b=1")]),
    ];
    let recorded: Vec<Value> =
        serde_json::from_str(include_str!("../../../tests/data/pages/responses.json")).unwrap();
    let recorded: Vec<_> = recorded.iter().filter(|case| case["body"].is_string()).collect();
    assert_eq!(recorded.len(), EXPECTED.len());
    for (case, (name, expected)) in recorded.into_iter().zip(EXPECTED) {
        assert_eq!(case["name"], *name);
        // They were recorded with the tag `generic` or without a tag; the first row that is requested has the tag 1.
        let body = case["body"].as_str().unwrap();
        let body =
            body.replace("\"generic\"", "\"1\"").replace("null,null,null,\"\"", "null,null,null,\"1\"");
        let status = case["http"].as_u64().unwrap_or(200) as u16;
        let articles: Vec<_> = expected
            .iter()
            .zip(0..)
            .map(|(outcome, n)| outcome.map_or_else(|_| article(n), article_of_url))
            .collect();
        let mut resolution = resolution_of(&articles);
        Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
            Method::GET => service.respond(request),
            _ => response(status, body.as_str()),
        });
        let outcomes: Vec<_> = resolution
            .outcomes()
            .map(|outcome| outcome.map(|found| found.url()).map_err(|error| error.kind()))
            .collect();
        assert_eq!(outcomes, *expected, "{name}");
    }
}

#[test]
fn rows_come_in_any_order() {
    let articles = articles(120);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let mut rows = read_post(request.body()).unwrap();
            fastrand::Rng::with_seed(7).shuffle(&mut rows);
            let rows = rows.iter().map(|asked| row(&asked.tag, service.answer_of(asked))).collect();
            response(200, answer(rows))
        }
    });
    assert_resolved(&resolution, &articles);
}

#[test]
fn swapped_rows_are_never_returned_where_lengths_differ() {
    // There are 50 rows in a POST, and 61 lengths.
    let articles = articles(500);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let rows = read_post(request.body()).unwrap();
            let urls = rows.iter().cycle().skip(1).map(|asked| service.answer_of(asked));
            let rows = rows.iter().zip(urls).map(|(asked, url)| row(&asked.tag, url)).collect();
            response(200, answer(rows))
        }
    });
    for (n, outcome) in resolution.outcomes().enumerate() {
        let error = outcome.unwrap_err();
        // The URL of the next article, or of the first one of the 50.
        let other = if n % 50 == 49 { &articles[n - 49] } else { &articles[n + 1] };
        assert_eq!(error.kind(), ErrorKind::WrongLength);
        assert_eq!(error.unverified_url(), Some(other.url.as_str()));
        assert_eq!(error.expected_len(), Some(articles[n].url.len()));
        assert!(error.is_retryable());
    }
    assert_eq!(resolution.answers().count(), 0);
}

#[test]
fn a_row_that_fails_or_is_missing_is_an_error_of_its_article_alone() {
    let articles = articles(9);
    let mut resolution = resolution_of(&articles);
    Service::new(&articles).run(&mut resolution, |service, request| match *request.method() {
        Method::GET => service.respond(request),
        _ => {
            let rows = read_post(request.body()).unwrap();
            let codes = [Some(3), Some(5), Some(7), Some(8), Some(13), Some(12)];
            let codes = codes.into_iter().chain(std::iter::repeat(None));
            let rows = rows.iter().zip(codes).filter(|(asked, _)| asked.tag != "8");
            let rows = rows
                .map(|(asked, code)| row(&asked.tag, code.map_or(service.answer_of(asked), Err)))
                .collect();
            response(200, answer(rows))
        }
    });
    let errors: Vec<_> = resolution
        .outcomes()
        .map(|outcome| outcome.err().map(|error| (error.kind(), error.row_error(), error.is_retryable())))
        .collect();
    assert_eq!(
        errors,
        [
            Some((ErrorKind::InvalidArgument, Some(3), true)),
            Some((ErrorKind::NotFound, Some(5), false)),
            Some((ErrorKind::PermissionDenied, Some(7), false)),
            Some((ErrorKind::ResourceExhausted, Some(8), true)),
            Some((ErrorKind::OtherRowError, Some(13), true)),
            Some((ErrorKind::OtherRowError, Some(12), false)),
            None,
            Some((ErrorKind::MissingRow, None, true)),
            None,
        ]
    );
}

#[test]
fn every_failure_of_an_answer_has_its_kind() {
    let url = |url: &str| response(200, answer(vec![row("1", Ok(url))]));
    let cases = [
        (response(200, ""), ErrorKind::InvalidAnswer, true),
        (response(200, "<html>"), ErrorKind::InvalidAnswer, true),
        (response(200, ")]}'\n\n[[\"wrb.fr\","), ErrorKind::InvalidAnswer, true),
        (response(200, ")]}'\n\n[]"), ErrorKind::MissingRow, true),
        (response(200, answer(vec![row("2", Ok(&article(0).url))])), ErrorKind::MissingRow, true),
        (response(200, answer(vec![row("1", Err(3))])), ErrorKind::InvalidArgument, true),
        (response(200, vec![b' '; 4 << 20]), ErrorKind::InvalidAnswer, true),
        (response(200, vec![b' '; (4 << 20) + 1]), ErrorKind::TooLarge, false),
        (response(400, answer(vec![])), ErrorKind::BadRequest, false),
        (response(429, ""), ErrorKind::TooManyRequests, true),
        (response(500, ""), ErrorKind::UnexpectedStatus, true),
        (redirect("https://www.google.com/sorry/index"), ErrorKind::Captcha, true),
        (redirect("https://consent.google.com/ml?continue=x"), ErrorKind::Consent, false),
        (redirect("/elsewhere"), ErrorKind::RefusedRedirect, false),
        (url(&article(0).url[1..]), ErrorKind::InvalidUrl, false),
        (url(&article(0).url.replace("https://", "javascript")), ErrorKind::InvalidUrl, false),
        (url(&article(0).url.replace('?', "\n")), ErrorKind::InvalidUrl, false),
        (url(&article(0).link()), ErrorKind::InvalidUrl, false),
        (url(article(0).url.strip_suffix('=').unwrap()), ErrorKind::WrongLength, true),
        (url(&article(1).url), ErrorKind::WrongLength, true),
    ];
    for (n, (post, kind, is_retryable)) in cases.into_iter().enumerate() {
        let error = answer_error(post);
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "case {n}");
    }
}

#[test]
fn google_pages_of_the_right_length_are_not_answers() {
    let len = article(0).url.len();
    for begin in [
        "https://news.google.com/read/",
        "https://news.google.co.jp/",
        "https://news.google.com./",
        "https://NEWS.google.com/",
        "https://u@news.google.com/",
        "https://news.google.com:443/",
        "https://n%65ws.google.com/",
        "https://www.google.com/url?q=",
        "https://www.google.de/goto?url=",
        "https://www.google.com/sorry/index?",
        "https://consent.google.com/m?",
        "https://accounts.google.com/v3/signin/",
    ] {
        let url = format!("{begin}{}", "x".repeat(len - begin.len()));
        let error = answer_error(response(200, answer(vec![row("1", Ok(&url))])));
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}");
        let seeded = Resolution::new(Options::new()).insert_known(&article(0).opaque(), &url);
        assert_eq!(seeded.map_err(|error| error.kind()), Err(ErrorKind::InvalidUrl), "{url}");
    }
}

#[test]
fn messages_contain_no_part_of_a_page() {
    let messages = [
        error_of(response(200, "<p>secret</p>"), None).to_string(),
        error_of(response(418, "secret"), None).to_string(),
        answer_error(response(200, answer(vec![row("1", Ok(&article(1).url))]))).to_string(),
        answer_error(response(200, answer(vec![row("1", Err(3))]))).to_string(),
        answer_error(response(400, "secret")).to_string(),
        error_of(response(429, "secret"), None).to_string(),
    ];
    assert_eq!(
        messages,
        [
            "no signature in the page: neither data-n-a-sg nor data-p",
            "unexpected status 418",
            "URL of 42 bytes in the response, 41 expected",
            "invalid or outdated signature (row error 3)",
            "malformed request (HTTP 400)",
            "rate limited by Google (HTTP 429)",
        ]
    );
}
