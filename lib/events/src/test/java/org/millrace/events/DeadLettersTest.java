package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class DeadLettersTest {

    @Test
    void aLetterIsTheRecordAndFiveHeaders() {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 3, 41, "k", new byte[] {1, 2});
        record.headers().add("ce_type", "x".getBytes(UTF_8));

        ProducerRecord<String, byte[]> letter = DeadLetters.of(record, "cleaner", "cannot be read");

        assertThat(letter.topic()).isEqualTo("pages.fetched.v1.dlq");
        assertThat(letter.key()).isEqualTo("k");
        assertThat(letter.value()).containsExactly(1, 2);
        assertThat(headers(letter))
                .isEqualTo(Map.of(
                        "ce_type", "x",
                        "dlq_topic", "pages.fetched.v1",
                        "dlq_partition", "3",
                        "dlq_offset", "41",
                        "dlq_service", "cleaner",
                        "dlq_reason", "cannot be read"));
    }

    @Test
    void aRecordWithoutKeyAndValueHasALetterToo() {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 0, 0, null, null);

        ProducerRecord<String, byte[]> letter = DeadLetters.of(record, "cleaner", "a tombstone");

        assertThat(letter.key()).isNull();
        assertThat(letter.value()).isNull();
    }

    @Test
    void aLetterThatFailsAgainTellsItsLastFailureOnly() {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 3, 41, "k", new byte[0]);
        record.headers().add("dlq_reason", "old".getBytes(UTF_8));

        assertThat(headers(DeadLetters.of(record, "cleaner", "new"))).containsEntry("dlq_reason", "new");
        assertThat(record.headers().lastHeader("dlq_topic")).isNull();
    }

    @Test
    void aLongReasonIsCut() {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 3, 41, "k", new byte[0]);

        assertThat(headers(DeadLetters.of(record, "cleaner", "x".repeat(5_000))).get("dlq_reason"))
                .hasSize(1_000);
    }

    private static Map<String, String> headers(ProducerRecord<String, byte[]> letter) {
        Map<String, String> headers = new TreeMap<>();
        letter.headers().forEach(header -> {
            assertThat(headers.put(header.key(), new String(header.value(), UTF_8)))
                    .isNull();
        });
        return headers;
    }
}
