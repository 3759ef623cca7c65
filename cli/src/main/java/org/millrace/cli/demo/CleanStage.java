package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.millrace.cli.Failure;
import org.millrace.cli.report.Table;
import org.millrace.cli.train.Bar;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.PageFetched;

/// Waits until every fetched page has been judged, and counts the verdicts.
record CleanStage() implements Stage {

    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Override
    public String title() {
        return "Clean the pages";
    }

    @Override
    public Duration planned() {
        return Duration.ofSeconds(5);
    }

    @Override
    public void run(Run run, Bar bar) {
        Set<String> awaited = new HashSet<>();
        Verdicts verdicts = new Verdicts();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (var pages = run.log.follow(PageFetched.class);
                var cleaned = run.log.follow(DocumentCleaned.class);
                var retracted = run.log.follow(DocumentRetracted.class);
                var dropped = run.log.follow(DocumentDropped.class)) {
            do {
                if (System.nanoTime() > deadline) {
                    throw new Failure("Only %d of %d pages are judged after %d minutes; the cleaner's log is %s."
                            .formatted(
                                    verdicts.judged().size(),
                                    awaited.size(),
                                    PATIENCE.toMinutes(),
                                    run.home.log("cleaner")));
                }
                for (PageFetched page : pages.next(Duration.ofMillis(100))) {
                    if (page.getOutcome() == PageFetched.Outcome.OUTCOME_FETCHED) {
                        awaited.add(page.getUrl());
                    }
                }
                cleaned.next(Duration.ofMillis(50)).forEach(verdicts::cleaned);
                dropped.next(Duration.ofMillis(50)).forEach(verdicts::dropped);
                retracted.next(Duration.ZERO, (key, event) -> verdicts.retracted(key, event));
                int judged = verdicts.judged().size();
                bar.to(awaited.isEmpty() ? 0 : (double) judged / awaited.size());
                bar.say("%d of %d judged".formatted(judged, awaited.size()));
            } while (awaited.isEmpty() || !verdicts.judged().containsAll(awaited));
            // Verdicts of one transaction lie on several topics: read on to where it ends on each.
            while (!(cleaned.atEnd() && dropped.atEnd() && retracted.atEnd()) && System.nanoTime() < deadline) {
                cleaned.next(Duration.ofMillis(50)).forEach(verdicts::cleaned);
                dropped.next(Duration.ofMillis(50)).forEach(verdicts::dropped);
                retracted.next(Duration.ofMillis(50), (key, event) -> verdicts.retracted(key, event));
            }
        }

        Verdicts.Sum sum = verdicts.sum();
        run.figures.put("documents_kept", sum.kept());
        run.figures.put("documents_dropped", sum.droppedBy());
        Findings section = run.section();
        section.row("documents", Integer.toString(awaited.size()), Long.toString(sum.kept()));
        section.row(
                "MB, of pages and of the text that is kept",
                "%.2f".formatted(run.figures.number("mb_fetched")),
                "%.2f".formatted(sum.bytes() / 1e6));
        section.row("pieces of personal data masked", "0", Long.toString(sum.masked()));
        section.row("paragraphs left out that pages of a host share", "0", Long.toString(sum.paragraphs()));
        section.row("published, then taken back for a longer text", "0", Long.toString(sum.takenBack()));
        section.row("languages of what is kept", "", languages(sum.languages()));
        sum.droppedBy().forEach((rule, count) -> section.row("dropped by " + rule, "0", Long.toString(count)));
        List<List<String>> rows = new ArrayList<>();
        sum.droppedBy()
                .forEach((rule, count) -> rows.add(
                        List.of(rule, Long.toString(count), sum.example().getOrDefault(rule, ""))));
        section.table(new Table("Dropped", List.of("rule", "pages", "an example"), rows));
        section.note("More of the data: ./millrace data report --state %s".formatted(run.home.state()));
        if (sum.kept() == 0) {
            throw new Failure("The cleaner kept none of %d pages (%s); there is nothing to train on."
                    .formatted(awaited.size(), sum.droppedBy()));
        }
    }

    private static String languages(Map<String, Long> languages) {
        return languages.entrySet().stream()
                .map(language -> language.getKey() + " " + language.getValue())
                .collect(Collectors.joining(", "));
    }
}
