package org.millrace.crawler.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadersTest {

    private static final NormalUrl PAGE =
            NormalUrl.of("https://example.org/dir/page").orElseThrow();

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "<https://creativecommons.org/licenses/by/4.0/>; rel=\"license\", https://creativecommons.org/licenses/by/4.0/",
                "<https://creativecommons.org/licenses/by/4.0/>; rel=license, https://creativecommons.org/licenses/by/4.0/",
                "`<a>; rel=next, <../terms>; title=\"x, <y>; rel=z\"; REL=\"up License\"`, https://example.org/terms",
                "`<terms>;rel = license;type=text/html`, https://example.org/dir/terms",
                "`<a>; rel=next; rel=license`, ``",
                "`<a>; rel=nolicense`, ``",
                "`<javascript:x>; rel=license`, ``",
                "`license`, ``",
                "`<a; rel=license`, ``",
            })
    void theLicenceIsTheLinkOfThatName(String field, String expected) {
        assertThat(Headers.of("Link", field)
                        .licence(PAGE)
                        .map(NormalUrl::toString)
                        .orElse(""))
                .isEqualTo(expected);
    }

    @Test
    void severalFieldsOfANameAreKeptApart() {
        Headers headers = Headers.of("link", "<a>; rel=next", "X-Other", "x", "LINK", "</terms>; rel=license");

        assertThat(headers.all("Link")).containsExactly("<a>; rel=next", "</terms>; rel=license");
        assertThat(headers.first("Link")).isEqualTo("<a>; rel=next");
        assertThat(headers.first("Date")).isEmpty();
        assertThat(headers.licence(PAGE)).map(NormalUrl::toString).contains("https://example.org/terms");
    }
}
