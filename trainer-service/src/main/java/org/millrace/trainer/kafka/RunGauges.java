package org.millrace.trainer.kafka;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;

/// The newest figures of the run in hand as gauges, `millrace_training_…` with its name and stage; each is
/// there from its first value on, and gone when the run ends.
final class RunGauges implements AutoCloseable {

    private static final String PREFIX = "millrace_training_";

    /// Figures that every dashboard wants; the rest is on the log.
    private static final List<String> SHOWN = List.of("loss_nats", "bits_per_byte", "tokens_per_second");

    private final MeterRegistry meters;
    private final Tags tags;
    private final Map<String, Gauge> gauges = new ConcurrentHashMap<>();
    private final Map<String, Double> values = new ConcurrentHashMap<>();

    RunGauges(MeterRegistry meters, String runId, String stage) {
        this.meters = meters;
        this.tags = Tags.of("run", runId, "stage", stage);
    }

    /// @param progress 0 to 1 of the run's budget
    void show(SortedMap<String, Double> figures, double progress) {
        show("progress", progress);
        for (String name : SHOWN) {
            Double value = figures.get(name);
            if (value != null) {
                show(name, value);
            }
        }
    }

    private void show(String name, double value) {
        values.put(name, value);
        gauges.computeIfAbsent(name, absent -> Gauge.builder(PREFIX + name, () -> values.get(name))
                .description("of the run in hand, its newest: " + name)
                .tags(tags)
                .strongReference(true)
                .register(meters));
    }

    @Override
    public void close() {
        gauges.values().forEach(meters::remove);
        gauges.clear();
    }
}
