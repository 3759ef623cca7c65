package org.millrace.cli.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.millrace.cli.client.Progress;
import org.millrace.cli.eval.statistics.Figure;
import org.millrace.cli.eval.statistics.MeanScore;
import org.millrace.cli.eval.task.Task;

/// What came out of an evaluation.
///
/// @param against the other model, if two are compared
record Results(ServedModel model, Optional<ServedModel> against, Evaluation.Settings settings, List<Row> rows) {

    Results {
        rows = List.copyOf(rows);
    }

    /// Asks each model each task.
    static Results of(List<Task> tasks, ServedModel model, Optional<ServedModel> against, Evaluation.Settings settings)
            throws InterruptedException {
        List<Row> rows = new ArrayList<>();
        for (Task task : tasks) {
            TaskResult here = ask(model, task, settings);
            Optional<TaskResult> there =
                    against.isPresent() ? Optional.of(ask(against.get(), task, settings)) : Optional.empty();
            rows.add(new Row(task, here, there));
        }
        return new Results(model, against, settings, rows);
    }

    private static TaskResult ask(ServedModel model, Task task, Evaluation.Settings settings)
            throws InterruptedException {
        try (Progress progress = new Progress("%s: %s".formatted(model.label(), task.name()))) {
            return new Evaluation(model, task, settings, progress::to).run();
        }
    }

    /// One task.
    record Row(Task task, TaskResult model, Optional<TaskResult> against) {}

    /// The mean of the tasks that have a score.
    record Mean(MeanScore model, Optional<MeanScore> against) {}

    /// @return empty if no task has one
    Optional<Mean> mean() {
        List<Figure> here = scores(rows.stream().map(Row::model));
        if (here.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Mean(
                new MeanScore(here),
                against.map(_ -> new MeanScore(scores(rows.stream().flatMap(row -> row.against().stream()))))));
    }

    private static List<Figure> scores(Stream<TaskResult> results) {
        return results.flatMap(result -> result.score().stream()).toList();
    }
}
