package org.millrace.exactlyonce;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;

/// The loop in its own process, for tests that kill it: pages in, documents out.
///
/// `LoopProcess BOOTSTRAP RECORDS_A_BATCH MICROSECONDS_A_BATCH`
final class LoopProcess {

    static final String NAME = "small-cleaner";

    private static final Events EVENTS = new Events(NAME);

    private LoopProcess() {}

    public static void main(String[] arguments) {
        Duration work = Duration.ofNanos(1_000L * Long.parseLong(arguments[2]));
        try (var consumer = consumer(arguments[0], "0", Integer.parseInt(arguments[1]));
                var producer = producer(arguments[0])) {
            consumer.subscribe(List.of(Events.topicName(PageFetched.class)));
            new TransactionalLoop(consumer, producer, slowly(work), Duration.ofMillis(100)).run();
        }
    }

    /// Work takes time: without it everything is done before the first kill.
    static BatchTransform slowly(Duration work) {
        BatchTransform each = BatchTransform.each(NAME, LoopProcess::clean);
        return batch -> {
            LockSupport.parkNanos(work.toNanos());
            return each.apply(batch);
        };
    }

    static List<ProducerRecord<String, byte[]>> clean(ConsumerRecord<String, byte[]> record) throws BadRecord {
        PageFetched page = Events.read(record, PageFetched.class);
        return List.of(EVENTS.record(
                record.key(),
                DocumentCleaned.newBuilder().setDocumentId(page.getUrl()).build()));
    }

    /// @param instance a restarted one takes its partitions back at once, as the services do
    static KafkaConsumer<String, byte[]> consumer(String bootstrapServers, String instance, int recordsABatch) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.consumerSettings(NAME));
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("group.instance.id", instance);
        settings.put("max.poll.records", recordsABatch);
        settings.put("session.timeout.ms", 1_500); // one that stopped for good is missed soon
        settings.put("heartbeat.interval.ms", 300);
        return new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    }

    static KafkaProducer<String, byte[]> producer(String bootstrapServers) {
        return producer(bootstrapServers, "0");
    }

    static KafkaProducer<String, byte[]> producer(String bootstrapServers, String instance) {
        Map<String, Object> settings = new HashMap<>(TransactionalLoop.producerSettings(NAME + "-" + instance));
        settings.put("bootstrap.servers", bootstrapServers);
        return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }
}
