package org.millrace.cleaner.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.cleaner.CountryPage;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.Verdict.Kept;
import org.millrace.proto.events.v1.PageFetched;

/// Pages of a small host, with all that pages do to each other, and records that are none.
final class Corpus {

    private Corpus() {}

    /// Four in ten are new, three repeat a text, two repeat it but for a number, one is too short.
    static List<PageFetched> pages(int count) {
        List<PageFetched> pages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int subject = i % 10 < 4 ? i : i % 40 / 10 * 10;
            String name = "Land" + word(subject);
            List<String> facts = List.of(
                    "Town" + word(subject + 1),
                    "Part" + word(subject + 2),
                    "Coin" + word(subject + 3),
                    "Tongue" + word(subject + 4),
                    "Next" + word(subject + 5),
                    "Dish" + word(subject + 6));
            String text = CountryPage.text(name, facts, 3, subject);
            if (i % 10 == 7 || i % 10 == 8) {
                text += " It has " + i + " hills.";
            }
            if (i % 6 == 0) {
                text += "\n\nThe keepers of this atlas answer letters about it on the first Monday of a month.";
            }
            pages.add(Fixtures.page(
                    "https://example.org/" + i, i % 10 == 9 ? "<p>Too short.</p>" : CountryPage.html(name, text)));
        }
        return pages;
    }

    private static String word(int number) {
        StringBuilder word = new StringBuilder();
        for (int rest = number * 7919 + 13; rest > 0; rest /= 20) {
            word.append((char) ('a' + rest % 20));
        }
        return word.toString();
    }

    static void publish(String bootstrapServers, List<PageFetched> pages, int poison) throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                // One request in flight: on a partition made a moment ago, a retried first batch may else
                // come behind the second, and a broker that knows no sequence yet takes that one first.
                Map.of("bootstrap.servers", bootstrapServers, "max.in.flight.requests.per.connection", 1),
                new StringSerializer(),
                new ByteArraySerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (PageFetched page : pages) {
                sent.add(producer.send(Fixtures.CRAWLER.record(page.getUrl(), page)));
            }
            for (int i = 0; i < poison; i++) {
                ProducerRecord<String, byte[]> good = Fixtures.CRAWLER.record("poison" + i, pages.getFirst());
                byte[] bad = ("no protobuf " + i).getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord<>(good.topic(), null, good.key(), bad, good.headers())));
            }
            for (Future<?> record : sent) {
                record.get(60, TimeUnit.SECONDS); // throws if the broker did not take it
            }
        }
    }

    /// Ids of the pages that are fit, by URL.
    static Map<String, String> fit(List<PageFetched> pages) {
        var cleaner = Fixtures.cleaner();
        Map<String, String> ids = new TreeMap<>();
        for (PageFetched page : pages) {
            Page read = new Page(
                    page.getUrl(), page.getContentType(), page.getInline().toByteArray());
            if (cleaner.judge(read) instanceof Kept(var document)) {
                ids.put(page.getUrl(), document.id());
            }
        }
        return ids;
    }
}
