package org.millrace.inference.grpc.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/// Processor time of the callers (this process) and of the service, in nanoseconds of one core since each began. What
/// other processes take of the cores is not in it, so it can be compared where seconds cannot.
final class ProcessorTime {

    private static final String METRIC = "process_cpu_time_ns_total ";

    private final OperatingSystemMXBean here = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpRequest metrics;

    /// @param service HOST:PORT
    ProcessorTime(String service) {
        metrics = HttpRequest.newBuilder(URI.create("http://" + service + "/q/metrics"))
                .timeout(Duration.ofSeconds(30))
                .build();
    }

    double ofCallers() {
        return here.getProcessCpuTime();
    }

    double ofBoth() throws InterruptedException {
        try {
            return ofCallers()
                    + client.send(metrics, BodyHandlers.ofLines())
                            .body()
                            .filter(line -> line.startsWith(METRIC))
                            .mapToDouble(line -> Double.parseDouble(line.substring(METRIC.length())))
                            .findFirst()
                            .orElseThrow(() -> new IllegalStateException(metrics.uri() + " has no " + METRIC));
        } catch (IOException e) {
            throw new IllegalStateException("no figures at " + metrics.uri(), e);
        }
    }
}
