package org.millrace.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.millrace.cli.report.HtmlReport;
import org.millrace.cli.report.Numbers;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.Section;
import org.millrace.cli.report.Table;

/// What each stage did to the figures: `report.html` and `report.txt`.
final class DemoReport {

    private DemoReport() {}

    /// @return the HTML file
    static Path write(Run run) throws IOException {
        Path html = run.home.state().resolve("report.html");
        HtmlReport.write(html, report(run));
        Files.writeString(run.home.state().resolve("report.txt"), text(run));
        return html;
    }

    private static Report report(Run run) {
        Figures f = run.figures;
        return new Report(
                "From web pages to an aligned model",
                String.format(
                        Locale.ROOT,
                        "The %s demo took %.1f minutes. Every figure below was measured in this run.",
                        run.plan.name(),
                        f.number("seconds") / 60),
                List.of(
                        new Report.Card(Numbers.count((long) f.number("documents_kept")), "documents kept"),
                        new Report.Card(three(f.number("bits_per_byte")), "bits per byte, held-out pages"),
                        new Report.Card(
                                change(Run.percent(f.number("base_exact")), Run.percent(f.number("sft_exact_heldout"))),
                                "right answers, held-out questions"),
                        new Report.Card(
                                Run.percent(f.number("unknown_refused")), "\"I don't know\" about invented names"),
                        new Report.Card(
                                Run.percent(f.number("reward_accuracy")),
                                "reward model (length alone: %s)"
                                        .formatted(Run.percent(f.number("reward_length_baseline")))),
                        new Report.Card(
                                change(two(f.number("ppo_reward_before")), two(f.number("ppo_reward_after"))),
                                "mean reward by PPO")),
                run.sections);
    }

    static String text(Run run) {
        StringBuilder text = new StringBuilder();
        for (Section section : run.sections) {
            text.append("%n%s (%s)%n".formatted(section.title(), section.remark()));
            for (Table table : section.figures()) {
                for (List<String> row : table.rows()) {
                    text.append("  %-46s %24s  →  %s%n".formatted(row.get(0), row.get(1), row.get(2)));
                }
            }
        }
        return text.toString();
    }

    private static String change(String before, String after) {
        return before + " → " + after;
    }

    private static String two(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    private static String three(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
