package org.millrace.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

    @Test
    void aReplayedLetterIsTheRecordAsItCameAndACount() throws BadRecord {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 3, 41, "k", new byte[] {1, 2});
        record.headers().add("ce_type", "x".getBytes(UTF_8));

        ProducerRecord<String, byte[]> again = DeadLetters.replayed(letter(record));

        assertThat(again.topic()).isEqualTo("pages.fetched.v1");
        assertThat(again.partition()).isEqualTo(3);
        assertThat(again.key()).isEqualTo("k");
        assertThat(again.value()).containsExactly(1, 2);
        assertThat(headers(again)).isEqualTo(Map.of("ce_type", "x", "dlq_replays", "1"));
    }

    @Test
    void aLetterThatComesBackTellsHowOftenItWasTried() throws BadRecord {
        var record = new ConsumerRecord<String, byte[]>("pages.fetched.v1", 3, 41, "k", new byte[] {1, 2});
        for (int tries = 1; tries <= 3; tries++) {
            ProducerRecord<String, byte[]> again = DeadLetters.replayed(letter(record));
            record = new ConsumerRecord<>(again.topic(), 3, 41 + tries, again.key(), again.value());
            again.headers().forEach(record.headers()::add);

            assertThat(DeadLetters.replays(letter(record))).isEqualTo(tries);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pages.fetched.v2", "pages.fetched.v1.dlq"})
    void aRecordThatIsNoLetterOfItsTopicIsNotReplayed(String topic) {
        var foreign = new ConsumerRecord<String, byte[]>("pages.fetched.v1.dlq", 0, 0, "k", new byte[0]);
        foreign.headers().add("dlq_topic", topic.getBytes(UTF_8));

        assertThatThrownBy(() -> DeadLetters.replayed(foreign))
                .isInstanceOf(BadRecord.class)
                .hasMessageStartingWith("dlq_topic: expected the topic of pages.fetched.v1.dlq, got ");
    }

    @Test
    void numbersThatNobodyCanReadCountForNothing() throws BadRecord {
        var letter = new ConsumerRecord<String, byte[]>("pages.fetched.v1.dlq", 0, 0, "k", new byte[0]);
        letter.headers().add("dlq_topic", "pages.fetched.v1".getBytes(UTF_8));
        letter.headers().add("dlq_partition", "-1".getBytes(UTF_8));
        letter.headers().add("dlq_replays", "9".repeat(30).getBytes(UTF_8));

        assertThat(DeadLetters.replayed(letter).partition()).isNull();
        assertThat(headers(DeadLetters.replayed(letter))).isEqualTo(Map.of("dlq_replays", "1"));
    }

    private static ConsumerRecord<String, byte[]> letter(ConsumerRecord<String, byte[]> record) {
        ProducerRecord<String, byte[]> sent = DeadLetters.of(record, "cleaner", "cannot be read");
        var letter = new ConsumerRecord<String, byte[]>(sent.topic(), 0, 7, sent.key(), sent.value());
        sent.headers().forEach(letter.headers()::add);
        return letter;
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
