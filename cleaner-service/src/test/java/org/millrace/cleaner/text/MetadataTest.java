package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.cleaner.Page;

class MetadataTest {

    @Test
    void whatAPageTellsSearchEnginesIsRead() {
        Article article = article("""
                <html lang="de-AT"><head><title>Die Mühle | Bote</title><link rel=canonical href="/muehle">
                <script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebPage",
                "name":"Seite"},{"@type":["NewsArticle"],"headline":"Die M\\u00fchle","author":[{"@type":"Person",
                "name":"Ada Holm"},{"@type":"Person","name":"Emil Keller"}],"datePublished":"2024-03-05T10:00:00+01:00",
                "license":"https://creativecommons.org/licenses/by/4.0/",},]}</script></head>
                <body><h1>Die Mühle</h1><p>Die Mühle steht am Fluss und mahlt noch immer.</p></body></html>""");

        assertThat(article)
                .isEqualTo(new Article(
                        "Die Mühle",
                        "Ada Holm; Emil Keller",
                        "2024-03-05",
                        "Die Mühle\n\nDie Mühle steht am Fluss und mahlt noch immer.",
                        "Die Mühle steht am Fluss und mahlt noch immer.",
                        "de",
                        "https://creativecommons.org/licenses/by/4.0/",
                        "https://example.org/muehle"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "<meta name=author content='Ada Holm'>; Ada Holm",
                "<meta property='article:author' content='https://example.org/ada'><a rel=author href=/a>Ada Holm</a>; Ada Holm",
                "<span itemprop=author>by Ada Holm</span>; Ada Holm",
                "<meta name=DC.creator content='Holm, Ada'>; 'Holm, Ada'",
                "<p>Nobody</p>; ''"
            })
    void theAuthorIsFound(String markup, String author) {
        assertThat(article(markup + "<p>The mill stands at the river.</p>").author())
                .isEqualTo(author);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "<meta property='article:published_time' content='2024-03-05T23:30:00Z'>; 2024-03-05",
                "<time itemprop=datePublished datetime='2024-03-05'>Tuesday</time>; 2024-03-05",
                "<meta itemprop=datePublished content='20240305'>; 2024-03-05",
                "<time>March 5th, 2024</time>; 2024-03-05",
                "<time>5 Mar 2024</time>; 2024-03-05",
                "<meta name=date content='Tue, 05 Mar 2024 10:00:00 GMT'>; 2024-03-05",
                "<meta name=date content='5.3.2024'>; 2024-03-05",
                "<meta name=date content='2024年3月5日'>; 2024-03-05",
                "<meta name=date content='2024-13-45'>; ''",
                "<meta name=date content='yesterday'>; ''"
            })
    void theDateIsFound(String markup, String date) {
        assertThat(article(markup + "<p>The mill stands at the river.</p>").publishedOn())
                .isEqualTo(date);
    }

    @Test
    void theDateInAPathIsTheLastToBelieve() {
        byte[] body = "<p>The mill stands at the river.</p>".getBytes(StandardCharsets.UTF_8);

        assertThat(read(new Page("https://example.org/2023/7/9/mill", "text/html", body))
                        .publishedOn())
                .isEqualTo("2023-07-09");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "<title>The mill | Bote</title>; <h1>The mill</h1>; The mill",
                "<title>Bote: The mill</title><meta property='og:site_name' content=Bote>; ''; The mill",
                "<title>Index</title><meta property='og:title' content='The mill'>; ''; The mill",
                "''; <h1>The mill</h1>; The mill",
                "<svg><title>Logo</title></svg>; <h1>The mill</h1>; The mill"
            })
    void theTitleIsFoundWithoutItsSite(String head, String heading, String title) {
        assertThat(article(head + heading + "<p>It stands at the river, and it turns.</p>")
                        .title())
                .isEqualTo(title);
    }

    @ParameterizedTest
    @CsvSource({"en-GB, en", "PT_BR, pt", "gsw, gsw", "english, ''", "'', ''"})
    void theDeclaredLanguageIsItsPrimaryTag(String declared, String language) {
        assertThat(article("<html lang='" + declared + "'><p>The mill stands at the river.</p>")
                        .language())
                .isEqualTo(language);
    }

    /// A stub of a page whose text scripts would load.
    @Test
    void theBodyForSearchEnginesStandsInForAPageThatShowsNothing() {
        String body = "The mill stands at the river, and it turns by day and by night.";
        String script = "<script type='application/ld+json'>{\"@type\":\"Article\",\"articleBody\":\"" + body
                + "\"%s}</script>";

        assertThat(article(script.formatted("") + "<div id=app>Loading</div>").body())
                .isEqualTo(body);
        assertThat(article(script.formatted(",\"isAccessibleForFree\":false") + "<div id=app>Loading</div>")
                        .body())
                .isEqualTo("Loading");
    }

    private static Article article(String html) {
        return read(new Page(
                "https://example.org/page", "text/html; charset=utf-8", html.getBytes(StandardCharsets.UTF_8)));
    }

    private static Article read(Page page) {
        return switch (PageReader.read(page)) {
            case PageReader.Read(var article) -> article;
            case PageReader.Refused(var breach) -> throw new AssertionError(breach.toString());
        };
    }
}
