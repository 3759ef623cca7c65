package org.millrace.reward.kafka;

import com.google.common.util.concurrent.Uninterruptibles;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.millrace.artifacts.Reference;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ArtifactFile;
import org.millrace.proto.events.v1.ModelPublished;
import org.millrace.reward.Publication;
import org.millrace.reward.Refused;
import org.millrace.reward.RewardModels;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads `models.published` from the beginning and lets the last of each reward model be served;
/// versions in between are skipped, unless the last is refused.
///
/// It commits no offsets, as every instance must know every model. What cannot be read or served is told in
/// the log and counted instead of written to a dead-letter topic: each start of each instance sees it again.
final class ModelFeed implements Runnable {

    private static final Logger LOGGER = LoggerFactory.getLogger(ModelFeed.class);
    private static final Duration POLL = Duration.ofMillis(200);

    /// An artifact store may lag or be away; it is asked with every poll, and about every half minute the
    /// log says so.
    private static final int WARN_EVERY = 150;

    private final Consumer<String, byte[]> consumer;
    private final RewardModels models;
    private final MeterRegistry meters;
    private final Map<String, Pending> pending = new HashMap<>();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /// Of one name, what was published since one was served, the last first; without what was gone back from.
    private static final class Pending {

        private final Deque<Publication> publications = new ArrayDeque<>();
        private int attempts;

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

    ModelFeed(Consumer<String, byte[]> consumer, RewardModels models, MeterRegistry meters) {
        this.consumer = consumer;
        this.models = models;
        this.meters = meters;
    }

    @Override
    public void run() {
        List<TopicPartition> partitions = awaitPartitions();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        while (!isStopped()) {
            consumer.poll(POLL).forEach(this::note);
            ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            if (ends.isEmpty()) {
                serve();
            }
        }
    }

    /// [#run] ends within a poll, or when the model in hand is loaded.
    void stop() {
        stopped.countDown();
    }

    private boolean isStopped() {
        return stopped.getCount() == 0;
    }

    /// A broker that was just started may not have the topic yet.
    private List<TopicPartition> awaitPartitions() {
        String topic = Events.topicName(ModelPublished.class);
        List<TopicPartition> partitions = new ArrayList<>();
        do {
            for (PartitionInfo partition : consumer.partitionsFor(topic)) {
                partitions.add(new TopicPartition(topic, partition.partition()));
            }
        } while (partitions.isEmpty() && !Uninterruptibles.awaitUninterruptibly(stopped, POLL));
        return partitions;
    }

    private void note(ConsumerRecord<String, byte[]> record) {
        try {
            ModelPublished event = Events.read(record, ModelPublished.class);
            if (event.getRole() != ModelPublished.Role.ROLE_REWARD) {
                return;
            }
            Publication publication = publication(event);
            pending.computeIfAbsent(publication.name(), name -> new Pending()).add(publication);
        } catch (BadRecord | IllegalArgumentException e) {
            refused();
            LOGGER.warn(
                    "topic={} partition={} offset={} is no model: {}",
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    e.getMessage());
        }
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
            long start = System.nanoTime();
            try {
                if (models.publish(publication)) {
                    Duration took = Duration.ofNanos(System.nanoTime() - start);
                    meters.timer("millrace_reward_load").record(took);
                    LOGGER.info(
                            "model={} modelVersion={} served, loaded in {} ms",
                            publication.name(),
                            publication.version(),
                            took.toMillis());
                }
                return true;
            } catch (Refused e) {
                next.publications.removeFirst();
                refused();
                LOGGER.warn(
                        "model={} modelVersion={} refused, the version before goes on: {}",
                        publication.name(),
                        publication.version(),
                        e.getMessage());
            } catch (IOException e) {
                next.attempts++;
                if (next.attempts % WARN_EVERY == 1) {
                    LOGGER.warn(
                            "model={} modelVersion={} not served yet, its files could not be had in {} attempts",
                            publication.name(),
                            publication.version(),
                            next.attempts,
                            e);
                }
                return false;
            }
        }
        return true;
    }

    private void refused() {
        meters.counter("millrace_reward_refused_models").increment();
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
        return new Publication(event.getName(), event.getVersion(), files);
    }
}
