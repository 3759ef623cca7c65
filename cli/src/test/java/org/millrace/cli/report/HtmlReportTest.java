package org.millrace.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The page as a browser's parser sees it.
class HtmlReportTest {

    private static final Set<String> OURS = Set.of(
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "header",
            "h1",
            "h2",
            "p",
            "ul",
            "ol",
            "li",
            "b",
            "span",
            "nav",
            "a",
            "main",
            "section",
            "small",
            "div",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
            "canvas",
            "details",
            "summary",
            "script",
            "#root");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "</script><script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "' onmouseover='alert(1)",
                "<svg/onload=alert(1)>",
                "javascript:alert(1)",
                "<!--<script>",
                "]]><iframe srcdoc=x>",
                "</title></style></textarea><base href=//evil.example>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
                "{{constructor}}/*DATA*/null${1}$1\\"
            })
    void foreignTextsStayTexts(String hostile) {
        Document page = Jsoup.parse(HtmlReport.render(reportOf(hostile)));

        Set<String> elements = new TreeSet<>();
        for (Element element : page.getAllElements()) {
            elements.add(element.tagName());
            element.attributes().forEach(attribute -> assertThat(attribute.getKey())
                    .doesNotStartWith("on")
                    .isNotIn("src", "srcdoc", "action", "formaction", "style"));
        }
        assertThat(OURS).containsAll(elements);
        assertThat(page.select("script")).hasSize(3);
        assertThat(page.select("a[href]")).allMatch(link -> link.attr("href").matches("#s\\d+"));
        assertThat(page.title()).isEqualTo(hostile);
        assertThat(page.select("h1").text()).isEqualTo(hostile);
        assertThat(page.select("h2").text()).contains(hostile);
        assertThat(page.select("main td").eachText()).contains(hostile);
        assertThat(page.select("figcaption").eachText()).contains(hostile);
        assertThat(page.select(".cards b").text()).isEqualTo(hostile);
    }

    /// What a person sees must not be turned round or hidden by a page's title.
    @Test
    void charactersThatTurnTheTextOrSteerATerminalAreShownAsReplaced() {
        String page = HtmlReport.render(reportOf("a\u202Eb\u001B[2Jc\u0000d\uD800e"));

        assertThat(Jsoup.parse(page).select("h1").text()).isEqualTo("a\uFFFDb\uFFFD[2Jc\uFFFDd\uFFFDe");
    }

    @Test
    void thePolicyNamesTheHashOfEachScriptAndStyleAndAllowsNothingElse() throws Exception {
        Document page = Jsoup.parse(HtmlReport.render(reportOf("x")));
        String policy = page.select("meta[http-equiv=Content-Security-Policy]").attr("content");

        assertThat(policy).startsWith("default-src 'none';").doesNotContain("unsafe");
        for (Element script : page.select("script:not([type])")) {
            assertThat(policy).contains("'" + hash(script.data()) + "'");
        }
        assertThat(policy)
                .contains("style-src '" + hash(page.expectFirst("style").data()) + "'");
        assertThat(page.select("script:not([type])")).hasSize(2);
    }

    /// Chart.js styles its canvas through objects, which the policy allows; a request would be refused.
    @Test
    void nothingIsLoadedFromAnywhere() {
        Document page = Jsoup.parse(HtmlReport.render(reportOf("x")));

        assertThat(page.select("link, img, iframe, object, embed, [src]")).isEmpty();
        assertThat(page.expectFirst("style").data()).doesNotContain("url(", "@import");
    }

    @Test
    void eachPlotHasItsNumbersBesideIt() throws Exception {
        Document page = Jsoup.parse(HtmlReport.render(reportOf("x")));
        JsonNode plots =
                new ObjectMapper().readTree(page.expectFirst("script#charts").data());

        assertThat(page.select("canvas")).hasSize(2).allMatch(canvas -> !canvas.attr("aria-label")
                .isEmpty());
        assertThat(plots.get(0).get("values").toString()).isEqualTo("[3,1234]");
        assertThat(page.select("details").get(0).select("tbody tr").eachText()).containsExactly("x 3", "other 1,234");
        assertThat(plots.get(1).get("lines").get(0).get("y").toString()).isEqualTo("[2.0,1.0]");
        assertThat(page.select("details").get(1).select("tbody tr").eachText()).containsExactly("1.0 2.0", "2.0 1.0");
    }

    private static Report reportOf(String text) {
        Table table = new Table(text, List.of("name", text), List.of(List.of(text, text), List.of("b", "1")));
        return new Report(
                text,
                text,
                List.of(new Report.Card(text, text)),
                List.of(new Section(
                        text,
                        text,
                        List.of(text),
                        List.of(table),
                        List.of(
                                new Chart.Bars(text, text, text, List.of(text, "other"), List.of(3L, 1234L), true),
                                new Chart.Lines(
                                        "loss",
                                        "step",
                                        "nats",
                                        List.of(new Chart.Line(text, List.of(1.0, 2.0), List.of(2.0, 1.0))))),
                        List.of(table))));
    }

    private static String hash(String inline) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(inline.getBytes(StandardCharsets.UTF_8));
        return "sha256-" + Base64.getEncoder().encodeToString(digest);
    }
}
