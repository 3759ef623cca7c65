package org.millrace.events;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.CrawlSeeded;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.proto.events.v1.RankingSubmitted;
import org.millrace.proto.events.v1.ShardWritten;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.options.v1.Topic;
import org.millrace.proto.options.v1.TopicOuterClass;

/// Every topic of the contracts, and how to have them on a broker.
public final class Topics {

    /// Bodies beyond 256 KiB are claim checks, so 1 MiB holds any event, and a producer's default limit.
    private static final int MAX_RECORD_BYTES = 1 << 20;

    /// A dead letter is its record with five headers more.
    private static final int MAX_LETTER_BYTES = MAX_RECORD_BYTES + (1 << 16);

    private static final int DEFAULT_PARTITIONS = 4;
    private static final short BROKER_DEFAULT = -1;

    /// What is kept is a function of all that was ever proposed, and replays need the rest. Whoever
    /// wants less sets it on the topic.
    private static final String FOR_EVER = "-1";

    /// Of a compacted topic, what is younger stays beside what replaced it: so long can a model be rolled back.
    private static final Duration NOT_YET_COMPACTED = Duration.ofDays(30);

    /// One message of each file of `millrace.events.v1`; a test finds a file that is missing here.
    private static final List<FileDescriptor> FILES = List.of(
            CrawlSeeded.getDescriptor().getFile(),
            PageFetched.getDescriptor().getFile(),
            DocumentCleaned.getDescriptor().getFile(),
            ConversationSubmitted.getDescriptor().getFile(),
            ShardWritten.getDescriptor().getFile(),
            RankingSubmitted.getDescriptor().getFile(),
            PromptSubmitted.getDescriptor().getFile(),
            TrainingJob.getDescriptor().getFile());

    private Topics() {}

    /// The topics of all events, by name. Dead letter topics are not among them: each of these has one,
    /// named by [Events#deadLetterTopic].
    public static List<Topic> all() {
        return FILES.stream()
                .flatMap(file -> file.getMessageTypes().stream())
                .map(Descriptor::getOptions)
                .filter(options -> options.hasExtension(TopicOuterClass.topic))
                .map(options -> options.getExtension(TopicOuterClass.topic))
                .sorted(Comparator.comparing(Topic::getName))
                .toList();
    }

    /// Creates what is missing of [#all] and of the dead letter topics. Topics that exist are left as
    /// they are, so this may run again and again, and from several processes at once. Returns when the broker
    /// knows them all: it is the controller that makes them, and the broker hears of it later.
    ///
    /// @throws TimeoutException if the broker did not answer in time
    public static void create(Admin admin, Duration deadline) {
        long end = System.nanoTime() + deadline.toNanos();
        List<NewTopic> missing = missing(admin, end);
        admin.createTopics(missing, new CreateTopicsOptions().timeoutMs(left(end)))
                .values()
                .forEach((name, created) -> {
                    try {
                        await(created, end);
                    } catch (TopicExistsException e) {
                        // Another process was faster: it made the same topic of the same contract.
                        return;
                    }
                });
        while (!missing(admin, end).isEmpty()) {
            if (System.nanoTime() - end > 0) {
                throw new TimeoutException("the broker did not know its new topics within the deadline");
            }
            pause();
        }
    }

    private static List<NewTopic> missing(Admin admin, long end) {
        Set<String> existing = await(
                admin.listTopics(new ListTopicsOptions().timeoutMs(left(end))).names(), end);
        return wanted().stream()
                .filter(topic -> !existing.contains(topic.name()))
                .toList();
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            throw new InterruptException("interrupted while topics were created", e);
        }
    }

    private static List<NewTopic> wanted() {
        List<NewTopic> topics = new ArrayList<>();
        for (Topic topic : all()) {
            int partitions = topic.getPartitions() == 0 ? DEFAULT_PARTITIONS : topic.getPartitions();
            Map<String, String> settings = new HashMap<>();
            settings.put(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, String.valueOf(MAX_RECORD_BYTES));
            settings.put(TopicConfig.RETENTION_MS_CONFIG, FOR_EVER);
            settings.put(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    topic.getCompacted() ? TopicConfig.CLEANUP_POLICY_COMPACT : TopicConfig.CLEANUP_POLICY_DELETE);
            if (topic.getCompacted()) {
                settings.put(TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG, String.valueOf(NOT_YET_COMPACTED.toMillis()));
            }
            topics.add(newTopic(topic.getName(), partitions, settings));
            topics.add(newTopic(
                    Events.deadLetterTopic(topic.getName()),
                    1,
                    Map.of(
                            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                            String.valueOf(MAX_LETTER_BYTES),
                            TopicConfig.RETENTION_MS_CONFIG,
                            FOR_EVER)));
        }
        return topics;
    }

    private static NewTopic newTopic(String name, int partitions, Map<String, String> settings) {
        return new NewTopic(name, Optional.of(partitions), Optional.of(BROKER_DEFAULT)).configs(settings);
    }

    private static <T> T await(KafkaFuture<T> answer, long end) {
        try {
            return answer.get(left(end), TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new TimeoutException("no answer from the broker within the deadline", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException("interrupted while topics were created", e);
        }
    }

    private static int left(long end) {
        return (int) Math.clamp((end - System.nanoTime()) / 1_000_000, 1, Integer.MAX_VALUE);
    }
}
