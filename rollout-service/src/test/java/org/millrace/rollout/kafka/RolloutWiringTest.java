package org.millrace.rollout.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.testkit.QuarkusBroker;

/// The service as it starts in production, on an empty log and with nobody to ask.
@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
class RolloutWiringTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TestHTTPResource("/q/health/ready")
    @SuppressWarnings("NullAway.Init")
    URI ready;

    @TestHTTPResource("/q/metrics")
    @SuppressWarnings("NullAway.Init")
    URI metrics;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @Test
    void itIsReadyWithoutServersAndCountsWhatItDoes() throws Exception {
        assertThat(get(ready).statusCode()).isEqualTo(200);
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker), new StringSerializer(), new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>(
                            Events.topicName(PromptSubmitted.class), "k", "noise".getBytes(StandardCharsets.UTF_8)))
                    .get(10, TimeUnit.SECONDS);
        }

        await().atMost(SOON).until(() -> get(metrics)
                .body()
                .contains("millrace_rollout_settled_prompts_total{outcome=\"unreadable\"} 1.0"));
        assertThat(get(ready).body()).contains("\"waiting_for_servers\": false");
    }

    private static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
