package org.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
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

    private static Set<String> topics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BROKER.bootstrapServers()))) {
            return admin.listTopics().names().get(30, TimeUnit.SECONDS);
        }
    }
}
