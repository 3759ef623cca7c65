package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.duplicate.KeptSet;
import org.millrace.cleaner.duplicate.KeptSet.Sample;
import org.millrace.cleaner.duplicate.MemoryStore;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentDropped;
import org.millrace.proto.events.v1.DocumentProposed;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.PageFetched;

/// What committed readers see of the cleaner's topics, and whether it is what it should be.
final class CleanerLog implements AutoCloseable {

    static final Duplicates.Settings SETTINGS = new Duplicates.Settings(3, 30);

    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static final String CLEANED = Events.topicName(DocumentCleaned.class);
    private static final String DROPPED = Events.topicName(DocumentDropped.class);
    private static final String RETRACTED = Events.topicName(DocumentRetracted.class);
    private static final String PROPOSED = Events.topicName(DocumentProposed.class);
    private static final String LETTERS = Events.deadLetterTopic(Events.topicName(PageFetched.class));

    private final KafkaConsumer<String, byte[]> consumer;
    private final List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();

    CleanerLog(String bootstrapServers) {
        consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", bootstrapServers,
                        "isolation.level", "read_committed",
                        "auto.offset.reset", "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(Set.of(CLEANED, DROPPED, RETRACTED, PROPOSED, LETTERS).stream()
                .flatMap(topic -> consumer.partitionsFor(topic).stream())
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .collect(Collectors.toSet()));
    }

    /// Pages that something was said about.
    int judged() throws IOException {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
        Set<String> urls = new HashSet<>();
        for (ConsumerRecord<String, byte[]> record : of(CLEANED)) {
            urls.add(DocumentCleaned.parseFrom(record.value()).getUrl());
        }
        for (ConsumerRecord<String, byte[]> record : of(DROPPED)) {
            urls.add(DocumentDropped.parseFrom(record.value()).getUrl());
        }
        return urls.size();
    }

    /// Waits until every page is judged and every bad record is put aside.
    void awaitAll(int pages, int poison) {
        await().atMost(DEADLINE).until(() -> judged() == pages && of(LETTERS).size() >= poison);
    }

    private List<ConsumerRecord<String, byte[]>> of(String topic) {
        return records.stream().filter(r -> r.topic().equals(topic)).toList();
    }

    /// Each thing is said once, what is said is what one says who is never disturbed, and what is kept is what
    /// comparing all with all keeps.
    void verify(List<PageFetched> pages, int poison) throws IOException {
        assertThat(of(LETTERS)).hasSize(poison);

        // The first step, against judging every page here.
        Map<String, String> expected = Corpus.fit(pages);
        Map<String, String> proposed = new TreeMap<>();
        List<Sample> samples = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : of(PROPOSED)) {
            DocumentProposed proposal = DocumentProposed.parseFrom(record.value());
            DocumentCleaned document = proposal.getDocument();
            assertThat(proposed.put(document.getUrl(), document.getDocumentId()))
                    .isNull();
            int[] signature = proposal.getSignatureList().stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            samples.add(Sample.of(document.getUrl(), document.getText(), signature));
        }
        assertThat(proposed).isEqualTo(expected);
        List<String> said = new ArrayList<>();
        List<String> unfit = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : of(DROPPED)) {
            DocumentDropped dropped = DocumentDropped.parseFrom(record.value());
            if (dropped.getRule().contains("-duplicate")) {
                said.add(described(record.topic(), record.key(), record.value()));
            } else {
                unfit.add(dropped.getUrl());
            }
        }
        assertThat(unfit)
                .containsExactlyInAnyOrderElementsOf(pages.stream()
                        .map(PageFetched::getUrl)
                        .filter(url -> !expected.containsKey(url))
                        .toList());

        // The second step, against one that was never killed: byte by byte, and each exactly once.
        of(CLEANED).forEach(r -> said.add(described(r.topic(), r.key(), r.value())));
        of(RETRACTED).forEach(r -> said.add(described(r.topic(), r.key(), r.value())));
        List<ConsumerRecord<String, byte[]>> log = of(PROPOSED);
        DuplicateStage unkilled = new DuplicateStage(
                new ListLog("here", log, new ArrayList<>()), new MemoryStore(), SETTINGS, new SimpleMeterRegistry());
        assertThat(said)
                .containsExactlyInAnyOrderElementsOf(unkilled.apply(log).stream()
                        .map(r -> described(r.topic(), r.key(), r.value()))
                        .toList());

        // And what is kept, against comparing all with all.
        Map<String, String> kept = new TreeMap<>();
        for (ConsumerRecord<String, byte[]> record : of(CLEANED)) {
            DocumentCleaned document = DocumentCleaned.parseFrom(record.value());
            kept.put(document.getDocumentId(), document.getUrl() + " " + document.getText());
        }
        of(RETRACTED).forEach(record -> kept.remove(record.key().replace("/cleaner", "")));
        assertThat(kept).isEqualTo(KeptSet.of(samples, SETTINGS));
        assertThat(kept.size()).isLessThan(proposed.size());
        assertThat(of(RETRACTED)).isNotEmpty();
    }

    private static String described(String topic, String key, byte[] value) {
        return topic + " " + key + " " + Arrays.hashCode(value);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
