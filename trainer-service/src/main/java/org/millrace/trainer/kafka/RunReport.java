package org.millrace.trainer.kafka;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.trainer.Keeping;
import org.millrace.trainer.Listener;
import org.millrace.trainer.Outcome;
import org.millrace.trainer.Snapshot;

/// What a run tells, as events: figures of its steps, and the weights it publishes. Figures are
/// sent by a thread of their own, several steps in one transaction, so that training does not wait
/// for the broker.
final class RunReport implements Listener, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Publisher publisher;
    private final Models models;
    private final Clock clock;
    private final TrainingJob job;
    private final Start start;
    private final Workplace workplace;
    private final Keeping keeping;
    private final RunGauges gauges;
    private final BooleanSupplier cancelled;
    private final Events events = Publisher.events();
    private final ConcurrentLinkedQueue<ProducerRecord<String, byte[]>> pending = new ConcurrentLinkedQueue<>();
    private final ExecutorService sender =
            Executors.newSingleThreadExecutor(Thread.ofVirtual().name("metrics").factory());
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    RunReport(
            Publisher publisher,
            Models models,
            Clock clock,
            TrainingJob job,
            Start start,
            Workplace workplace,
            Keeping keeping,
            RunGauges gauges,
            BooleanSupplier cancelled) {
        this.publisher = publisher;
        this.models = models;
        this.clock = clock;
        this.job = job;
        this.start = start;
        this.workplace = workplace;
        this.keeping = keeping;
        this.gauges = gauges;
        this.cancelled = cancelled;
    }

    /// What the published models of a run have in common.
    ///
    /// @param tokenizerDirectory holds `tokenizer.json`
    /// @param provenance of the weights the run started from; empty for random ones
    record Start(
            String stage,
            ModelPublished.Role role,
            String tokenizer,
            long tokenizerVersion,
            Path tokenizerDirectory,
            String provenance) {}

    @Override
    public void measured(long step, SortedMap<String, Double> figures, double progress, double secondsLeft) {
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        gauges.show(figures, progress);
        MetricsReported metrics = MetricsReported.newBuilder()
                .setRunId(job.getRunId())
                .setStep(step)
                .putAllValues(figures)
                .setProgress(progress)
                .setSecondsLeft(secondsLeft)
                .setReportedAtMs(clock.millis())
                .build();
        pending.add(events.record(job.getRunId(), metrics));
        sender.execute(this::send);
    }

    @Override
    public void publish(long step, Snapshot snapshot) throws IOException {
        Path draft = workplace.draft();
        try {
            Path checkpoint = draft.resolve("checkpoint");
            snapshot.write(checkpoint, start.tokenizerDirectory(), provenance(step));
            models.publish(
                    checkpoint,
                    ModelPublished.newBuilder()
                            .setName(job.getPlan().getModel())
                            .setRole(start.role())
                            .setRunId(job.getRunId())
                            .setStep(step)
                            .setStage(start.stage())
                            .setTokenizer(start.tokenizer())
                            .setTokenizerVersion(start.tokenizerVersion()));
        } finally {
            workplace.discard(draft);
        }
    }

    @Override
    public Optional<Keeping> keeping() {
        return Optional.of(keeping);
    }

    @Override
    public boolean cancelled() {
        return cancelled.getAsBoolean();
    }

    /// Tells the figures of the finished model, and returns when every figure of the run is
    /// committed.
    void finish(Outcome outcome) {
        if (!outcome.figures().isEmpty()) {
            measured(Math.max(1, outcome.steps()), outcome.figures(), 1, 0);
        }
        close();
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /// Sends what is pending. A stop does not shorten that: a run that published its model has
    /// ended, and must not be made again.
    @Override
    public void close() {
        gauges.close();
        sender.shutdown();
        if (!Uninterruptibles.awaitTerminationUninterruptibly(sender, PATIENCE)) {
            sender.shutdownNow();
            throw new KafkaException(
                    "the figures of run %s were not sent in %d s".formatted(job.getRunId(), PATIENCE.toSeconds()));
        }
    }

    private void send() {
        List<ProducerRecord<String, byte[]>> batch = new ArrayList<>();
        for (var record = pending.poll(); record != null; record = pending.poll()) {
            batch.add(record);
        }
        if (batch.isEmpty()) {
            return; // sent with an earlier one
        }
        try {
            publisher.publish(batch);
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e); // thrown where the run notices: at its next step
        }
    }

    private Map<String, String> provenance(long step) {
        Map<String, String> provenance = new TreeMap<>();
        provenance.put("run", job.getRunId());
        provenance.put("stage", start.stage());
        provenance.put("step", String.valueOf(step));
        provenance.put("seed", String.valueOf(job.getPlan().getSeed()));
        provenance.put("tokenizer", start.tokenizer() + ":" + start.tokenizerVersion());
        if (!start.provenance().isEmpty()) {
            provenance.put("base", start.provenance());
        }
        return provenance;
    }
}
