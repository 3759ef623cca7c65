package org.millrace.tokenizer.kafka;

import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/// Tells when a transaction is committed, so that what is counted is what others can read.
final class ShardProducer extends KafkaProducer<String, byte[]> {

    private final Runnable committed;

    ShardProducer(Map<String, Object> settings, Runnable committed) {
        super(settings, new StringSerializer(), new ByteArraySerializer());
        this.committed = committed;
    }

    @Override
    public void commitTransaction() {
        super.commitTransaction();
        committed.run();
    }
}
