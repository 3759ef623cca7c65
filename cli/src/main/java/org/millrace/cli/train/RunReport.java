package org.millrace.cli.train;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.millrace.cli.report.Chart;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.Section;
import org.millrace.cli.report.Table;
import org.millrace.proto.events.v1.TrainingJob;

/// A run in tables and plots: how its figures moved, and what was asked of it.
final class RunReport {

    /// What matters most comes first; the rest follows by its name.
    private static final List<String> FIRST = List.of(
            "loss_nats", "bits_per_byte", "validation_loss_nats", "reward_mean", "kl_nats", "tokens_per_second");

    private static final int CARDS = 5;

    /// Rows of the table of steps.
    private static final int ROWS = 20;

    private final TrainingJob job;
    private final TrainingRun run;

    RunReport(TrainingJob job, TrainingRun run) {
        this.job = job;
        this.run = run;
    }

    Report report() {
        List<Report.Card> cards = new ArrayList<>();
        cards.add(new Report.Card(String.format(Locale.ROOT, "%,d", run.steps()), "steps"));
        names().stream().limit(CARDS).forEach(name -> cards.add(new Report.Card(number(run.last(name)), spoken(name))));
        return new Report(
                "Training run " + job.getRunId(),
                "%s of the model %s, submitted %s UTC: %s%s."
                        .formatted(
                                Stage.of(job.getPlan()),
                                job.getPlan().getModel(),
                                Instant.ofEpochMilli(job.getSubmittedAtMs()).truncatedTo(ChronoUnit.SECONDS),
                                JobStates.word(job.getState()),
                                job.getDetail().isEmpty() ? "" : " (" + job.getDetail() + ")"),
                cards,
                List.of(figures(), asked()));
    }

    private Set<String> names() {
        Set<String> names = new LinkedHashSet<>(FIRST);
        names.retainAll(run.newest().keySet());
        names.addAll(run.newest().keySet());
        return names;
    }

    private Section figures() {
        List<List<String>> rows = new ArrayList<>();
        List<Chart> charts = new ArrayList<>();
        for (String name : names()) {
            Chart.Line line = run.line(name, spoken(name));
            List<Double> values = line.y();
            rows.add(List.of(
                    spoken(name),
                    number(values.getFirst()),
                    number(values.stream().mapToDouble(v -> v).min().orElseThrow()),
                    number(values.stream().mapToDouble(v -> v).max().orElseThrow()),
                    number(values.getLast())));
            if (values.size() > 1) {
                charts.add(new Chart.Lines(spoken(name), "step", spoken(name), List.of(line)));
            }
        }
        Duration took = Duration.ofMillis(job.getUpdatedAtMs() - job.getSubmittedAtMs());
        return new Section(
                "Figures",
                "%d s from its submission to its last change".formatted(took.toSeconds()),
                rows.isEmpty() ? List.of("The run has told no figure.") : List.of(),
                List.of(new Table("", List.of("figure", "first", "lowest", "highest", "last"), rows)),
                charts,
                List.of(steps()));
    }

    /// Some steps, evenly spaced over those that told their first figure.
    private Table steps() {
        List<String> names = names().stream().limit(CARDS).toList();
        if (names.isEmpty()) {
            return new Table("Steps", List.of("step"), List.of());
        }
        List<String> columns = new ArrayList<>(List.of("step"));
        names.forEach(name -> columns.add(spoken(name)));
        List<Double> steps = run.line(names.getFirst(), "").x();
        List<List<String>> rows = new ArrayList<>();
        int shown = Math.min(ROWS, steps.size());
        for (int i = 0; i < shown; i++) {
            double step = steps.get(shown == 1 ? 0 : (int) Math.round((double) i * (steps.size() - 1) / (shown - 1)));
            List<String> row = new ArrayList<>(List.of(String.format(Locale.ROOT, "%,.0f", step)));
            for (String name : names) {
                Chart.Line line = run.line(name, "");
                int at = line.x().indexOf(step);
                row.add(at < 0 ? "–" : number(line.y().get(at)));
            }
            rows.add(row);
        }
        return new Table("Steps", columns, rows);
    }

    private Section asked() {
        List<List<String>> rows = new ArrayList<>();
        fields("", job.getPlan(), rows);
        return new Section(
                "Plan",
                "",
                List.of("What was asked; what is not named was derived."),
                List.of(new Table("", List.of("field", "value"), rows)),
                List.of(),
                List.of());
    }

    private static void fields(String within, Message message, List<List<String>> rows) {
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            String name = within + field.getName();
            if (field.isRepeated() && !field.isMapField()) {
                rows.add(List.of(name, message.getRepeatedFieldCount(field) + " of them"));
            } else if (!field.isRepeated() && entry.getValue() instanceof Message inner) {
                fields(name + ".", inner, rows);
            } else {
                rows.add(List.of(name, String.valueOf(entry.getValue()).strip()));
            }
        }
    }

    /// `loss_nats` is "loss, nats" to people.
    private static String spoken(String name) {
        String text = name.endsWith("_nats") ? name.substring(0, name.length() - 5) + ", nats" : name;
        return text.replace('_', ' ');
    }

    private static String number(double value) {
        double size = Math.abs(value);
        return value == Math.rint(value) && size < 1e15 || size >= 1000
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, size >= 0.01 ? "%.4f" : "%.3g", value);
    }
}
