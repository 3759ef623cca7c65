package org.millrace.crawler.kafka;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.Counts;
import org.millrace.crawler.Crawls;
import org.millrace.crawler.Limits;
import org.millrace.crawler.web.NormalUrl;

/// Crawls as they stand on the log.
final class LoggedCrawls implements Crawls {

    private static final int DEADLINE_SECONDS = 20;

    private final CrawlLoop loop;
    private final Records records;
    private final Producer<String, byte[]> producer;
    private final LogEnds ends;

    /// @param producer without transactions: a seed stands for itself
    LoggedCrawls(CrawlLoop loop, Records records, Producer<String, byte[]> producer, LogEnds ends) {
        this.loop = loop;
        this.records = records;
        this.producer = producer;
        this.ends = ends;
    }

    @Override
    public int submit(String crawl, List<NormalUrl> seeds, List<Archive> archives, Limits limits) throws IOException {
        try {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (NormalUrl seed : new LinkedHashSet<>(seeds)) {
                if (!loop.isKnown(crawl, seed)) {
                    sent.add(producer.send(records.seeded(crawl, seed, limits)));
                }
            }
            for (Archive archive : new LinkedHashSet<>(archives)) {
                sent.add(producer.send(records.archived(crawl, archive)));
            }
            for (Future<RecordMetadata> seed : sent) {
                seed.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
            }
            return sent.size();
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw new IOException("the seeds may not be on the log", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted: the seeds may not be on the log", e);
        }
    }

    /// The order matters. What stands on the log before the positions is offered; if then nothing is
    /// queued, all of it is finished, and its links are on the log; and if then the log ends at those
    /// positions, there were none.
    @Override
    public Progress progress(String crawl) throws IOException {
        Map<TopicPartition, Long> positions = loop.positions();
        Counts counts = loop.counts(crawl);
        return new Progress(counts, counts.queued() == 0 && isAtEnd(positions));
    }

    /// Partitions of other instances count as read up to their committed offset: the first URL there
    /// that is not done.
    private boolean isAtEnd(@Nullable Map<TopicPartition, Long> positions) throws IOException {
        if (positions == null) {
            return false;
        }
        Map<TopicPartition, Long> log = ends.ends(ends.partitions(List.of(CrawlLoop.SEEDS, CrawlLoop.DISCOVERED)));
        Map<TopicPartition, Long> committed =
                positions.keySet().containsAll(log.keySet()) ? Map.of() : ends.committed(CrawlLoop.GROUP);
        return log.entrySet().stream().allMatch(partition -> {
            Long position = positions.get(partition.getKey());
            long read = position == null ? committed.getOrDefault(partition.getKey(), 0L) : position;
            return read >= partition.getValue();
        });
    }
}
