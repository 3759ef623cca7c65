package org.millrace.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileTest {

    private final Retracted retracted = new Retracted();

    @Test
    void keptIsWhatWasCleanedWithoutWhatWasTakenBack() {
        retracted.byCleaner("b");
        retracted.byPerson("c");
        retracted.byPerson("https://example.org/d");
        Profile profile = new Profile(retracted);
        for (String id : List.of("a", "b", "c", "d")) {
            profile.add(kept(id, "https://example.org/" + id, 100, null));
        }
        profile.add(dropped("https://example.org/b", "near-duplicate", "a"));

        assertThat(profile.kept().documents).isEqualTo(1);
        assertThat(profile.kept().bytes).isEqualTo(100);
        assertThat(profile.takenBackByCleaner()).isEqualTo(1);
        assertThat(profile.takenBackByPeople()).isEqualTo(2);
        assertThat(profile.dropped()).isEqualTo(1);
        assertThat(profile.judged()).isEqualTo(4);
    }

    @Test
    void aTextOfTwoLinesCountsOnceUnderTheFirst() {
        Profile profile = new Profile(retracted);
        profile.add(kept("a", "https://first.example/", 100, null));
        profile.add(kept("a", "https://second.example/", 100, null));

        assertThat(profile.kept().documents).isEqualTo(1);
        assertThat(profile.domainsKept.top(2)).containsExactly(new TopCounts.Entry("first.example", 1));
        assertThat(notes(profile))
                .contains("1 pages hold a text that another line holds: counted once, under the first.")
                .doesNotContain("published once more");
    }

    @Test
    void aDocumentThatIsPublishedOnceMoreIsToldOf() {
        Profile profile = new Profile(retracted);
        profile.add(new Fact.PublishedAgain());
        profile.add(kept("a", "https://example.org/", 100, null));

        assertThat(notes(profile))
                .contains("1 times a document was published once more")
                .doesNotContain("another line");
    }

    private static String notes(Profile profile) {
        TokenEstimate tokens = TokenEstimate.byRule(profile.kept().bytes);
        return new ProfileReport(profile, "a test", tokens, null)
                .report()
                .sections()
                .getLast()
                .notes()
                .toString();
    }

    /// c gave way to b and b to a: one cluster is left.
    @Test
    void clustersAreThoseOfTheDocumentsThatStand() {
        retracted.byCleaner("b");
        Profile profile = new Profile(retracted);
        profile.add(dropped("https://example.org/c", "near-duplicate", "b"));
        profile.add(dropped("https://example.org/b", "near-duplicate", "a"));
        profile.add(dropped("https://example.org/e", "exact-duplicate", "a"));

        assertThat(profile.clusters()).isEqualTo(1);
        assertThat(profile.duplicates()).isEqualTo(3);
        assertThat(profile.largestClusters.top(1)).containsExactly(new TopCounts.Entry("a", 2));
    }

    @Test
    void everyOrderOfTheFactsGivesTheSameReport() {
        retracted.byCleaner("d7");
        List<Fact> facts = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            String url = "https://host%d.example/%d".formatted(i % 23, i);
            facts.add(new Fact.Visited(i % 5 == 0 ? "http error" : "fetched", i));
            facts.add(
                    i % 3 == 0
                            ? dropped(url, "rule-" + i % 4, i % 2 == 0 ? "d" + i % 9 : "")
                            : kept("d" + i, url, 50 + i, i / 400.0));
        }
        String inOrder = reported(facts);

        Collections.shuffle(facts, new Random(4));

        assertThat(reported(facts)).isEqualTo(inOrder);
    }

    private String reported(List<Fact> facts) {
        Profile profile = new Profile(retracted);
        facts.forEach(profile::add);
        TokenEstimate tokens = TokenEstimate.byRule(profile.kept().bytes);
        Sufficiency sufficiency = Sufficiency.of(tokens, new ModelSize(1000, "a test's"));
        return new ProfileReport(profile, "a test", tokens, sufficiency).report()
                + ProfileFigures.json(profile, tokens, sufficiency);
    }

    @Test
    void examplesAreFewAndOfEachRule() {
        Profile profile = new Profile(retracted);
        for (int i = 0; i < 100; i++) {
            profile.add(dropped("https://example.org/" + i, i % 10 == 0 ? "rare" : "common", ""));
        }

        assertThat(profile.rules()).extracting(Profile.RuleCount::rule).containsExactly("common", "rare");
        assertThat(profile.rules()).allMatch(rule -> rule.examples().size() == 3);
        assertThat(profile.rules().getLast().examples())
                .allMatch(page -> page.source().endsWith("0"));
    }

    @Test
    void namesOfRulesHaveAnEnd() {
        Profile profile = new Profile(retracted);
        for (int i = 0; i < 2_000; i++) {
            profile.add(dropped("https://example.org/" + i, "invented-" + i, ""));
        }

        assertThat(profile.rules().size()).isLessThanOrEqualTo(501);
        assertThat(profile.rules().stream().mapToLong(Profile.RuleCount::count).sum())
                .isEqualTo(2_000);
        assertThat(profile.rules().getFirst().rule()).isEqualTo("other rules");
    }

    /// With `-Dmillrace.long=true` a million facts of each kind; the bound does not change.
    @Test
    void memoryStaysFlatButForTheFingerprints() {
        int documents = Boolean.getBoolean("millrace.long") ? 1_000_000 : 150_000;
        Profile profile = new Profile(retracted);
        long before = usedAfterCollection();

        for (int i = 0; i < documents; i++) {
            String url = "https://host%d.example/%d".formatted(i, i);
            profile.add(kept("id" + i, url, 1_000, 0.5));
            profile.add(dropped(url, "rule-" + i % 40, "cluster" + i));
        }

        long grown = usedAfterCollection() - before;
        assertThat(profile.judged()).isEqualTo(2L * documents);
        // two sets of fingerprints, 24 bytes each at most, and five maps of 40,000 names
        assertThat(grown).isLessThan(48L * documents + (40L << 20));
    }

    private static long usedAfterCollection() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    @ParameterizedTest
    @CsvSource({
        "https://www.Example.org:8443/a,example.org",
        "http://192.0.2.1/a,192.0.2.1",
        "https://xn--bcher-kva.example/,xn--bcher-kva.example",
        "file:///home/page.html,files",
        "pages/one.html,files",
        "not a url,files"
    })
    void aDomainIsTheHost(String source, String domain) {
        assertThat(Profile.domain(source)).isEqualTo(domain);
    }

    @ParameterizedTest
    @CsvSource({
        "'',none named",
        "https://creativecommons.org/licenses/by-sa/4.0/,CC BY-SA 4.0",
        "http://www.creativecommons.org/licenses/by/3.0/de/deed.en,CC BY 3.0",
        "https://creativecommons.org/publicdomain/zero/1.0/,CC0 1.0",
        "https://creativecommons.org/publicdomain/mark/1.0/,Public Domain Mark 1.0",
        "https://example.org/terms/?session=3#top,example.org/terms",
        "javascript:alert(1),javascript:alert(1)"
    })
    void licencesHaveNamesThatPeopleKnow(String url, String name) {
        assertThat(Licence.name(url)).isEqualTo(name);
    }

    @Test
    void outcomesOfTheCrawlAreCounted() {
        Profile profile = new Profile(retracted);
        profile.add(new Fact.Visited("fetched", 10));
        profile.add(new Fact.Visited("fetched", 20));
        profile.add(new Fact.Visited("unchanged", 0));

        assertThat(profile.outcomes()).isEqualTo(Map.of("fetched", 2L, "unchanged", 1L));
        assertThat(profile.bytesFetched()).isEqualTo(30);
    }

    static Fact.Kept kept(String id, String url, int bytes, @Nullable Double quality) {
        return new Fact.Kept(
                id, url, "en", "", true, false, false, bytes, bytes, bytes / 5, quality, new Fact.Counted(1, 0, 2, 0));
    }

    static Fact.Dropped dropped(String url, String rule, String duplicateOf) {
        return new Fact.Dropped(url, rule, "3 words", "at least 30 words", "It begins", "en", 20, duplicateOf);
    }
}
