package org.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BrokerExtensionTest {

    @RegisterExtension
    static final BrokerExtension BROKER = new BrokerExtension();

    @Test
    void topicsAreThereAlsoAfterARestart() throws Exception {
        Set<String> before = topics();
        String address = BROKER.bootstrapServers();

        BROKER.restart();

        assertThat(BROKER.bootstrapServers()).isEqualTo(address);
        assertThat(topics()).isEqualTo(before).contains("pages.fetched.v1", "pages.fetched.v1.dlq");
    }

    @Test
    void aGroupWithMembersIsNamedAndIsDeletedOnceTheyHaveLeft() {
        var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", BROKER.bootstrapServers(), "group.id", "stayers"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        try (consumer) {
            consumer.subscribe(List.of("pages.fetched.v1"));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (consumer.assignment().isEmpty()) {
                assertThat(System.nanoTime()).isLessThan(end);
                consumer.poll(Duration.ofMillis(100));
            }
            assertThatThrownBy(() -> BROKER.empty(Duration.ofMillis(50))).hasMessageContaining("[stayers]");
        }

        BROKER.empty(Duration.ofSeconds(30));
    }

    private static Set<String> topics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            return admin.listTopics().names().get(30, TimeUnit.SECONDS);
        }
    }
}
