package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/// Records that nobody can use, kept for people: key, value and headers as they came, and five headers
/// more that say where the record stood, who gave it up, and why.
public final class DeadLetters {

    public static final String TOPIC = "dlq_topic";
    public static final String PARTITION = "dlq_partition";
    public static final String OFFSET = "dlq_offset";
    public static final String SERVICE = "dlq_service";
    public static final String REASON = "dlq_reason";

    /// How often the record was replayed, a number from 1; absent if never. It travels with the record, so a
    /// letter that comes back again tells how often it was tried.
    public static final String REPLAYS = "dlq_replays";

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

    /// The record that a letter holds, ready to be sent once more to where it stood: as it came, with one
    /// replay more.
    ///
    /// @throws BadRecord if the letter does not say that it is of its topic's records
    public static ProducerRecord<String, byte[]> replayed(ConsumerRecord<String, byte[]> letter) throws BadRecord {
        String topic = header(letter, TOPIC);
        if (topic == null || !Events.deadLetterTopic(topic).equals(letter.topic())) {
            throw new BadRecord("%s: expected the topic of %s, got %s".formatted(TOPIC, letter.topic(), topic));
        }
        var record = new ProducerRecord<String, byte[]>(
                topic, partition(letter), letter.key(), letter.value(), letter.headers());
        for (String name : new String[] {TOPIC, PARTITION, OFFSET, SERVICE, REASON}) {
            record.headers().remove(name);
        }
        set(record, REPLAYS, String.valueOf(replays(letter) + 1));
        return record;
    }

    /// How often the letter's record was replayed before.
    public static int replays(ConsumerRecord<String, byte[]> letter) {
        return number(letter, REPLAYS) instanceof Integer replays ? replays : 0;
    }

    /// Null, for the one that its key leads to, if the letter names none.
    private static @Nullable Integer partition(ConsumerRecord<String, byte[]> letter) {
        return number(letter, PARTITION);
    }

    /// @return null for what is no number: anybody can write a header
    private static @Nullable Integer number(ConsumerRecord<String, byte[]> letter, String name) {
        String value = header(letter, name);
        return value != null && value.matches("\\d{1,9}") ? Integer.valueOf(value) : null;
    }

    /// A header of a letter as text.
    public static @Nullable String header(ConsumerRecord<String, byte[]> letter, String name) {
        Header header = letter.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
    }

    private static void set(ProducerRecord<String, byte[]> letter, String name, String value) {
        letter.headers().remove(name).add(name, value.getBytes(UTF_8));
    }
}
