package org.millrace.exactlyonce;

import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.BadRecord;

/// Turns one input record into any number of output records.
///
/// Must be deterministic: an aborted batch is transformed again from the start. For a record that nobody
/// can use it throws [BadRecord]; any other throw means a bug, and stops the loop.
@FunctionalInterface
public interface Transform {

    List<ProducerRecord<String, byte[]>> apply(ConsumerRecord<String, byte[]> record) throws BadRecord;
}
