package org.millrace.tokenizer.kafka;

import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.millrace.tokenizer.Tally;

/// Tells when a transaction is committed, so that what is counted is what others can read.
final class ShardProducer extends KafkaProducer<String, byte[]> {

    private final Tally tally;
    private final Runnable committed;

    ShardProducer(Map<String, Object> settings, Tally tally, Runnable committed) {
        super(settings, new StringSerializer(), new ByteArraySerializer());
        this.tally = tally;
        this.committed = committed;
    }

    @Override
    public void commitTransaction() {
        tally.whole(() -> {
            super.commitTransaction();
            committed.run();
        });
    }
}
