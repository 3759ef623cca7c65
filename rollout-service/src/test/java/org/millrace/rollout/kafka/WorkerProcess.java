package org.millrace.rollout.kafka;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.util.HashMap;
import java.util.Map;
import org.millrace.rollout.RolloutConfigTest;
import org.millrace.rollout.Telemetry;

/// A rollout worker without the framework around it: here, or in a process that a test may kill.
final class WorkerProcess implements AutoCloseable {

    /// Of the process that may be killed. It is a setting of the group: workers beside it have the same.
    static final String LOCK = "PT10S";

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final RolloutRunner runner;

    WorkerProcess(String broker, String servers, Map<String, String> more) {
        this(broker, servers, more, OpenTelemetry.noop());
    }

    WorkerProcess(String broker, String servers, Map<String, String> more, OpenTelemetry telemetry) {
        Map<String, String> properties = new HashMap<>();
        properties.put("millrace.rollout.policy", servers);
        properties.put("millrace.rollout.reward", servers);
        properties.put("millrace.rollout.longest-pause", "PT0.2S");
        more.forEach((name, value) -> properties.put("millrace.rollout." + name, value));
        runner = new RolloutRunner(
                RolloutConfigTest.read(properties),
                Map.<String, Object>of("bootstrap.servers", broker),
                registry,
                new PromptSpans(telemetry, Telemetry.SETTINGS),
                telemetry,
                Telemetry.SETTINGS);
        runner.start(new StartupEvent());
    }

    /// Sum over all labels.
    double counted(String meter) {
        return registry.find(meter).counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
    }

    double settled(String outcome) {
        var counter = registry.find("millrace_rollout_settled_prompts")
                .tag("outcome", outcome)
                .counter();
        return counter == null ? 0 : counter.count();
    }

    double inFlight() {
        return registry.get("millrace_rollout_in_flight_prompts").gauge().value();
    }

    boolean isWorking() {
        return runner.isWorking();
    }

    @Override
    public void close() throws InterruptedException {
        runner.stop(new ShutdownEvent());
    }

    /// Runs until it is killed.
    public static void main(String[] arguments) throws InterruptedException {
        try (WorkerProcess worker =
                new WorkerProcess(arguments[0], arguments[1], Map.of("instance", arguments[2], "lock", LOCK))) {
            while (worker.isWorking()) {
                Thread.sleep(1000);
            }
        }
    }
}
