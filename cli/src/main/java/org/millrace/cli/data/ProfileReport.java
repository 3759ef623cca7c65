package org.millrace.cli.data;

import static org.millrace.cli.report.Numbers.count;
import static org.millrace.cli.report.Numbers.rounded;
import static org.millrace.cli.report.Numbers.share;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.report.Chart;
import org.millrace.cli.report.Numbers;
import org.millrace.cli.report.PlainText;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.Section;
import org.millrace.cli.report.Table;

/// A profile for people, in the order of their questions: is it enough, what was lost and why, what is left.
final class ProfileReport {

    private static final int NAMES_SHOWN = 20;
    private static final int EXCERPT = 160;
    private static final int SOURCE = 110;

    private final Profile profile;
    private final String source;
    private final TokenEstimate tokens;
    private final @Nullable Sufficiency sufficiency;

    /// @param source where the facts come from, for people
    /// @param sufficiency null if no model is known
    ProfileReport(Profile profile, String source, TokenEstimate tokens, @Nullable Sufficiency sufficiency) {
        this.profile = profile;
        this.source = source;
        this.tokens = tokens;
        this.sufficiency = sufficiency;
    }

    Report report() {
        Profile.Totals kept = profile.kept();
        List<Report.Card> cards = new ArrayList<>();
        cards.add(new Report.Card(
                sufficiency == null ? "–" : sufficiency.verdict().label(),
                sufficiency == null
                        ? "no model named"
                        : "for " + rounded(sufficiency.model().parameters(), "") + " parameters"));
        cards.add(new Report.Card("≈ " + rounded(tokens.tokens(), ""), "tokens"));
        cards.add(new Report.Card(count(kept.documents), "documents kept"));
        cards.add(new Report.Card(share(kept.documents, profile.judged()), "of the pages judged"));
        cards.add(new Report.Card(rounded(kept.bytes, "B"), "of text"));
        cards.add(new Report.Card(share(profile.duplicates(), profile.judged()), "of the pages repeat another"));
        List<Section> sections = new ArrayList<>();
        sections.add(enough());
        if (!profile.outcomes().isEmpty()) {
            sections.add(crawl());
        }
        sections.add(dropped());
        sections.add(duplicates());
        sections.add(text());
        sections.add(origins());
        if (kept.counted > 0) {
            sections.add(people());
        }
        if (kept.scored > 0) {
            sections.add(quality());
        }
        sections.add(counting());
        return new Report("What the data holds", "From " + source + ".", cards, sections);
    }

