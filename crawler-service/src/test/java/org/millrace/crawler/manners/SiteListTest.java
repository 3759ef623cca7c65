package org.millrace.crawler.manners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.crawler.web.NormalUrl;

class SiteListTest {

    @ParameterizedTest
    @CsvSource({
        "example.org, http://example.org/x, true",
        "example.org, https://a.b.example.org:8080/, true",
        "example.org, http://badexample.org/, false",
        "example.org, http://example.org.evil.net/, false",
        "Example.ORG., http://example.org/, true",
        "bücher.example, http://www.xn--bcher-kva.example/, true",
        "org, http://example.org/, true",
        "127.0.0.1, http://127.0.0.1:8080/, true",
        "127.1, http://127.0.0.1/, true",
        "http://example.org, http://example.org/x, true",
        "http://example.org, https://example.org/x, false",
        "http://example.org/a/, http://example.org/a/b, true",
        "http://example.org/a/, http://example.org/ab, false",
        "http://example.org/a, http://example.org/ab, true",
        "HTTP://EXAMPLE.org/%7Ea/../~b, http://example.org/~b/c, true",
        "http://example.org:8080/, http://example.org/, false",
        "http://example.org/?id=, http://example.org/?id=7, true",
    })
    void domainsHoldAllBelowThemAndUrlsAllThatStartsWithThem(String entry, String url, boolean listed) {
        SiteList list = SiteList.of("list", List.of("other.net", entry));

        assertThat(list.contains(NormalUrl.of(url).orElseThrow())).isEqualTo(listed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "  ",
                "two words",
                "example.org/path",
                "example.org:80",
                "*.example.org",
                "ftp://example.org/",
                "http://",
                "a..b",
                "[::1]",
                "user@example.org",
                "?"
            })
    void anEntryThatIsNeitherIsNamed(String entry) {
        assertThatThrownBy(() -> SiteList.of("limits.block", List.of("example.org", entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("limits.block[1]: expected a domain (example.org) or a URL prefix")
                .hasMessageEndingWith("got '" + entry.strip() + "'");
    }

    @Test
    void blockGoesBeforeAllow() {
        Scope scope = new Scope(
                SiteList.of("allow", List.of("example.org")), SiteList.of("block", List.of("private.example.org")));

        assertThat(scope.allows(NormalUrl.of("http://example.org/").orElseThrow()))
                .isTrue();
        assertThat(scope.allows(NormalUrl.of("http://private.example.org/").orElseThrow()))
                .isFalse();
        assertThat(scope.allows(NormalUrl.of("http://example.net/").orElseThrow()))
                .isFalse();
        assertThat(Scope.EVERYTHING.allows(NormalUrl.of("http://example.net/").orElseThrow()))
                .isTrue();
    }

    @Test
    void listsAreEqualHoweverTheyAreWritten() {
        assertThat(SiteList.of("a", List.of("b.example", "HTTP://A.example")))
                .isEqualTo(SiteList.of("b", List.of("http://a.example/", "B.example", "b.example.")))
                .extracting(SiteList::entries)
                .isEqualTo(List.of("b.example", "http://a.example/"));
    }

    @Test
    void filesHaveAnEntryALineAndComments(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(
                folder.resolve("block.txt"), "# those\nexample.org # asked us to\n\nhttp://a.net/x\n");

        assertThat(SiteList.read(file).entries()).containsExactly("example.org", "http://a.net/x");

        Files.writeString(file, "example.org\n\nnot a domain\n");
        assertThatThrownBy(() -> SiteList.read(file)).hasMessageStartingWith(file + " line 3: expected a domain");
    }
}
