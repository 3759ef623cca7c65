package org.millrace.cli.demo;

import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.report.Chart;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.trainer.v1.SubmitRequest;
import org.millrace.proto.trainer.v1.WatchRequest;
import org.millrace.proto.trainer.v1.WatchResponse;

/// One training run seen from outside: submitted, watched to its end, its metrics kept for the report.
final class TrainingRun {

    private static final long PATIENCE_MINUTES = 30;

    private final String runId;
    private final List<MetricsReported> metrics = new ArrayList<>();

    private TrainingRun(String runId) {
        this.runId = runId;
    }

    /// Submits the plan and follows it; a run that does not succeed ends the demo.
    static TrainingRun follow(Endpoints endpoints, String runId, TrainingPlan plan, Bar bar, double from, double to) {
        TrainingRun run = new TrainingRun(runId);
        endpoints
                .trainer()
                .withDeadlineAfter(30, TimeUnit.SECONDS)
                .submit(SubmitRequest.newBuilder().setRunId(runId).setPlan(plan).build());
        try {
            Iterator<WatchResponse> updates = endpoints
                    .trainer()
                    .withDeadlineAfter(PATIENCE_MINUTES, TimeUnit.MINUTES)
                    .watch(WatchRequest.newBuilder().setRunId(runId).build());
            TrainingJob.State state = TrainingJob.State.STATE_UNSPECIFIED;
            String detail = "";
            while (updates.hasNext()) {
                WatchResponse update = updates.next();
                if (update.hasMetrics()) {
                    run.metrics.add(update.getMetrics());
                    bar.say(headline(update.getMetrics()));
                    bar.to(from + (to - from) * update.getMetrics().getProgress());
                }
                state = update.getJob().getState();
                detail = update.getJob().getDetail();
            }
            if (state != TrainingJob.State.STATE_SUCCEEDED) {
                throw new Failure("The run %s ended as %s: %s".formatted(runId, state, detail));
            }
            return run;
        } catch (StatusRuntimeException e) {
            throw new Failure("The run %s could not be followed: %s".formatted(runId, e.getStatus()), e);
        }
    }

    private static String headline(MetricsReported metrics) {
        Map<String, Double> values = new TreeMap<>(metrics.getValuesMap());
        StringBuilder text = new StringBuilder("step " + metrics.getStep());
        append(text, values, "loss_nats", " loss %.3f");
        append(text, values, "bits_per_byte", " bpb %.3f");
        append(text, values, "reward_mean", " reward %.2f");
        append(text, values, "kl_nats", " kl %.2f");
        append(text, values, "tokens_per_second", " %.0f tok/s");
        return text.toString();
    }

    private static void append(StringBuilder text, Map<String, Double> values, String name, String format) {
        Double value = values.get(name);
        if (value != null) {
            text.append(format.formatted(value));
        }
    }

    /// The last value of a metric; fails if the run never reported it.
    double last(String name) {
        for (MetricsReported step : metrics.reversed()) {
            Double value = step.getValuesMap().get(name);
            if (value != null) {
                return value;
            }
        }
        throw new Failure(("The run %s reported no %s, only %s; a world that is too small leaves nothing to hold out.")
                .formatted(runId, name, names()));
    }

    private java.util.Set<String> names() {
        java.util.Set<String> names = new java.util.TreeSet<>();
        metrics.forEach(step -> names.addAll(step.getValuesMap().keySet()));
        return names;
    }

    long steps() {
        return metrics.isEmpty() ? 0 : metrics.getLast().getStep();
    }

    /// The metric over steps, for a chart.
    Chart.Line line(String name, String label) {
        List<Double> x = new ArrayList<>();
        List<Double> y = new ArrayList<>();
        for (MetricsReported step : metrics) {
            Double value = step.getValuesMap().get(name);
            if (value != null) {
                x.add((double) step.getStep());
                y.add(value);
            }
        }
        return new Chart.Line(label, x, y);
    }
}
