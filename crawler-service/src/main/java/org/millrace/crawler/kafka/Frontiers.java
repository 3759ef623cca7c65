package org.millrace.crawler.kafka;

import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.apache.kafka.common.TopicPartition;
import org.millrace.crawler.frontier.Frontier;
import org.millrace.crawler.frontier.Index;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the frontier of a partition: as it lies in its index, and then what the log of visits has more.
/// An index that is of another log, or knows more than the log, is of no use and begun anew.
final class Frontiers {

    private static final Logger LOGGER = LoggerFactory.getLogger(Frontiers.class);

    private final IntFunction<Index> indexes;
    private final VisitedLog visits;
    private final LogEnds ends;
    private final Frontier.Settings settings;

    /// @param indexes of the partitions, each always the same
    Frontiers(IntFunction<Index> indexes, VisitedLog visits, LogEnds ends, Frontier.Settings settings) {
        this.indexes = indexes;
        this.visits = visits;
        this.ends = ends;
        this.settings = settings;
    }

    Frontier open(int partition) throws IOException {
        Index index = indexes.apply(partition);
        String log = ends.identity(List.of(CrawlLoop.DISCOVERED, CrawlLoop.VISITED));
        Frontier frontier = new Frontier(index, log, settings, Clock.systemUTC());
        TopicPartition discovered = new TopicPartition(CrawlLoop.DISCOVERED, partition);
        TopicPartition visited = new TopicPartition(CrawlLoop.VISITED, partition);
        Map<TopicPartition, Long> end = ends.ends(List.of(discovered, visited));
        if (frontier.discovered() > end.getOrDefault(discovered, 0L)
                || frontier.visited() > end.getOrDefault(visited, 0L)) {
            LOGGER.warn("the index of {} knows more than the log and is made again from it", discovered);
            frontier.close();
            index.clear();
            frontier = new Frontier(index, log, settings, Clock.systemUTC());
        }
        visits.restore(visited, end.getOrDefault(visited, 0L), frontier);
        if (end.getOrDefault(discovered, 0L) > 0) {
            frontier.keepQuiet(settings.delay());
        }
        return frontier;
    }

    /// Up to where all visits of these partitions are decided: known or by nobody to be counted, if the
    /// caller has no transaction open, as other instances do not write to partitions that it holds.
    Map<Integer, Long> decidedVisits(Collection<Integer> partitions) throws IOException {
        List<TopicPartition> visited = partitions.stream()
                .map(partition -> new TopicPartition(CrawlLoop.VISITED, partition))
                .toList();
        Map<Integer, Long> decided = new HashMap<>();
        ends.decided(visited).forEach((partition, end) -> decided.put(partition.partition(), end));
        return decided;
    }
}
