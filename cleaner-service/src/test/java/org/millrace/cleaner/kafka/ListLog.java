package org.millrace.cleaner.kafka;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.TimeoutException;

/// Proposals as a broker would give them, from a list that may grow.
final class ListLog implements ProposalLog {

    private final String name;
    private final List<ConsumerRecord<String, byte[]>> records;
    private final List<String> reads;
    private boolean fails;

    /// @param reads told of each stretch that is read
    ListLog(String name, List<ConsumerRecord<String, byte[]>> records, List<String> reads) {
        this.name = name;
        this.records = records;
        this.reads = reads;
    }

    void fail(boolean now) {
        fails = now;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void read(long from, long to, Consumer<ConsumerRecord<String, byte[]>> sink) {
        reads.add(from + " to " + to);
        records.stream()
                .filter(record -> record.offset() >= from && record.offset() < to)
                .forEach(sink);
    }

    @Override
    public Optional<ConsumerRecord<String, byte[]>> at(long offset) {
        if (fails) {
            throw new TimeoutException("no answer");
        }
        return records.stream().filter(record -> record.offset() == offset).findFirst();
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
