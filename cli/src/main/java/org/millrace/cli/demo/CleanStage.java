package org.millrace.cli.demo;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.millrace.cli.Failure;
import org.millrace.cli.report.Table;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
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
        Set<String> judged = new HashSet<>();
        Map<String, Long> droppedBy = new TreeMap<>();
        Map<String, String> example = new TreeMap<>();
        long kept = 0;
        long bytes = 0;
        long masked = 0;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (var pages = run.log.follow(PageFetched.class);
                var cleaned = run.log.follow(DocumentCleaned.class);
                var dropped = run.log.follow(DocumentDropped.class)) {
            do {
                if (System.nanoTime() > deadline) {
                    throw new Failure("Only %d of %d pages are judged after %d minutes; the cleaner's log is %s."
                            .formatted(judged.size(), awaited.size(), PATIENCE.toMinutes(), run.home.log("cleaner")));
                }
                for (PageFetched page : pages.next(Duration.ofMillis(100))) {
                    if (page.getOutcome() == PageFetched.Outcome.OUTCOME_FETCHED) {
                        awaited.add(page.getUrl());
                    }
                }
                for (DocumentCleaned document : cleaned.next(Duration.ofMillis(50))) {
                    judged.add(document.getUrl());
                    kept++;
                    bytes += document.getText().getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
                    masked += document.getMaskedSpans();
                }
                for (DocumentDropped document : dropped.next(Duration.ofMillis(50))) {
                    judged.add(document.getUrl());
                    droppedBy.merge(document.getRule(), 1L, Long::sum);
                    example.putIfAbsent(
                            document.getRule(),
                            "%s: %s, asked for %s"
                                    .formatted(document.getUrl(), document.getValue(), document.getThreshold()));
                }
                bar.to(awaited.isEmpty() ? 0 : (double) judged.size() / awaited.size());
                bar.say("%d kept, %d dropped".formatted(kept, judged.size() - kept));
            } while (awaited.isEmpty() || !judged.containsAll(awaited));
        }

        run.figures.put("documents_kept", kept);
        run.figures.put("documents_dropped", droppedBy);
        Findings section = run.section();
        section.row("documents", Integer.toString(awaited.size()), Long.toString(kept));
        section.row(
                "MB, of pages and of the text that is kept",
                "%.2f".formatted(run.figures.number("mb_fetched")),
                "%.2f".formatted(bytes / 1e6));
        section.row("pieces of personal data masked", "0", Long.toString(masked));
        droppedBy.forEach((rule, count) -> section.row("dropped by " + rule, "0", Long.toString(count)));
        List<List<String>> rows = new ArrayList<>();
        droppedBy.forEach(
                (rule, count) -> rows.add(List.of(rule, Long.toString(count), example.getOrDefault(rule, ""))));
        section.table(new Table("Dropped", List.of("rule", "pages", "an example"), rows));
        if (kept == 0) {
            throw new Failure("The cleaner kept none of %d pages (%s); there is nothing to train on."
                    .formatted(awaited.size(), droppedBy));
        }
    }
}
