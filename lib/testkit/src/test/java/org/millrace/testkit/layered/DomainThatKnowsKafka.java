package org.millrace.testkit.layered;

import org.apache.kafka.common.TopicPartition;

final class DomainThatKnowsKafka {

    TopicPartition where() {
        return new TopicPartition("t", 0);
    }
}
