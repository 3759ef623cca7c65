package org.millrace.rollout.kafka;

import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/// What one delivery comes to: records that are published together, or none.
///
/// @param outcome label for the metrics
/// @param samples of the policy that are published
record Reply(String outcome, int samples, List<ProducerRecord<String, byte[]>> records) {}
