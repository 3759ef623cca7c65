package org.millrace.inference.grpc.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;

/// Processor time of the callers (this process) and of the service, in nanoseconds of one core since each began. What
/// other processes take of the cores is not in it, so it can be compared where seconds cannot.
final class ProcessorTime {

    private static final String METRIC = "process_cpu_time_ns_total ";
    private static final int PATIENCE_MS = 30_000;

    private final OperatingSystemMXBean here = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final URI metrics;

    /// @param service HOST:PORT
    ProcessorTime(String service) {
        metrics = URI.create("http://" + service + "/q/metrics");
    }

    double ofCallers() {
        return here.getProcessCpuTime();
    }

    double ofBoth() {
        return ofCallers() + ofService();
    }

    private double ofService() {
        try {
            URLConnection connection = metrics.toURL().openConnection();
            connection.setConnectTimeout(PATIENCE_MS);
            connection.setReadTimeout(PATIENCE_MS);
            try (var lines =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
                return lines.lines()
                        .filter(line -> line.startsWith(METRIC))
                        .mapToDouble(line -> Double.parseDouble(line.substring(METRIC.length())))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException(metrics + " has no " + METRIC));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("no figures at " + metrics, e);
        }
    }
}
