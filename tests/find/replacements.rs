//! Tests of the replacement of a link in texts of many formats.

use google_news_link::{find, rewrite};

use crate::ID;

#[test]
fn urls_are_escaped_as_the_link_was() {
    for (text, url, expected) in [
        (
            "a https://news.google.com/read/@ b",
            "https://example.com/?a=b&c=d",
            "a https://example.com/?a=b&c=d b",
        ),
        (
            r#"<a href="https://news.google.com/read/@">"#,
            "https://example.com/?a&b",
            r#"<a href="https://example.com/?a&amp;b">"#,
        ),
        (
            r#"<a href="https://news.google.com/read/@?a&amp;b">"#,
            "https://example.com/?a&b",
            r#"<a href="https://example.com/?a&amp;b">"#,
        ),
        (
            r#"<a href='https://news.google.com/read/@'>"#,
            "https://example.com/it's",
            "<a href='https://example.com/it%27s'>",
        ),
        (
            "<p>a https://news.google.com/read/@ b</p>",
            "https://example.com/?a&b",
            "<p>a https://example.com/?a&amp;b b</p>",
        ),
        (
            "<a b='c https://news.google.com/read/@ d'>",
            "https://example.com/?a&b",
            "<a b='c https://example.com/?a&amp;b d'>",
        ),
        (
            "<a><![CDATA[https://news.google.com/read/@]]></a>",
            "https://example.com/?a&b",
            "<a><![CDATA[https://example.com/?a&b]]></a>",
        ),
        (
            "> b https://news.google.com/read/@ <c",
            "https://example.com/?a&b",
            "> b https://example.com/?a&b <c",
        ),
        (
            "[a](https://news.google.com/read/@)",
            "https://example.com/a_(b)",
            "[a](https://example.com/a_%28b%29)",
        ),
        ("x,https://news.google.com/read/@,y", "https://example.com/a,b", "x,https://example.com/a%2Cb,y"),
        (
            "x,https://news.google.com/read/@ y",
            "https://example.com/a,b;c",
            "x,https://example.com/a%2Cb;c y",
        ),
        (
            "x https://news.google.com/read/@; y",
            "https://example.com/a,b;c",
            "x https://example.com/a,b%3Bc; y",
        ),
        (
            "(https://news.google.com/read/@ x)",
            "https://example.com/a_(b)[c]",
            "(https://example.com/a_%28b%29[c] x)",
        ),
        (
            "(x https://news.google.com/read/@)",
            "https://example.com/a_(b)[c]",
            "(x https://example.com/a_%28b%29[c])",
        ),
        (
            "[https://news.google.com/read/@ x]",
            "https://example.com/a_(b)[c]",
            "[https://example.com/a_(b)%5Bc%5D x]",
        ),
        (
            "[x https://news.google.com/read/@]",
            "https://example.com/a_(b)[c]",
            "[x https://example.com/a_(b)%5Bc%5D]",
        ),
        (
            "x https://news.google.com/read/@ y",
            "https://example.com/a_(b)[c],d;'e'",
            "x https://example.com/a_(b)[c],d;'e' y",
        ),
        (
            r#"{"a":"https://news.google.com/read/@?x\u0026y"}"#,
            "https://example.com/?a=b&c",
            r#"{"a":"https://example.com/?a\u003db\u0026c"}"#,
        ),
        (
            r#"{"a":"https://news.google.com/read/@\u0026y"}"#,
            "https://example.com/?a=b&c",
            r#"{"a":"https://example.com/?a\u003db\u0026c"}"#,
        ),
        (r#""https://news.google.com/read/@""#, "https://example.com/\"", r#""https://example.com/%22""#),
        (
            r#"{"a":"https:\/\/news.google.com\/read\/@?hl\u003den\u0026gl\u003dUS"}"#,
            "https://example.com/?a=b&c=d",
            r#"{"a":"https:\/\/example.com\/?a\u003db\u0026c\u003dd"}"#,
        ),
        (
            r#""{\"a\":\"https:\\/\\/news.google.com\\/read\\/@?hl\\u003den\"}""#,
            "https://example.com/?a=b&c=d",
            r#""{\"a\":\"https:\\/\\/example.com\\/?a\\u003db\\u0026c\\u003dd\"}""#,
        ),
        (
            "&lt;a href=&quot;https://news.google.com/read/@?a&amp;amp;b&quot;&gt;",
            "https://example.com/?a&b",
            "&lt;a href=&quot;https://example.com/?a&amp;amp;b&quot;&gt;",
        ),
        (
            r##"{"a":"\u003ca href=\"https://news.google.com/read/@?hl=en\u0026amp;gl=US\""}"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"{"a":"\u003ca href=\"https://ex.com/?x=1\u0026amp;copy=2\""}"##,
        ),
        (
            r##"{"a":"\u003cp\u003ehttps://news.google.com/read/@\u003c/p\u003e"}"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"{"a":"\u003cp\u003ehttps://ex.com/?x=1\u0026amp;copy=2\u003c/p\u003e"}"##,
        ),
        (
            r##"{"a":"<a href=\"https:\/\/news.google.com\/read\/@\">"}"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"{"a":"<a href=\"https:\/\/ex.com\/?x=1&amp;copy=2\">"}"##,
        ),
        (
            r##"<d>&lt;a href="https://news.google.com/read/@"&gt;</d>"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"<d>&lt;a href="https://ex.com/?x=1&amp;amp;copy=2"&gt;</d>"##,
        ),
        (
            r##"<d>&lt;a href="https://news.google.com/read/@?hl=en&amp;gl=US"&gt;</d>"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"<d>&lt;a href="https://ex.com/?x=1&amp;copy=2"&gt;</d>"##,
        ),
        (
            r##"&lt;p&gt;https://news.google.com/read/@ x&lt;/p&gt;"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"&lt;p&gt;https://ex.com/?x=1&amp;amp;copy=2 x&lt;/p&gt;"##,
        ),
        (
            r##"<script>{"a":"https://news.google.com/read/@?hl=en&gl=US"}</script>"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"<script>{"a":"https://ex.com/?x=1&copy=2"}</script>"##,
        ),
        (
            r##"<script>{"a":"https:\/\/news.google.com\/read\/@"}</script>"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"<script>{"a":"https:\/\/ex.com\/?x=1&copy=2"}</script>"##,
        ),
        (
            r##"<style>a { background: url(https://news.google.com/read/@) }</style>"##,
            r##"https://ex.com/it's(1)?a&b"##,
            r##"<style>a { background: url(https://ex.com/it%27s%281%29?a&b) }</style>"##,
        ),
        (
            r##"<a href=https://news.google.com/read/@>"##,
            r##"https://ex.com/it's"##,
            r##"<a href=https://ex.com/it%27s>"##,
        ),
        (
            r##"{"a":"<b>x</b>","c":"https://news.google.com/read/@","d":"<i>"}"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"{"a":"<b>x</b>","c":"https://ex.com/?x=1&copy=2","d":"<i>"}"##,
        ),
        (
            r##"「https://news.google.com/read/@」"##,
            r##"https://ex.com/「a」"##,
            r##"「https://ex.com/「a%E3%80%8D」"##,
        ),
        (
            r##"<a href=&#39;https://news.google.com/read/@&#39;>"##,
            r##"https://ex.com/it's;a"##,
            r##"<a href=&#39;https://ex.com/it%27s;a&#39;>"##,
        ),
        (
            r##"https://twitter.com/intent/tweet?text=Hi%20https://news.google.com/read/@%20via"##,
            r##"https://ex.com/%20?a=1&b=2+3#c"##,
            r##"https://twitter.com/intent/tweet?text=Hi%20https://ex.com/%2520?a=1%26b=2%2B3%23c%20via"##,
        ),
        (
            r##"?b=%3Ca%20href%3D%22https%3A%2F%2Fnews.google.com%2Fread%2F@%3Fhl%3Den%26amp%3Bgl%3DUS%22%3E"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"?b=%3Ca%20href%3D%22https%3A%2F%2Fex.com%2F%3Fx%3D1%26amp%3Bcopy%3D2%22%3E"##,
        ),
        (
            r##"?b=%3Ca%20href%3D%22https%3A%2F%2Fnews.google.com%2Fread%2F@%22%3E"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"?b=%3Ca%20href%3D%22https%3A%2F%2Fex.com%2F%3Fx%3D1%26amp%3Bcopy%3D2%22%3E"##,
        ),
        (
            r##"https://news.google.com/read/@?oc=5…"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"https://ex.com/?x=1&copy=2…"##,
        ),
        ("<https://news.google.com/read/@>", "https://ex.com/?a=b&c=d", "<https://ex.com/?a=b&c=d>"),
        (
            "?u=https%3A//news.google.com/read/@%3Foc%3D5&b",
            "https://ex.com/a%2Fb?c=d&e",
            "?u=https%3A//ex.com/a%252Fb%3Fc%3Dd%26e&b",
        ),
        (
            r##"__https://news.google.com/read/@?oc=5__"##,
            r##"https://ex.com/?x=1&copy=2"##,
            r##"__https://ex.com/?x=1&copy=2__"##,
        ),
        (
            "INSERT INTO t VALUES ('Read https://news.google.com/read/@ now');",
            "https://ex.com/it's",
            "INSERT INTO t VALUES ('Read https://ex.com/it%27s now');",
        ),
        (
            "f(&#39;Read https://news.google.com/read/@ now&#39;);",
            "https://ex.com/it's",
            "f(&#39;Read https://ex.com/it%27s now&#39;);",
        ),
        ("Read https://news.google.com/read/@ now", "https://ex.com/it's", "Read https://ex.com/it's now"),
        // Without a tag, nothing is escaped for HTML.
        (
            "12:01 <bob> https://news.google.com/read/@\n12:02 <al> ok",
            "https://ex.com/?x=1&copy=2",
            "12:01 <bob> https://ex.com/?x=1&copy=2\n12:02 <al> ok",
        ),
        (
            r#"a.push("<b>x</b>");a.push("https://news.google.com/read/@");"#,
            "https://ex.com/?x=1&copy=2",
            r#"a.push("<b>x</b>");a.push("https://ex.com/?x=1&copy=2");"#,
        ),
        // An unescaped `&` in the link shows that none has to be escaped.
        (
            "<a href='https://news.google.com/read/@?hl=en&gl=US'>",
            "https://ex.com/?x=1&y=2",
            "<a href='https://ex.com/?x=1&y=2'>",
        ),
        (
            r"\href{https://news.google.com/read/@?hl=en\&gl=US}{x}",
            "https://ex.com/?x=1&y=2",
            r"\href{https://ex.com/?x=1\&y=2}{x}",
        ),
        ("<https://news.google.com/read/@|t>", "https://ex.com/a|b", "<https://ex.com/a%7Cb|t>"),
        (
            "https://news.google.com/read/@?hl=3Den&gl=3DUS",
            "https://ex.com/?id=20",
            "https://ex.com/?id=3D20",
        ),
        (
            "?u=https://www.google.com/url%3Fq%3Dhttps://ex.com/b%26sa%3DD&b",
            "https://ex.com/?x=1&y=2",
            "?u=https://ex.com/%3Fx%3D1%26y%3D2&b",
        ),
        (
            "<d>&amp;quot;https://news.google.com/read/@&amp;quot;</d>",
            "https://ex.com/?x=1&y=2",
            "<d>&amp;quot;https://ex.com/?x=1&amp;amp;y=2&amp;quot;</d>",
        ),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fnews.google.com%2Fread%2F@&h=1",
            "https://example.com/?a=b&c=%20",
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2F%3Fa%3Db%26c%3D%2520&h=1",
        ),
    ] {
        let text = text.replace('@', ID);
        let rewritten = rewrite(text.as_bytes(), |_| Some(url.into()));
        assert_eq!(String::from_utf8_lossy(&rewritten), expected, "{text}");
    }
}

#[test]
fn what_was_found_can_be_kept_and_put_back() {
    let text = format!("a https://news.google.com/s/CBIwkdv6lUE, b https://news.google.com/read/{ID}.");
    let mut links = Vec::new();
    let rewritten = rewrite(text.as_bytes(), |found| {
        links.push(found.as_bytes());
        std::str::from_utf8(found.as_bytes()).ok()?.strip_prefix("https://").map(Into::into)
    });
    assert_eq!(*rewritten, *text.replace("https://", "").into_bytes());
    assert_eq!(links, find(text.as_bytes()).map(|found| found.as_bytes()).collect::<Vec<_>>());
}
