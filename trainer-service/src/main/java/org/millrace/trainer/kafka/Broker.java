package org.millrace.trainer.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// How to reach Kafka.
///
/// @param clients settings that every client shares
/// @param deadline of any one answer
record Broker(Map<String, Object> clients, Duration deadline) {

    Broker {
        clients = Map.copyOf(clients);
    }

    /// A copy to add to.
    Map<String, Object> settings() {
        return new HashMap<>(clients);
    }
}
