package org.millrace.cli.train.kafka;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.millrace.cli.data.kafka.TopicScan;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.TrainingJob;

/// All training runs that are on a log, of a system that is up or stopped.
public final class RunLog {

    private final String bootstrap;

    public RunLog(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    /// Every run as it stands, in order of submission.
    public List<TrainingJob> runs() {
        Map<String, TrainingJob> runs = new TreeMap<>();
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(TrainingJob.class, (record, job) -> {
                if (job == null) {
                    runs.remove(record.key());
                } else {
                    runs.put(record.key(), job);
                }
            });
        }
        List<TrainingJob> ordered = new ArrayList<>(runs.values());
        ordered.sort(Comparator.comparingLong(TrainingJob::getSubmittedAtMs).thenComparing(TrainingJob::getRunId));
        return ordered;
    }

    public Optional<TrainingJob> run(String runId) {
        return runs().stream().filter(job -> job.getRunId().equals(runId)).findFirst();
    }

    /// The figures of a run, in the order in which it told them.
    public void figures(TrainingJob run, Consumer<MetricsReported> each) {
        try (TopicScan scan = new TopicScan(bootstrap)) {
            scan.read(MetricsReported.class, (record, metrics) -> {
                // A run of this name before this one was removed from the log.
                if (metrics != null
                        && metrics.getRunId().equals(run.getRunId())
                        && metrics.getReportedAtMs() >= run.getSubmittedAtMs()) {
                    each.accept(metrics);
                }
            });
        }
    }
}
