package org.millrace.inference.kafka;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jboss.logging.Logger;
import org.millrace.artifacts.Reference;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.inference.Models;
import org.millrace.inference.Publication;
import org.millrace.inference.Refused;
import org.millrace.inference.TokenizerVersion;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;

/// Reads `models.published` from the beginning, as every instance must know every model, and hands the version of
/// each policy that was published last to [Models], be it newer or older than the one before. At the start, and when
/// versions come faster than they load, those in between are skipped, unless the last is refused. While several older
/// ones still end their answers, the next waits: each of them takes as much memory again.
///
/// It commits no offsets. A record that cannot be read or served is told in the log and counted, not written
/// to a dead-letter topic: each start of each instance reads it again.
public final class ModelFeed implements Runnable {

    private static final Logger LOGGER = Logger.getLogger(ModelFeed.class);
    private static final Duration POLL = Duration.ofMillis(200);

    /// Every so many attempts in vain are worth a warning; it goes on trying as long as the version is the last.
    private static final int WARN_EVERY = 25;

    /// Older versions of a model that may end their answers at once.
    private static final int MOST_DRAINING = 2;

    private final Consumer<String, byte[]> consumer;
    private final Models models;
    private final MeterRegistry meters;
    private final Counter refused;
    private final Counter swaps;
    private final Timer loading;
    private final Map<String, Pending> pending = new LinkedHashMap<>();
    private final Set<String> measured = new HashSet<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /// Of one name, what was published since one was served, the last first; without what was gone back from.
    private static final class Pending {

        private final Deque<Publication> publications = new ArrayDeque<>();
        private int attempts;
        private long waits; // the version that was told to wait

        void add(Publication publication) {
            if (publications.stream().anyMatch(other -> other.version() == publication.version())) {
                while (publications.getFirst().version() != publication.version()) {
                    publications.removeFirst(); // somebody went back from it: no way leads there again
                }
                publications.removeFirst();
            }
            publications.addFirst(publication);
            attempts = 0;
        }
    }

    public ModelFeed(Consumer<String, byte[]> consumer, Models models, MeterRegistry meters) {
        this.consumer = consumer;
        this.models = models;
        this.meters = meters;
        this.refused = meters.counter("models_refused");
        this.swaps = meters.counter("models_swapped");
        this.loading = meters.timer("model_load");
    }

    @Override
    public void run() {
        try (consumer) {
            List<TopicPartition> partitions = awaitPartitions();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> known = new HashMap<>(consumer.endOffsets(partitions));
            while (!isStopped()) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    note(record);
                }
                known.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
                if (known.isEmpty()) {
                    serve();
                }
            }
        } catch (WakeupException e) {
            if (!isStopped()) {
                throw e;
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    public void stop() {
        stopped.countDown();
        consumer.wakeup();
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /// A broker that was just started may not have the topic yet.
    private List<TopicPartition> awaitPartitions() throws InterruptedException {
        String topic = Events.topicName(ModelPublished.class);
        List<TopicPartition> partitions = new ArrayList<>();
        do {
            for (PartitionInfo partition : consumer.partitionsFor(topic)) {
                partitions.add(new TopicPartition(topic, partition.partition()));
            }
        } while (partitions.isEmpty() && !stopped.await(POLL.toMillis(), TimeUnit.MILLISECONDS));
        return partitions;
    }

    private void note(ConsumerRecord<String, byte[]> record) {
        try {
            ModelPublished event = Events.read(record, ModelPublished.class);
            if (event.getRole() == ModelPublished.Role.ROLE_POLICY) {
                Publication publication = publication(event);
                pending.computeIfAbsent(publication.name(), name -> new Pending())
                        .add(publication);
            }
        } catch (BadRecord | IllegalArgumentException e) {
            refused.increment();
            LOGGER.warnf(
                    "topic=%s partition=%d offset=%d: not a model: %s",
                    record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }

    /// By vLLM's names, of each model that is served, all versions together.
    private void measure(String model) {
        if (!measured.add(model)) {
            return;
        }
        gauge("vllm:num_requests_running", "answers being drawn", model, m -> m.running(model));
        gauge("vllm:num_requests_waiting", "answers that wait for a slot", model, m -> m.waiting(model));
        gauge("vllm:kv_cache_usage_perc", "rows of the cache held / rows, 0 to 1", model, m -> m.cacheUsage(model));
    }

    private void gauge(String name, String description, String model, ToDoubleFunction<Models> value) {
        Gauge.builder(name, models, value)
                .description(description)
                .tag("model_name", model)
                .register(meters);
    }

    private void serve() {
        Iterator<Pending> each = pending.values().iterator();
        while (each.hasNext() && !isStopped()) {
            if (isSettled(each.next())) {
                each.remove();
            }
        }
    }

    /// Serves the last one that can be.
    ///
    /// @return whether nothing is left to be tried
    private boolean isSettled(Pending next) {
        while (!next.publications.isEmpty()) {
            Publication publication = next.publications.getFirst();
            String model = publication.name();
            long version = publication.version();
            if (models.draining(model) >= MOST_DRAINING) {
                if (next.waits != version) {
                    next.waits = version;
                    LOGGER.infof(
                            "model=%s modelVersion=%d waits for the answers of %d older versions",
                            model, version, MOST_DRAINING);
                }
                return false;
            }
            long start = System.nanoTime();
            try {
                if (models.publish(publication)) {
                    long nanos = System.nanoTime() - start;
                    loading.record(Duration.ofNanos(nanos));
                    swaps.increment();
                    measure(model);
                    LOGGER.infof(
                            "model=%s modelVersion=%d served with weights in %s, loaded in %d ms",
                            model, version, models.precision(model).label(), nanos / 1_000_000);
                }
                return true;
            } catch (Refused e) {
                next.publications.removeFirst();
                refused.increment();
                LOGGER.warnf(
                        "model=%s modelVersion=%d refused, the version before goes on: %s",
                        model, version, e.getMessage());
            } catch (IOException e) {
                next.attempts++;
                if (next.attempts % WARN_EVERY == 1) {
                    LOGGER.warnf(
                            e,
                            "model=%s modelVersion=%d not served yet, its files could not be read in %d attempts",
                            model,
                            version,
                            next.attempts);
                }
                return false;
            }
        }
        return true;
    }

    private static Publication publication(ModelPublished event) {
        SortedMap<String, Reference> files = new TreeMap<>();
        for (ArtifactFile file : event.getFilesList()) {
            files.put(
                    file.getName(),
                    new Reference(
                            file.getArtifact().getUri(),
                            file.getArtifact().getSha256(),
                            file.getArtifact().getLength()));
        }
        return new Publication(
                event.getName(),
                event.getVersion(),
                event.getStage(),
                new TokenizerVersion(event.getTokenizer(), event.getTokenizerVersion()),
                files);
    }
}
