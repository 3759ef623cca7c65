package org.millrace.exactlyonce;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.DeadLetters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns all records of one poll into output records, for work that is cheaper in bulk.
///
/// Records of a partition come in the order of their offsets. Must be deterministic, and must not throw
/// for bad data: a batch that throws stops the loop, so bad data has to become an output record too.
@FunctionalInterface
public interface BatchTransform {

    List<ProducerRecord<String, byte[]>> apply(List<ConsumerRecord<String, byte[]>> batch);

    /// Applies `transform` to each record in turn. A [BadRecord] becomes a dead letter among the output,
    /// so it is committed together with the offset that passes it over.
    ///
    /// @param service name written into the dead letters
    static BatchTransform each(String service, Transform transform) {
        Logger logger = LoggerFactory.getLogger(BatchTransform.class);
        return batch -> {
            List<ProducerRecord<String, byte[]>> output = new ArrayList<>(batch.size());
            for (ConsumerRecord<String, byte[]> record : batch) {
                try {
                    output.addAll(transform.apply(record));
                } catch (BadRecord e) {
                    logger.warn(
                            "dead letter: topic={} partition={} offset={} reason={}",
                            record.topic(),
                            record.partition(),
                            record.offset(),
                            e.getMessage());
                    output.add(DeadLetters.of(record, service, String.valueOf(e.getMessage())));
                }
            }
            return output;
        };
    }
}
