package org.millrace.exactlyonce;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.PageFetched;

/// Pages that can be told apart, and the check that each became one document, in the order of its key.
///
/// @param bad whether each hundredth record is one that nobody can read
record NumberedPages(int count, boolean bad) {

    private static final int KEYS = 20;
    private static final Events EVENTS = new Events("test");

    static ProducerRecord<String, byte[]> page(String key, String url) {
        return EVENTS.record(key, PageFetched.newBuilder().setUrl(url).build());
    }

    static ProducerRecord<String, byte[]> page(String key, String url, byte[] body) {
        return EVENTS.record(
                key,
                PageFetched.newBuilder()
                        .setUrl(url)
                        .setInline(ByteString.copyFrom(body))
                        .build());
    }

    List<ProducerRecord<String, byte[]>> records() {
        List<ProducerRecord<String, byte[]>> pages = new ArrayList<>();
        for (int n = 0; n < count; n++) {
            String key = "k" + n % KEYS;
            pages.add(
                    isBad(n)
                            ? new ProducerRecord<>(Events.topicName(PageFetched.class), "bad " + n, new byte[] {1})
                            : page(key, key + "/" + n));
        }
        return pages;
    }

    private boolean isBad(int n) {
        return bad && n % 100 == 99;
    }

    int letters() {
        return bad ? count / 100 : 0;
    }

    int documents() {
        return count - letters();
    }

    /// Nothing lost, nothing twice, and the order of each key kept.
    void assertAllOnce(List<ConsumerRecord<String, byte[]>> documents) throws BadRecord {
        Map<String, List<Integer>> numbers = new HashMap<>();
        for (ConsumerRecord<String, byte[]> document : documents) {
            String id = Events.read(document, DocumentCleaned.class).getDocumentId();
            numbers.computeIfAbsent(id.substring(0, id.indexOf('/')), key -> new ArrayList<>())
                    .add(Integer.parseInt(id.substring(id.indexOf('/') + 1)));
        }
        for (int key = 0; key < KEYS; key++) {
            int first = key;
            assertThat(numbers.get("k" + key))
                    .as("documents of key k" + key)
                    .containsExactlyElementsOf(IntStream.iterate(first, n -> n < count, n -> n + KEYS)
                            .filter(n -> !isBad(n))
                            .boxed()
                            .toList());
        }
    }
}
