package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cleaner.CountryPage;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.Verdict.Kept;
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
import org.millrace.testkit.BrokerExtension;

/// A cleaner that is killed again and again, on a real broker: every page gets one verdict, once, and
/// the verdicts are those of a cleaner that was never killed.
class KilledCleanerTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    private static final int PAGES = 400;
    private static final int POISON = 8;
    private static final int KILLS = 3;
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    private static final String CLEANED = Events.topicName(DocumentCleaned.class);
    private static final String DROPPED = Events.topicName(DocumentDropped.class);
    private static final String RETRACTED = Events.topicName(DocumentRetracted.class);
    private static final Duplicates.Settings SETTINGS = new Duplicates.Settings(3, 30);
    private static final String PROPOSED = Events.topicName(DocumentProposed.class);
    private static final String LETTERS = Events.deadLetterTopic(Events.topicName(PageFetched.class));

    @TempDir
    Path directory;

    @Test
    void killsLoseNothingAndRepeatNothing() throws Exception {
        List<PageFetched> pages = pages();
        publish(pages);
        Random random = new Random(9);
        Log outputs = new Log(CLEANED, DROPPED, RETRACTED, LETTERS);

        for (int kill = 0; kill < KILLS; kill++) {
            int goal = (kill + 1) * (PAGES / (KILLS + 1)) - random.nextInt(40);
            Process cleaner = start();
            try {
                await().atMost(DEADLINE).until(() -> outputs.judged() >= goal || !cleaner.isAlive());
                assertThat(cleaner.isAlive())
                        .describedAs(Files.readString(log()))
                        .isTrue();
            } finally {
                cleaner.destroyForcibly().waitFor(10, TimeUnit.SECONDS); // SIGKILL
            }
            assertThat(outputs.judged()).isLessThan(PAGES); // it was killed in the middle
        }
        Process cleaner = start();
        try {
            await().atMost(DEADLINE)
                    .until(() ->
                            outputs.judged() == PAGES && outputs.of(LETTERS).size() >= POISON);
        } finally {
            cleaner.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }

        verify(pages, outputs);
    }

    private static void verify(List<PageFetched> pages, Log outputs) throws IOException {
        assertThat(outputs.of(LETTERS)).hasSize(POISON);

        // The first step, against judging every page here.
        Map<String, String> expected = proposedByOneThatLives(pages);
        Log proposals = new Log(PROPOSED);
        await().atMost(DEADLINE).until(() -> proposals.size() >= expected.size());
        Map<String, String> proposed = new TreeMap<>();
        List<Sample> samples = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : proposals.of(PROPOSED)) {
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
        for (ConsumerRecord<String, byte[]> record : outputs.of(DROPPED)) {
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
        outputs.of(CLEANED).forEach(r -> said.add(described(r.topic(), r.key(), r.value())));
        outputs.of(RETRACTED).forEach(r -> said.add(described(r.topic(), r.key(), r.value())));
        List<ConsumerRecord<String, byte[]>> log = proposals.of(PROPOSED);
        DuplicateStage unkilled = new DuplicateStage(
                new ListLog("here", log, new ArrayList<>()), new MemoryStore(), SETTINGS, new SimpleMeterRegistry());
        assertThat(said)
                .containsExactlyInAnyOrderElementsOf(unkilled.apply(log).stream()
                        .map(r -> described(r.topic(), r.key(), r.value()))
                        .toList());

        // And what is kept, against comparing all with all.
        Map<String, String> kept = new TreeMap<>();
        for (ConsumerRecord<String, byte[]> record : outputs.of(CLEANED)) {
            DocumentCleaned document = DocumentCleaned.parseFrom(record.value());
            kept.put(document.getDocumentId(), document.getUrl() + " " + document.getText());
        }
        outputs.of(RETRACTED).forEach(record -> kept.remove(record.key().replace("/cleaner", "")));
        assertThat(kept).isEqualTo(KeptSet.of(samples, SETTINGS));
        assertThat(kept.size()).isLessThan(proposed.size());
        assertThat(outputs.of(RETRACTED)).isNotEmpty();
    }

    private static String described(String topic, String key, byte[] value) {
        return topic + " " + key + " " + Arrays.hashCode(value);
    }

    private static Map<String, String> proposedByOneThatLives(List<PageFetched> pages) {
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

    /// Four in ten are new, three repeat a text, two repeat it but for a number, one is too short.
    private static List<PageFetched> pages() {
        List<PageFetched> pages = new ArrayList<>();
        for (int i = 0; i < PAGES; i++) {
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

    private static void publish(List<PageFetched> pages) throws Exception {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                // One request in flight: on a partition made a moment ago, a retried first batch may else
                // come behind the second, and a broker that knows no sequence yet takes that one first.
                Map.of("bootstrap.servers", BROKER.bootstrapServers(), "max.in.flight.requests.per.connection", 1),
                new StringSerializer(),
                new ByteArraySerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (PageFetched page : pages) {
                sent.add(producer.send(Fixtures.CRAWLER.record(page.getUrl(), page)));
            }
            for (int i = 0; i < POISON; i++) {
                ProducerRecord<String, byte[]> good = Fixtures.CRAWLER.record("poison" + i, pages.getFirst());
                byte[] bad = ("no protobuf " + i).getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord<>(good.topic(), null, good.key(), bad, good.headers())));
            }
            for (Future<?> record : sent) {
                record.get(60, TimeUnit.SECONDS); // throws if the broker did not take it
            }
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx200m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        CleanerProcess.class.getName(),
                        BROKER.bootstrapServers(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
    }

    private Path log() {
        return directory.resolve("cleaner.log");
    }

    /// What committed readers see of some topics.
    private static final class Log {

        private final KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", BROKER.bootstrapServers(),
                        "isolation.level", "read_committed",
                        "auto.offset.reset", "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        private final List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();

        Log(String... topics) {
            consumer.assign(Set.of(topics).stream()
                    .flatMap(topic -> consumer.partitionsFor(topic).stream())
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .collect(Collectors.toSet()));
        }

        /// Pages that something was said about.
        int judged() throws IOException {
            size();
            Set<String> urls = new HashSet<>();
            for (ConsumerRecord<String, byte[]> record : of(CLEANED)) {
                urls.add(DocumentCleaned.parseFrom(record.value()).getUrl());
            }
            for (ConsumerRecord<String, byte[]> record : of(DROPPED)) {
                urls.add(DocumentDropped.parseFrom(record.value()).getUrl());
            }
            return urls.size();
        }

        int size() {
            consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            return records.size();
        }

        List<ConsumerRecord<String, byte[]>> of(String topic) {
            return records.stream().filter(r -> r.topic().equals(topic)).toList();
        }
    }
}
