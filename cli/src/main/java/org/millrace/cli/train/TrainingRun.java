package org.millrace.cli.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.millrace.cli.Failure;
import org.millrace.cli.report.Chart;
import org.millrace.proto.events.v1.MetricsReported;

/// The figures of one training run, in the order in which it told them.
///
/// A run that was interrupted makes some steps again, and the figures of its last attempt count.
public final class TrainingRun {

    private final String runId;
    private final SortedMap<Long, SortedMap<String, Double>> steps = new TreeMap<>();
    private final SortedMap<String, Double> newest = new TreeMap<>();
    private double progress;
    private double secondsLeft;

    public TrainingRun(String runId) {
        this.runId = runId;
    }

    public void add(MetricsReported metrics) {
        steps.tailMap(metrics.getStep() + 1).clear();
        steps.computeIfAbsent(metrics.getStep(), step -> new TreeMap<>()).putAll(metrics.getValuesMap());
        newest.putAll(metrics.getValuesMap());
        progress = metrics.getProgress();
        secondsLeft = metrics.getSecondsLeft();
    }

    /// Steps that were made.
    public long steps() {
        return steps.isEmpty() ? 0 : steps.lastKey();
    }

    /// 0 to 1 of the run's budget.
    double progress() {
        return progress;
    }

    /// At the speed that it last had.
    double secondsLeft() {
        return secondsLeft;
    }

    /// The newest value of everything that was measured.
    SortedMap<String, Double> newest() {
        return newest;
    }

    /// What to say of the run while it goes on: the newest value of each figure that matters.
    public String headline() {
        StringBuilder text = new StringBuilder("step " + steps());
        append(text, "loss_nats", " loss %.3f");
        append(text, "bits_per_byte", " bpb %.3f");
        append(text, "reward_mean", " reward %.2f");
        append(text, "kl_nats", " kl %.2f");
        append(text, "tokens_per_second", " %,.0f tok/s");
        return text.toString();
    }

    private void append(StringBuilder text, String name, String format) {
        Double value = newest.get(name);
        if (value != null) {
            text.append(format.formatted(value));
        }
    }

    /// The last value of a metric; fails if the run never reported it.
    public double last(String name) {
        Double value = newest.get(name);
        if (value == null) {
            throw new Failure(
                    "The run %s reported no %s, only %s; a world that is too small leaves nothing to hold out."
                            .formatted(runId, name, newest.keySet()));
        }
        return value;
    }

    /// The metric over steps, for a chart.
    public Chart.Line line(String name, String label) {
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (Map.Entry<Long, SortedMap<String, Double>> step : steps.entrySet()) {
            Double value = step.getValue().get(name);
            if (value != null) {
                x.add((double) step.getKey());
                y.add(value);
            }
        }
        return new Chart.Line(label, x, y);
    }
}
