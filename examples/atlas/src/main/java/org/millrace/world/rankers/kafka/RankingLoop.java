package org.millrace.world.rankers.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.world.rankers.AnswerOrder;
import org.millrace.world.rankers.Comparison;
import org.millrace.world.rankers.Ranking;
import org.millrace.world.rankers.Rater;

/// Reads comparisons, publishes rankings.
///
/// At least once: offsets are committed after the rankings are on the log. A batch that is ranked
/// again after a crash gives rankings with the same ids, which readers recognise.
public final class RankingLoop implements AutoCloseable {

    private static final String GROUP = "scripted-rankers";
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final AnswerOrder order;
    private final List<Rater> raters;
    private final long seed;
    private final java.util.function.Consumer<String> complaints;
    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;

    /// @param comparisons how many were ranked
    /// @param notRankable of these, how many asked nothing that the world has
    /// @param unreadable records that were no comparison, and were skipped
    public record Tally(long comparisons, long rankings, long notRankable, long unreadable) {

        @Override
        public String toString() {
            return "ranked %d comparisons: %d rankings, %d not rankable, %d records unreadable"
                    .formatted(comparisons, rankings, notRankable, unreadable);
        }
    }

    /// @param complaints hears of each record that is no comparison: where it is, and why
    public RankingLoop(
            String bootstrapServers,
            AnswerOrder order,
            List<Rater> raters,
            long seed,
            java.util.function.Consumer<String> complaints) {
        this.order = order;
        this.raters = List.copyOf(raters);
        this.seed = seed;
        this.complaints = complaints;
        this.producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers, "acks", "all", "enable.idempotence", true),
                new StringSerializer(),
                new ByteArraySerializer());
        this.consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "group.id",
                        GROUP,
                        "auto.offset.reset",
                        "earliest",
                        "isolation.level",
                        "read_committed",
                        "enable.auto.commit",
                        false),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        this.consumer.subscribe(List.of(WireFormat.COMPARISONS));
    }

    /// Ranks until [#stop] is called or nothing arrives for `idle`.
    public Tally run(Duration idle) {
        Tally tally = new Tally(0, 0, 0, 0);
        long quietSince = System.nanoTime();
        try {
            while (System.nanoTime() - quietSince < idle.toNanos()) {
                ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    tally = rank(records, tally);
                    consumer.commitSync();
                    quietSince = System.nanoTime();
                }
            }
        } catch (WakeupException e) {
            return tally; // stop() was called; what is not committed will be ranked again, with the same ids
        }
        return tally;
    }

    /// Ends [#run] soon; callable from any thread.
    public void stop() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        producer.close(CLOSE);
        consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(CLOSE));
    }

    private Tally rank(ConsumerRecords<String, byte[]> records, Tally before) {
        long comparisons = before.comparisons();
        long rankings = before.rankings();
        long notRankable = before.notRankable();
        long unreadable = before.unreadable();
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (ConsumerRecord<String, byte[]> record : records) {
            try {
                Comparison comparison = WireFormat.comparison(record.value());
                List<String> shown = comparison.candidates().stream()
                        .map(Comparison.Candidate::id)
                        .toList();
                boolean rankable = true;
                for (Rater rater : raters) {
                    Ranking ranking = rater.rank(comparison, order, seed);
                    ProducerRecord<String, byte[]> event = WireFormat.event(ranking, shown);
                    sent.add(producer.send(event));
                    rankings++;
                    rankable = !ranking.notRankable();
                }
                comparisons++;
                notRankable += rankable ? 0 : 1;
            } catch (InvalidProtocolBufferException e) {
                unreadable++;
                complaints.accept("unreadable: topic=%s partition=%d offset=%d reason=%s"
                        .formatted(record.topic(), record.partition(), record.offset(), e.getMessage()));
            }
        }
        awaitAll(sent);
        return new Tally(comparisons, rankings, notRankable, unreadable);
    }

    private void awaitAll(List<Future<RecordMetadata>> sent) {
        producer.flush();
        for (Future<RecordMetadata> one : sent) {
            try {
                one.get();
            } catch (ExecutionException e) {
                throw new KafkaException("a ranking could not be published", e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new KafkaException("interrupted while publishing rankings", e);
            }
        }
    }
}