    private Section enough() {
        List<String> notes = new ArrayList<>();
        List<List<String>> practices = new ArrayList<>();
        Sufficiency known = sufficiency;
        if (known == null) {
            notes.add("No model is named (--parameters or --depth) and none is on the log, so there is no verdict."
                    + " What models this text is enough for stands below.");
        } else {
            notes.add(known.sentence());
            if (!known.certain()) {
                notes.add("The number of tokens is an estimate, and its error reaches into another verdict.");
            }
            long parameters = known.model().parameters();
            practices.add(practice("nanochat, default of its base training", 12, parameters));
            practices.add(practice("compute-optimal (Hoffmann et al. 2022)", Sufficiency.COMPUTE_OPTIMAL, parameters));
            practices.add(practice("trained on for cheap serving: Llama 2 7B", 286, parameters));
            practices.add(practice("the same: Llama 3 8B", 1875, parameters));
        }
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("tokens, estimated", count(tokens.tokens())));
        rows.add(List.of("between", count(tokens.least()) + " and " + count(tokens.most())));
        rows.add(List.of("bytes a token", "%s (%s)".formatted(decimal(tokens.bytesPerToken()), tokens.basis())));
        if (known != null) {
            rows.add(List.of(
                    "model",
                    "%s parameters (%s)"
                            .formatted(
                                    count(known.model().parameters()),
                                    known.model().name())));
            rows.add(List.of("tokens a parameter, one pass", decimal(known.tokensPerParameter())));
        }
        rows.add(List.of(
                "largest model, one pass", rounded(Sufficiency.largestModel(tokens.tokens(), 1), "") + " parameters"));
        rows.add(List.of(
                "largest model, four passes",
                "%s parameters (four passes are worth %s of new text)"
                        .formatted(
                                rounded(Sufficiency.largestModel(tokens.tokens(), Sufficiency.GOOD_PASSES), ""),
                                decimal(Sufficiency.worth(Sufficiency.GOOD_PASSES)))));
        return new Section(
                "Is it enough?",
                "",
                notes,
                List.of(new Table("", List.of("figure", "value"), rows)),
                List.of(),
                List.of(new Table(
                        "What others train on",
                        List.of("practice", "tokens a parameter", "tokens wanted", "passes over this text"),
                        practices)));
    }

    private List<String> practice(String name, double perParameter, long parameters) {
        double wanted = perParameter * parameters;
        return List.of(
                name,
                "%.0f".formatted(perParameter),
                rounded(wanted, ""),
                tokens.tokens() == 0 ? "–" : decimal(wanted / tokens.tokens()));
    }

    private Section crawl() {
        long all =
                profile.outcomes().values().stream().mapToLong(Long::longValue).sum();
        List<List<String>> rows = new ArrayList<>();
        profile.outcomes().forEach((outcome, urls) -> rows.add(List.of(outcome, count(urls), share(urls, all))));
        rows.add(List.of("all", count(all), share(all, all)));
        return new Section(
                "What was fetched",
                rounded(profile.bytesFetched(), "B"),
                List.of(),
                List.of(new Table("", List.of("outcome", "URLs", "share"), rows)),
                List.of(),
                List.of());
    }

    private Section dropped() {
        List<Profile.RuleCount> rules = profile.rules();
        List<List<String>> counts = new ArrayList<>();
        List<List<String>> examples = new ArrayList<>();
        for (Profile.RuleCount rule : rules) {
            counts.add(List.of(rule.rule(), count(rule.count()), share(rule.count(), profile.judged())));
            for (Fact.Dropped page : rule.examples()) {
                examples.add(List.of(
                        rule.rule(),
                        PlainText.line(page.source(), SOURCE),
                        PlainText.line(page.value(), SOURCE),
                        PlainText.line(page.threshold(), SOURCE),
                        PlainText.line(page.excerpt(), EXCERPT)));
            }
        }
        List<List<String>> sums = new ArrayList<>();
        sums.add(List.of("judged", count(profile.judged()), share(profile.judged(), profile.judged())));
        sums.add(List.of("kept", count(profile.kept().documents), share(profile.kept().documents, profile.judged())));
        sums.add(List.of("dropped", count(profile.dropped()), share(profile.dropped(), profile.judged())));
        if (profile.takenBackByPeople() > 0) {
            sums.add(List.of(
                    "taken back by people",
                    count(profile.takenBackByPeople()),
                    share(profile.takenBackByPeople(), profile.judged())));
        }
        return new Section(
                "Kept and dropped",
                "",
                List.of(),
                List.of(
                        new Table("", List.of("pages", "number", "share"), sums),
                        new Table("Dropped, by rule", List.of("rule", "pages", "of all judged"), counts)),
                rules.isEmpty()
                        ? List.of()
                        : List.of(bars(
                                "Pages dropped, by rule",
                                "pages",
                                "rule",
                                rules.stream()
                                        .limit(NAMES_SHOWN)
                                        .map(rule -> new TopCounts.Entry(rule.rule(), rule.count()))
                                        .toList())),
                List.of(new Table(
                        "Examples, drawn by hash",
                        List.of("rule", "page", "measured", "asked for", "its text begins"),
                        examples)));
    }

    private Section duplicates() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "pages that repeat another",
                count(profile.duplicates()),
                share(profile.duplicates(), profile.judged())));
        rows.add(List.of(
                "texts that are repeated", count(profile.clusters()), share(profile.clusters(), profile.judged())));
        rows.add(List.of(
                "published, then taken back by the cleaner",
                count(profile.takenBackByCleaner()),
                share(profile.takenBackByCleaner(), profile.judged())));
        List<List<String>> largest = new ArrayList<>();
        for (TopCounts.Entry cluster : profile.largestClusters.top(10)) {
            if (cluster.count() > 1) {
                largest.add(List.of(PlainText.line(cluster.name(), 16), count(cluster.count())));
            }
        }
        return new Section(
                "Duplicates",
                "",
                List.of(),
                List.of(new Table("", List.of("what", "number", "of all judged"), rows)),
                List.of(),
                List.of(new Table(
                        "Most often repeated", List.of("document, start of its id", "pages that repeat it"), largest)));
    }

    private Section text() {
        Profile.Totals kept = profile.kept();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("documents", count(kept.documents)));
        rows.add(List.of("bytes, UTF-8", count(kept.bytes)));
        rows.add(List.of("characters", count(kept.characters)));
        rows.add(List.of("words", count(kept.words)));
        rows.add(List.of("characters a document, mean", count(Math.round(profile.lengths.mean()))));
        for (int percent : new int[] {10, 50, 90, 99}) {
            rows.add(List.of(
                    percent + " % of the documents are no longer than",
                    count(profile.lengths.quantile(percent / 100.0)) + " characters"));
        }
        if (kept.counted > 0) {
            rows.add(List.of(
                    "paragraphs left out, as pages of the same host repeat them",
                    "%s, in %s documents".formatted(count(kept.removedParagraphs), count(kept.trimmed))));
        }
        List<List<String>> fields = new ArrayList<>();
        fields.add(field("title", kept.withTitle));
        fields.add(field("author", kept.withAuthor));
        fields.add(field("date", kept.withDate));
        fields.add(field("licence", kept.withLicence));
        List<Lengths.Range> ranges = profile.lengths.doublings();
        Chart.Bars histogram = new Chart.Bars(
                "Lengths of the documents",
                "characters",
                "documents",
                ranges.stream()
                        .map(range -> "%s–%s".formatted(count(range.from()), count(range.below() - 1)))
                        .toList(),
                ranges.stream().map(Lengths.Range::count).toList(),
                false);
        return new Section(
                "The text that is kept",
                "",
                List.of(),
                List.of(
                        new Table("", List.of("figure", "value"), rows),
                        new Table("Known of the documents", List.of("field", "documents", "share"), fields)),
                ranges.isEmpty() ? List.of() : List.of(histogram),
                List.of());
    }

    private List<String> field(String name, long documents) {
        return List.of(name, count(documents), share(documents, profile.kept().documents));
    }

    private Section origins() {
        List<Chart> charts = new ArrayList<>();
        List<Table> tables = new ArrayList<>();
        names("language", "Languages", profile.languages, charts, tables);
        names("licence", "Licences", profile.licences, charts, tables);
        List<List<String>> domains = new ArrayList<>();
        for (TopCounts.Entry domain : profile.domainsKept.top(NAMES_SHOWN)) {
            domains.add(List.of(
                    PlainText.line(domain.name(), SOURCE),
                    count(domain.count()),
                    share(domain.count(), profile.kept().documents),
                    count(profile.domainsDropped.get(domain.name()))));
        }
        rest(domains, profile.domainsKept, profile.kept().documents, true);
        tables.add(new Table("Domains", List.of("domain", "documents kept", "share", "pages dropped"), domains));
        return new Section("Where it comes from", "", List.of(), List.of(), charts, tables);
    }

    private void names(String name, String title, TopCounts counts, List<Chart> charts, List<Table> tables) {
        List<TopCounts.Entry> top = counts.top(NAMES_SHOWN);
        List<List<String>> rows = new ArrayList<>();
        for (TopCounts.Entry entry : top) {
            rows.add(List.of(
                    PlainText.line(entry.name(), SOURCE), count(entry.count()), share(entry.count(), counts.total())));
        }
        rest(rows, counts, counts.total(), false);
        tables.add(new Table(title, List.of(name, "documents", "share"), rows));
        if (top.size() > 1) {
            charts.add(bars(title, "documents", name, top));
        }
    }

    /// The row under the names that are shown, if there are more.
    private static void rest(List<List<String>> rows, TopCounts counts, long whole, boolean withDropped) {
        long shown = counts.top(NAMES_SHOWN).stream()
                .mapToLong(TopCounts.Entry::count)
                .sum();
        if (counts.size() > NAMES_SHOWN) {
            List<String> row = new ArrayList<>(List.of(
                    "%s more".formatted(count(counts.size() - NAMES_SHOWN)),
                    count(counts.total() - shown),
                    share(counts.total() - shown, whole)));
            if (withDropped) {
                row.add("–");
            }
            rows.add(row);
        }
    }

    private Section people() {
        Profile.Totals kept = profile.kept();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of(
                "personal data replaced by placeholders",
                count(kept.maskedSpans),
                count(kept.masked),
                perMillion(kept.maskedSpans)));
        rows.add(List.of(
                "words of the toxicity list", count(kept.toxicWords), count(kept.toxic), perMillion(kept.toxicWords)));
        rows.add(List.of(
                "words of the list of identity terms",
                count(kept.biasWords),
                count(kept.bias),
                perMillion(kept.biasWords)));
        return new Section(
                "People in the text",
                "",
                List.of("Pages with more personal data than the limit are dropped, and stand above under personal-data."
                        + " Words of the lists are counted and drop nothing: a list knows no context."),
                List.of(new Table("", List.of("what", "times", "documents", "a million words"), rows)),
                List.of(),
                List.of());
    }

    private String perMillion(long times) {
        long words = profile.kept().words;
        return words == 0 ? "–" : count(Math.round(1e6 * times / words));
    }

    private Section quality() {
        List<String> labels = new ArrayList<>();
        List<Long> values = new ArrayList<>();
        for (int i = 0; i < Profile.QUALITY_STEPS; i++) {
            labels.add(String.format(Locale.ROOT, "%.2f", (double) i / Profile.QUALITY_STEPS));
            values.add(profile.quality[i]);
        }
        return new Section(
                "Quality scores",
                "",
                List.of("Of the classifier, 0 to 1; %s of %s documents have one."
                        .formatted(count(profile.kept().scored), count(profile.kept().documents))),
                List.of(),
                List.of(new Chart.Bars(
                        "Scores of the documents kept", "score, from", "documents", labels, values, false)),
                List.of());
    }

    private Section counting() {
        List<String> notes = new ArrayList<>();
        notes.add("Kept is what was cleaned without what was taken back. Lengths are right to 4.5 %, everything else is"
                + " counted one by one.");
        long error = Math.max(profile.domainsKept.error(), profile.licences.error());
        if (error > 0) {
            notes.add("There are more than %s names of domains or licences: each of their counts may be %s too low."
                    .formatted(count(Profile.NAMES), count(error)));
        }
        if (profile.publishedAgain() > 0) {
            notes.add(
                    "%s times a document was published once more, put back or under another address: each counts once, under"
                                    .formatted(count(profile.publishedAgain()))
                            + " its last address.");
        }
        if (profile.equalTexts() > 0) {
            notes.add("%s pages hold a text that another line holds: counted once, under the first."
                    .formatted(count(profile.equalTexts())));
        }
        if (profile.revisits() > 0) {
            notes.add("%s visits found a page as it was: they are no duplicates, and each page counts once."
                    .formatted(count(profile.revisits())));
        }
        notes.add("Sources: Hoffmann et al. 2022, arXiv:2203.15556 (20 tokens a parameter); Muennighoff et al. 2023,"
                + " arXiv:2305.16264 (four passes, sixteen passes); Touvron et al. 2023, arXiv:2307.09288 (2 T tokens for 7 B);"
                + " Grattafiori et al. 2024, arXiv:2407.21783 (15 T tokens for 8 B); nanochat, scripts/base_train.py (12 tokens"
                + " a parameter of the matrices; here of all).");
        return new Section("How this was counted", "", notes, List.of(), List.of(), List.of());
    }

    private static Chart.Bars bars(String title, String x, String y, List<TopCounts.Entry> entries) {
        return new Chart.Bars(
                title,
                x,
                y,
                entries.stream().map(entry -> PlainText.line(entry.name(), 32)).toList(),
                entries.stream().map(TopCounts.Entry::count).toList(),
                true);
    }

    private static String decimal(double value) {
        if (value >= 1000) {
            return Numbers.count(Math.round(value));
        }
        return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 1 ? "%.1f" : "%.3f", value);
    }
}
