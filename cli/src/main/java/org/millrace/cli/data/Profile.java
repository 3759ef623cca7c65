package org.millrace.cli.data;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// What a stream of facts amounts to. Knows neither the log nor how it is shown.
///
/// Made for millions of facts: names are counted by [TopCounts], lengths by [Lengths], examples are a few a
/// rule. What grows with the data is [Fingerprints] of the documents, at most 24 bytes each.
///
/// The order of the facts does not matter as long as names fit, but where several documents have one id: the first
/// is counted, and only its text is the same as that of the others.
public final class Profile {

    /// Domains and licences that are told apart; with more the counts are a little too low.
    static final int NAMES = 20_000;

    /// Rules that are told apart. The cleaner has about forty; another producer may invent names.
    private static final int MOST_RULES = 500;

    private static final int EXAMPLES_A_RULE = 3;
    static final int QUALITY_STEPS = 20;
    static final String NO_DOMAIN = "files";

    private final Retracted retracted;
    private final Fingerprints documents = new Fingerprints();
    private final Fingerprints clusters = new Fingerprints();
    private final Map<String, Long> outcomes = new TreeMap<>();
    private final Map<String, Rule> rules = new TreeMap<>();

    final TopCounts languages = new TopCounts(NAMES);
    final TopCounts licences = new TopCounts(NAMES);
    final TopCounts domainsKept = new TopCounts(NAMES);
    final TopCounts domainsDropped = new TopCounts(NAMES);
    final TopCounts largestClusters = new TopCounts(NAMES);
    final Lengths lengths = new Lengths();
    final long[] quality = new long[QUALITY_STEPS];

    private long bytesFetched;
    private long dropped;
    private long duplicates;
    private long takenBackByCleaner;
    private long takenBackByPeople;
    private long publishedAgain;
    private long equalTexts;
    private long revisits;
    private final Totals kept = new Totals();

    /// Sums over the documents that are kept.
    static final class Totals {
        long documents;
        long bytes;
        long characters;
        long words;
        long counted;
        long maskedSpans;
        long masked;
        long toxicWords;
        long toxic;
        long biasWords;
        long bias;
        long removedParagraphs;
        long trimmed;
        long scored;
        long withTitle;
        long withAuthor;
        long withDate;
        long withLicence;
    }

    private static final class Rule {
        private long count;
        private final Examples examples = new Examples(EXAMPLES_A_RULE);
    }

    /// What a rule dropped.
    record RuleCount(String rule, long count, List<Fact.Dropped> examples) {}

    public Profile(Retracted retracted) {
        this.retracted = retracted;
    }

    public void add(Fact fact) {
        switch (fact) {
            case Fact.Visited visited -> {
                outcomes.merge(visited.outcome(), 1L, Long::sum);
                bytesFetched += visited.bytes();
            }
            case Fact.PublishedAgain _ -> publishedAgain++;
            case Fact.Revisited _ -> revisits++;
            case Fact.Kept document -> add(document);
            case Fact.Dropped page -> add(page);
        }
    }

    private void add(Fact.Kept document) {
        if (!document.id().isEmpty() && !documents.add(document.id())) {
            equalTexts++; // lines of a cleaner that looked for no duplicates, or of several files
        } else if (retracted.isByPerson(document)) {
            takenBackByPeople++;
        } else if (retracted.isByCleaner(document.id())) {
            takenBackByCleaner++;
        } else {
            count(document);
        }
    }

    private void count(Fact.Kept document) {
        kept.documents++;
        kept.bytes += document.bytes();
        kept.characters += document.characters();
        kept.words += document.words();
        Fact.Counted counted = document.counted();
        if (counted != null) {
            kept.counted++;
            kept.maskedSpans += counted.maskedSpans();
            kept.masked += counted.maskedSpans() > 0 ? 1 : 0;
            kept.toxicWords += counted.toxicWords();
            kept.toxic += counted.toxicWords() > 0 ? 1 : 0;
            kept.biasWords += counted.biasWords();
            kept.bias += counted.biasWords() > 0 ? 1 : 0;
            kept.removedParagraphs += counted.removedParagraphs();
            kept.trimmed += counted.removedParagraphs() > 0 ? 1 : 0;
        }
        kept.withTitle += document.hasTitle() ? 1 : 0;
        kept.withAuthor += document.hasAuthor() ? 1 : 0;
        kept.withDate += document.hasDate() ? 1 : 0;
        kept.withLicence += document.licence().isBlank() ? 0 : 1;
        Double score = document.quality();
        if (score != null) {
            kept.scored++;
            quality[(int) Math.clamp((long) (score * QUALITY_STEPS), 0, QUALITY_STEPS - 1)]++;
        }
        lengths.add(document.characters());
        languages.add(document.language().isBlank() ? "unknown" : document.language());
        licences.add(Licence.name(document.licence()));
        domainsKept.add(domain(document.source()));
    }

    private void add(Fact.Dropped page) {
        dropped++;
        String name = rules.containsKey(page.rule()) || rules.size() < MOST_RULES ? page.rule() : "other rules";
        Rule rule = rules.computeIfAbsent(name, key -> new Rule());
        rule.count++;
        rule.examples.add(page);
        domainsDropped.add(domain(page.source()));
        if (!page.duplicateOf().isEmpty()) {
            duplicates++;
            largestClusters.add(page.duplicateOf());
            if (!retracted.isByCleaner(page.duplicateOf())) {
                clusters.add(page.duplicateOf());
            }
        }
    }

    /// Host of a URL without "www."; files have none.
    static String domain(String source) {
        try {
            String host = new URI(source).getHost();
            if (host == null) {
                return NO_DOMAIN;
            }
            String lower = host.toLowerCase(Locale.ROOT);
            return lower.startsWith("www.") ? lower.substring(4) : lower;
        } catch (URISyntaxException e) {
            return NO_DOMAIN; // the name of a file
        }
    }

    Totals kept() {
        return kept;
    }

    /// URLs by what came of them; empty if the crawl was not seen.
    Map<String, Long> outcomes() {
        return outcomes;
    }

    long bytesFetched() {
        return bytesFetched;
    }

    /// Pages that were dropped by a rule, duplicates included.
    long dropped() {
        return dropped;
    }

    /// Verdicts in force: each page is kept, dropped, or was kept until a person took it back.
    long judged() {
        return kept.documents + dropped + takenBackByPeople;
    }

    long duplicates() {
        return duplicates;
    }

    /// Documents that others repeat.
    long clusters() {
        return clusters.size();
    }

    /// Documents that were published, and gave way to a better one of their cluster or to a rule.
    long takenBackByCleaner() {
        return takenBackByCleaner;
    }

    long takenBackByPeople() {
        return takenBackByPeople;
    }

    long publishedAgain() {
        return publishedAgain;
    }

    /// Documents with the id of one that was counted.
    long equalTexts() {
        return equalTexts;
    }

    /// Visits that found a page as it was, whatever became of it then.
    long revisits() {
        return revisits;
    }

    /// Most pages first, equal ones by name.
    List<RuleCount> rules() {
        return rules.entrySet().stream()
                .map(rule -> new RuleCount(
                        rule.getKey(),
                        rule.getValue().count,
                        rule.getValue().examples.all()))
                .sorted(Comparator.comparingLong(RuleCount::count).reversed().thenComparing(RuleCount::rule))
                .toList();
    }
}
