package org.millrace.cleaner;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.Verdict.Dropped;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.cleaner.duplicate.MinHash;
import org.millrace.cleaner.rule.Breach;

class CleanerTest {

    private static final String PROSE =
            "The miller opens the gate in the morning, and the water turns the wheel until the evening. He grinds"
                    + " wheat for the bakers of the town and barley for the farmers who live beyond the hill. In winter the"
                    + " pond is frozen. Then the wheel stands still, and his children skate.";

    private final Cleaner cleaner = StandardCleaner.create();

    @Test
    void aPageBecomesADocument() {
        String html = """
                <html><head><title>The mill</title><link rel="canonical" href="/mill"></head>
                <body><nav><a href="/">Home</a></nav><main><h1>The mill</h1><p>%s</p>
                <p>Write to the miller at miller@example.org.</p>
                <a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></main></body></html>
                """.formatted(PROSE);

        Document document = kept(judge("text/html; charset=utf-8", html));

        assertThat(document.title()).isEqualTo("The mill");
        assertThat(document.text()).isEqualTo("The mill\n\n" + PROSE + "\n\nWrite to the miller at [email].");
        assertThat(document.language()).isEqualTo("en");
        assertThat(document.languageScore()).isGreaterThan(0.9).isLessThanOrEqualTo(1);
        assertThat(document.licence()).isEqualTo("https://creativecommons.org/licenses/by/4.0/");
        assertThat(document.canonicalUrl()).isEqualTo("https://example.org/mill");
        assertThat(document.maskedSpans()).isEqualTo(1);
        assertThat(document.id()).matches("[0-9a-f]{64}");
    }

    @Test
    void whatADroppedPageSaysCanBeSeen() {
        Page page = new Page(
                "https://example.org/x",
                "text/html",
                "<title>Hut</title><meta name=robots content=noindex><p>The hut stands alone on the hill."
                        .getBytes(StandardCharsets.UTF_8));

        Examined examined = cleaner.examine(page);

        assertThat(examined.verdict()).isEqualTo(cleaner.judge(page)).isInstanceOf(Dropped.class);
        assertThat(examined.article().title()).isEqualTo("Hut");
        assertThat(examined.text()).isEqualTo("The hut stands alone on the hill.");
        assertThat(cleaner.examine(new Page("x", "image/png", new byte[9])).text())
                .isEmpty();
    }

    @Test
    void everyDropNamesItsRuleValueAndThreshold() {
        assertThat(dropped(judge("text/html", "<p>Only a few words stand here.</p>"))
                        .breach())
                .isEqualTo(new Breach("too-short", "6 words", "at least 30 words"));
        assertThat(dropped(judge("application/pdf", "%PDF-1.7")).breach())
                .isEqualTo(new Breach("not-text", "application/pdf", "HTML or plain text"));
        assertThat(dropped(judge("text/html", "<meta name=robots content='NoIndex, follow'><p>" + PROSE))
                        .breach())
                .isEqualTo(new Breach("noindex", "meta robots: noindex, follow", "no noindex"));
    }

    @Test
    void anotherLanguageIsDroppedAndNamed() {
        Dropped dropped = dropped(
                judge(
                        "text/plain",
                        "Der Müller öffnet am Morgen das Wehr, und das Wasser treibt das Rad bis zum Abend. Er mahlt Weizen für"
                                + " die Bäcker der Stadt und Gerste für die Bauern, die hinter dem Hügel wohnen und am Abend kommen."));

        assertThat(dropped.breach().rule()).isEqualTo("language");
        assertThat(dropped.breach().value()).startsWith("de ");
        assertThat(dropped.breach().threshold()).isEqualTo("en > 0.65");
        assertThat(dropped.language()).isEqualTo("de");
    }

    @Test
    void aPageLargerThanTheLimitIsDropped() {
        byte[] body = new byte[Page.MAX_BODY_BYTES + 1];
        Arrays.fill(body, (byte) 'a');

        assertThat(dropped(cleaner.judge(new Page("https://example.org/", "text/plain", body)))
                        .breach()
                        .rule())
                .isEqualTo("too-large");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void pagesOfFewPatternsAboutOneSubjectAreKept(int wordings) {
        List<String> facts = List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup");
        for (int seed = 0; seed < 20; seed++) {
            String text = CountryPage.text("France", facts, wordings, seed);

            assertThat(judge("text/html", CountryPage.html("France", text)))
                    .describedAs(text)
                    .isInstanceOf(Kept.class);
        }
    }

    /// A name of two words takes a fifth of the characters if each short sentence says it, and Gopher's
    /// bound is a fifth. Prose says "it" and "the country" in between, and stays below.
    @Test
    void aLongNameInEverySentenceIsRepetitionAndInEveryOtherIsNot() {
        List<String> facts = List.of("Ouagadougou", "Africa", "West African CFA franc", "French", "Mali", "riz gras");
        String everywhere = CountryPage.text("Burkina Faso", facts, 4, 1);
        String everyOther = withPronouns(everywhere, "Burkina Faso");

        assertThat(dropped(judge("text/plain", everywhere)).breach().rule()).isEqualTo("repetition-ngrams");
        assertThat(judge("text/plain", everyOther)).isInstanceOf(Kept.class);
    }

    private static String withPronouns(String text, String name) {
        StringBuilder prose = new StringBuilder();
        int sentences = 0;
        for (String sentence : text.split("(?<=\\.) ")) {
            prose.append(sentences % 2 == 0 ? sentence : sentence.replace(name, "this country"))
                    .append(' ');
            sentences++;
        }
        return prose.toString();
    }

    @Test
    void pagesOfOnePatternAboutDifferentSubjectsAreNoDuplicates() {
        int[] france = MinHash.signature(
                CountryPage.text("France", List.of("Paris", "Europe", "euro", "French", "Spain", "onion soup"), 4, 1));
        int[] japan = MinHash.signature(
                CountryPage.text("Japan", List.of("Tokyo", "Asia", "yen", "Japanese", "no country", "sushi"), 4, 1));

        assertThat(MinHash.similarity(france, japan)).isLessThan(0.4);
    }

    private Verdict judge(String contentType, String body) {
        return cleaner.judge(new Page("https://example.org/page", contentType, body.getBytes(StandardCharsets.UTF_8)));
    }

    private static Document kept(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Kept.class);
        return ((Kept) verdict).document();
    }

    private static Dropped dropped(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Dropped.class);
        return (Dropped) verdict;
    }
}
