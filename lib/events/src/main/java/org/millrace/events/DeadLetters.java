package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/// Records that nobody can use, kept for people: key, value and headers as they came, and five headers
/// more that say where the record stood, who gave it up, and why.
public final class DeadLetters {

    public static final String TOPIC = "dlq_topic";
    public static final String PARTITION = "dlq_partition";
    public static final String OFFSET = "dlq_offset";
    public static final String SERVICE = "dlq_service";
    public static final String REASON = "dlq_reason";

    private static final int MAX_REASON = 1_000;

    private DeadLetters() {}

    /// The dead letter of a record, ready to be sent in the transaction that commits the record's offset.
    public static ProducerRecord<String, byte[]> of(
            ConsumerRecord<String, byte[]> record, String service, String reason) {
        var letter = new ProducerRecord<String, byte[]>(
                Events.deadLetterTopic(record.topic()), null, record.key(), record.value(), record.headers());
        // A letter that is replayed and fails again carries only its last failure.
        set(letter, TOPIC, record.topic());
        set(letter, PARTITION, String.valueOf(record.partition()));
        set(letter, OFFSET, String.valueOf(record.offset()));
        set(letter, SERVICE, service);
        set(letter, REASON, reason.length() <= MAX_REASON ? reason : reason.substring(0, MAX_REASON));
        return letter;
    }

    private static void set(ProducerRecord<String, byte[]> letter, String name, String value) {
        letter.headers().remove(name).add(name, value.getBytes(UTF_8));
    }
}
