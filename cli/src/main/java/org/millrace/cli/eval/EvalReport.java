package org.millrace.cli.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.millrace.cli.eval.TaskResult.Besides;
import org.millrace.cli.eval.statistics.Bootstrap;
import org.millrace.cli.eval.statistics.Calibration;
import org.millrace.cli.eval.statistics.Figure;
import org.millrace.cli.eval.statistics.Interval;
import org.millrace.cli.eval.task.Form;
import org.millrace.cli.eval.task.Task;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.Section;
import org.millrace.cli.report.Table;
import org.millrace.proto.policy.v1.GetModelResponse;

/// Results for people: a table for each task, and the mean.
final class EvalReport {

    private static final String NONE = "–";

    private final Results results;

    private EvalReport(Results results) {
        this.results = results;
    }

    static Report of(Results results) {
        return new EvalReport(results).report();
    }

    private Report report() {
        List<Section> sections = new ArrayList<>();
        for (Results.Row row : results.rows()) {
            sections.add(section(row));
        }
        if (results.mean().isPresent()) {
            sections.add(mean());
        }
        String lead = results.against()
                .map(other -> described(results.model()) + ", against " + described(other))
                .orElseGet(() -> described(results.model()));
        return new Report("Evaluation", lead, List.of(), sections);
    }

    private static String described(ServedModel model) {
        GetModelResponse served = model.served();
        return "%s version %d (%s; %,d parameters, context %d, tokenizer %s)"
                .formatted(
                        model.label(),
                        served.getVersion(),
                        served.getStage(),
                        served.getParameters(),
                        served.getContext(),
                        served.getTokenizer());
    }

    private Section section(Results.Row row) {
        List<List<String>> lines = new ArrayList<>();
        for (int i = 0; i < row.model().figures().size(); i++) {
            Figure here = row.model().figures().get(i);
            int place = i;
            lines.add(line(
                    here.name(),
                    here.value(),
                    here.interval(seed()),
                    here.counted(),
                    row.against().map(other -> other.figures().get(place).value()),
                    row.against().map(other -> here.less(other.figures().get(place), seed()))));
        }
        List<Table> tables = new ArrayList<>();
        tables.add(new Table("", columns(), lines));
        row.model().calibration().ifPresent(found -> tables.add(calibration(results.model(), found)));
        row.against()
                .flatMap(TaskResult::calibration)
                .ifPresent(found -> tables.add(calibration(results.against().orElseThrow(), found)));
        return new Section(row.task().name(), row.task().kind().label(), notes(row), tables, List.of(), List.of());
    }

    private List<String> notes(Results.Row row) {
        Task task = row.task();
        Form form = task.form();
        List<String> notes = new ArrayList<>();
        notes.add("%,d of %,d items of a file with sha256 %s"
                .formatted(task.asked(), task.items().size(), task.sha256()));
        if (form.chat() || form.shots() > 0) {
            notes.add("as %s, %d examples before each".formatted(form.chat() ? "chat" : "text", form.shots()));
        }
        if (row.model().besides() instanceof Besides.Guessing guessing) {
            notes.add("centred_accuracy is of accuracy_%s, with a baseline of %.4f"
                    .formatted(form.by().label(), guessing.baseline()));
        }
        told(row.model(), results.model(), notes);
        row.against().ifPresent(other -> told(other, results.against().orElseThrow(), notes));
        return notes;
    }

    private static void told(TaskResult result, ServedModel model, List<String> notes) {
        switch (result.besides()) {
            case Besides.Nothing nothing -> {}
            case Besides.Guessing guessing -> {}
            case Besides.Read read ->
                notes.add("%s: %,d bytes, %,d tokens in %,d windows of %d with a stride of %d"
                        .formatted(
                                model.label(),
                                read.bytes(),
                                read.tokens(),
                                read.windows(),
                                model.context(),
                                read.stride()));
            case Besides.Signs signs ->
                notes.add("%s: %,d pairs for the first, %,d for the second; two-sided sign test: p %s"
                        .formatted(model.label(), signs.first(), signs.second(), p(signs.p())));
        }
        if (result.truncated() > 0) {
            notes.add("%s: the beginning of %,d prompts was left out: they are longer than the context of %d"
                    .formatted(model.label(), result.truncated(), model.context()));
        }
    }

    private List<String> columns() {
        List<String> columns = new ArrayList<>(List.of("", "value", "95 % from", "to", "of"));
        if (results.against().isPresent()) {
            columns.addAll(List.of("against", "difference", "95 % from", "to", "McNemar's p"));
        }
        return columns;
    }

    private List<String> line(
            String name,
            double value,
            Optional<Interval> interval,
            long of,
            Optional<Double> against,
            Optional<Figure.Difference> difference) {
        List<String> cells = new ArrayList<>(List.of(name, number(value)));
        bounds(interval, cells);
        cells.add("%,d".formatted(of));
        if (difference.isPresent()) {
            cells.add(number(against.orElse(Double.NaN)));
            cells.add(number(difference.get().value()));
            bounds(difference.get().interval(), cells);
            cells.add(difference.get().p().map(EvalReport::p).orElse(NONE));
        }
        return cells;
    }

    private static void bounds(Optional<Interval> interval, List<String> cells) {
        cells.add(interval.map(found -> number(found.low())).orElse(NONE));
        cells.add(interval.map(found -> number(found.high())).orElse(NONE));
    }

    private static Table calibration(ServedModel model, Calibration calibration) {
        List<List<String>> lines = new ArrayList<>();
        for (Calibration.Bin bin : calibration.bins()) {
            if (bin.answers() > 0) {
                lines.add(List.of(
                        number(bin.from()),
                        number(bin.to()),
                        "%,d".formatted(bin.answers()),
                        number(bin.confidence()),
                        number(bin.accuracy())));
            }
        }
        return new Table(
                "calibration of %s, expected error %s".formatted(model.label(), number(calibration.error())),
                List.of("above", "to", "answers", "confidence", "right"),
                lines);
    }

    private Section mean() {
        Results.Mean mean = results.mean().orElseThrow();
        List<String> line = line(
                "mean_score",
                mean.model().value(),
                mean.model().interval(seed()),
                mean.model().figures().size(),
                mean.against().map(other -> other.value()),
                mean.against().map(other -> mean.model().less(other, seed())));
        return new Section(
                "All tasks",
                "",
                List.of(
                        "the mean of the tasks' scores: centred accuracy of choice, accuracy of cloze and exact",
                        "seed %d, %,d resamples; intervals: Wilson's of shares, else the bootstrap's percentiles"
                                .formatted(seed(), Bootstrap.RESAMPLES)),
                List.of(new Table("", columns(), List.of(line))),
                List.of(),
                List.of());
    }

    private long seed() {
        return results.settings().seed();
    }

    private static String number(double value) {
        return Double.isNaN(value) ? NONE : String.format(Locale.ROOT, "%.4f", value);
    }

    private static String p(double value) {
        return value < 0.0001 ? "<0.0001" : number(value);
    }
}
