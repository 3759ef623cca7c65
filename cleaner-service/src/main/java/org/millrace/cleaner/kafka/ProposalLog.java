package org.millrace.cleaner.kafka;

import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/// The log of proposals, read beside the consumer that works on it.
interface ProposalLog extends AutoCloseable {

    /// Tells this log from every other one, of other clusters and of earlier lives of its topic.
    String name();

    /// Gives the committed records from `from` up to, not including, `to`, which must be committed.
    void read(long from, long to, Consumer<ConsumerRecord<String, byte[]>> sink);

    /// @return empty if the broker does not keep it any more
    Optional<ConsumerRecord<String, byte[]>> at(long offset);

    @Override
    void close();
}
