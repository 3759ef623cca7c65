package org.millrace.testkit.layered.kafka;

import org.apache.kafka.common.TopicPartition;

final class KafkaEdge {

    TopicPartition where() {
        return new TopicPartition("t", 0);
    }
}
