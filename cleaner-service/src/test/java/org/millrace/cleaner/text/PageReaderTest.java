package org.millrace.cleaner.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.cleaner.Page;

class PageReaderTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "text/plain; charset=ISO-8859-2; iso-8859-2",
                "text/plain; charset=\"windows-1250\"; windows-1250",
                "text/plain; charset=UTF-16LE; UTF-16LE",
                "text/plain; charset=utf-8; UTF-8",
                "text/plain; nothing; UTF-8",
                "text/plain; charset=no-such-charset; UTF-8"
            })
    void theHeaderNamesTheCharset(String type, String parameter, String charset) {
        assertThat(text(type + ";" + parameter, "Łódź leży w Polsce.".getBytes(Charset.forName(charset))))
                .isEqualTo("Łódź leży w Polsce.");
    }

    @Test
    void whatIsNotUtf8IsWindows1252() {
        assertThat(text("text/plain", "“Crème brûlée” – 3 €".getBytes(Charset.forName("windows-1252"))))
                .isEqualTo("“Crème brûlée” – 3 €");
    }

    @Test
    void latin1IsReadAsItsSupersetWindows1252() {
        assertThat(text("text/plain; charset=iso-8859-1", "“so”".getBytes(Charset.forName("windows-1252"))))
                .isEqualTo("“so”");
    }

    @ParameterizedTest
    @CsvSource({"UTF-8, EFBBBF", "UTF-16BE, FEFF", "UTF-16LE, FFFE"})
    void aByteOrderMarkWinsOverTheHeader(String charset, String mark) {
        byte[] start = java.util.HexFormat.of().parseHex(mark);
        byte[] rest = "naïve".getBytes(Charset.forName(charset));
        byte[] body = new byte[start.length + rest.length];
        System.arraycopy(start, 0, body, 0, start.length);
        System.arraycopy(rest, 0, body, start.length, rest.length);

        assertThat(text("text/plain; charset=windows-1251", body)).isEqualTo("naïve");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "<meta charset=windows-1251>; windows-1251",
                "<meta http-equiv=\"Content-Type\" content=\"text/html, charset=koi8-r\">; koi8-r",
                "<?xml version=\"1.0\" encoding=\"windows-1251\"?>; windows-1251",
                "<meta charset=utf-16>; UTF-8"
            })
    void thePageNamesItsCharset(String declaration, String charset) {
        String html = declaration + "<p>Москва стоит на реке и известна всем людям.</p>";

        assertThat(text("text/html", html.getBytes(Charset.forName(charset))))
                .isEqualTo("Москва стоит на реке и известна всем людям.");
    }

    @Test
    void aPageWithoutATypeShowsWhatItIs() {
        assertThat(text("", bytes("<p>This paragraph has some words in it.</p>")))
                .isEqualTo("This paragraph has some words in it.");
        assertThat(text("", bytes("Plain words without any markup."))).isEqualTo("Plain words without any markup.");
        assertThat(PageReader.read(new Page("https://example.org/", "", new byte[] {0, 1, 2})))
                .isInstanceOf(PageReader.Refused.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "<a rel=\"nofollow license\" href=\"/licence\">; https://example.org/licence",
                "<link rel=license href=\"https://a.example/l\">; https://a.example/l",
                "<a href=\"https://creativecommons.org/publicdomain/zero/1.0/\">; https://creativecommons.org/publicdomain/zero/1.0/",
                "<meta name=DCTERMS.license content=\"https://b.example/l\">; https://b.example/l",
                "<a href=\"/creativecommons\">; ''"
            })
    void theLicenceIsFound(String markup, String licence) {
        assertThat(article(markup + "<p>Words.</p>").licence()).isEqualTo(licence);
    }

    @ParameterizedTest
    @CsvSource({"noindex, true", "NONE, true", "'index, noindex', true", "nofollow, false", "noimageindex, false"})
    void robotsDirectivesAreRead(String content, boolean refused) {
        String html = "<head><meta name=ROBOTS content='" + content + "'></head><p>Words.</p>";

        assertThat(
                        PageReader.read(new Page("https://example.org/", "text/html", bytes(html)))
                                instanceof PageReader.Refused)
                .isEqualTo(refused);
    }

    @Test
    void aThinPageIsNotFilledWithItsComments() {
        String comments =
                "<div class=comments><p>" + "I have so much to say about this page. ".repeat(4) + "</p></div>";

        assertThat(article("<h1>Tags</h1><p>Pages with this tag. Nothing here yet.</p>" + comments)
                        .text())
                .isEqualTo("Tags\n\nPages with this tag. Nothing here yet.");
    }

    @Test
    void whatOnlyHintsCallBoilerplateIsReadWhenNothingElseIsThere() {
        assertThat(article("<div><div class=comments><p>A forum has its text where others have comments.</p></div>"
                                + "<div class=comments><p>And a second post stands here as well.</p></div></div>")
                        .text())
                .contains("A forum has its text");
    }

    @Test
    void aHundredThousandNestedElementsAreReadInTime() {
        String html = "<div>".repeat(100_000) + "<p>A paragraph far below the surface of the page.</p>";

        Assertions.assertThatNoException()
                .isThrownBy(() -> org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
                        Duration.ofSeconds(20), () -> article(html)));
    }

    private static Article article(String html) {
        return read(new Page("https://example.org/page", "text/html", bytes(html)));
    }

    private static String text(String type, byte[] body) {
        return read(new Page("https://example.org/page", type, body)).text();
    }

    private static Article read(Page page) {
        PageReader.Reading reading = PageReader.read(page);
        assertThat(reading).isInstanceOf(PageReader.Read.class);
        return ((PageReader.Read) reading).article();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
