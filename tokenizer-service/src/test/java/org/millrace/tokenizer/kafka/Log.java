package org.millrace.tokenizer.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.DocumentRetracted;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.events.v1.TokenizerPublished;

/// What a test puts on the log and finds there.
public final class Log {

    private static final Events EVENTS = new Events("test");

    private final Map<String, Object> broker;

    public Log(String bootstrapServers) {
        broker = Map.of("bootstrap.servers", bootstrapServers);
    }

    /// As the cleaner publishes: in a transaction, whose marker takes an offset too.
    public void publish(List<? extends Message> events) {
        inTransaction(records(events), true);
    }

    /// Written and then aborted: nobody reads them, but they take offsets.
    public void abort(List<? extends Message> events) {
        inTransaction(records(events), false);
    }

    public void publishRaw(String topic, String key, byte @Nullable [] value) {
        inTransaction(List.of(new ProducerRecord<>(topic, key, value)), true);
    }

    /// As the cleaner does it: both in one transaction.
    public void restore(DocumentCleaned document) {
        inTransaction(List.of(restoration(document), records(List.of(document)).getFirst()), true);
    }

    /// The first half of it in a transaction that is open until the result is closed.
    public AutoCloseable restoring(DocumentCleaned document) {
        KafkaProducer<String, byte[]> producer = begin(List.of(restoration(document)));
        return () -> {
            try (producer) {
                producer.commitTransaction();
            }
        };
    }

    private static ProducerRecord<String, byte[]> restoration(DocumentCleaned document) {
        return new ProducerRecord<>(
                Events.topicName(DocumentRetracted.class), document.getDocumentId() + "/cleaner", null);
    }

    private void inTransaction(List<ProducerRecord<String, byte[]>> records, boolean commit) {
        try (KafkaProducer<String, byte[]> producer = begin(records)) {
            if (commit) {
                producer.commitTransaction();
            } else {
                producer.abortTransaction();
            }
        }
        awaitMarkers(records.stream().map(ProducerRecord::topic).distinct().toList());
    }

    @SuppressWarnings("FutureReturnValueIgnored") // commitTransaction() throws if a send failed
    private KafkaProducer<String, byte[]> begin(List<ProducerRecord<String, byte[]>> records) {
        Map<String, Object> settings = new HashMap<>(broker);
        settings.put("transactional.id", "test-" + UUID.randomUUID());
        KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
        producer.initTransactions();
        producer.beginTransaction();
        records.forEach(producer::send);
        producer.flush();
        return producer;
    }

    /// A transaction ends for its producer before its markers are on every partition; until they are,
    /// a `read_committed` reader does not see the records.
    private void awaitMarkers(List<String> topics) {
        Map<String, Object> uncommitted = new HashMap<>(broker);
        uncommitted.put("isolation.level", "read_uncommitted");
        Map<String, Object> committed = new HashMap<>(broker);
        committed.put("isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> all =
                        new KafkaConsumer<>(uncommitted, new ByteArrayDeserializer(), new ByteArrayDeserializer());
                KafkaConsumer<byte[], byte[]> visible =
                        new KafkaConsumer<>(committed, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = topics.stream()
                    .flatMap(topic -> all.partitionsFor(topic).stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            await().atMost(Duration.ofSeconds(20))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10)) // it is most of what a publication takes
                    .until(() -> visible.endOffsets(partitions).equals(all.endOffsets(partitions)));
        }
    }

    private static List<ProducerRecord<String, byte[]>> records(List<? extends Message> events) {
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        for (Message event : events) {
            records.add(EVENTS.record(key(event), event));
        }
        return records;
    }

    private static String key(Message event) {
        return switch (event) {
            case DocumentCleaned document -> document.getDocumentId();
            case TokenizerPublished tokenizer -> tokenizer.getName();
            case DocumentRetracted retracted
            when retracted.getRule().isEmpty() -> retracted.hasUrl() ? retracted.getUrl() : retracted.getDocumentId();
            case DocumentRetracted retracted -> retracted.getDocumentId() + "/cleaner";
            default -> "key";
        };
    }

    public <M extends Message> List<M> events(Class<M> type) throws BadRecord {
        List<M> events = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records(Events.topicName(type))) {
            events.add(Events.read(record, type));
        }
        return events;
    }

    public List<ConsumerRecord<String, byte[]>> records(String topic) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        try (LogReader reader = new LogReader(broker, topic)) {
            reader.untilNow().forEachRemaining(records::add);
        }
        return records;
    }

    public static String reason(ConsumerRecord<String, byte[]> letter) {
        return new String(letter.headers().lastHeader("dlq_reason").value(), UTF_8);
    }

    public static List<DocumentCleaned> documents(int from, int to) {
        List<DocumentCleaned> documents = new ArrayList<>();
        for (int i = from; i < to; i++) {
            documents.add(DocumentCleaned.newBuilder()
                    .setDocumentId("d" + i)
                    .setUrl("http://example.test/" + i)
                    .setText("Page %d. The mill turns the race, and the race turns the mill.".formatted(i))
                    .build());
        }
        return documents;
    }

    public static ConversationSubmitted conversation(String id, Role... roles) {
        ConversationSubmitted.Builder conversation =
                ConversationSubmitted.newBuilder().setConversationId(id).setDataset("qa");
        for (Role role : roles) {
            conversation
                    .addMessagesBuilder()
                    .setRole(role)
                    .setContent("The mill turns, says " + role.name().toLowerCase(Locale.ROOT));
        }
        return conversation.build();
    }
}
