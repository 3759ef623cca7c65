package org.millrace.cleaner.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.millrace.testkit.QuarkusBroker;

/// The service as Quarkus wires it, on an empty log.
@QuarkusTest
@QuarkusTestResource(QuarkusBroker.class)
class CleanerHealthTest {

    @TestHTTPResource("/q/health")
    @SuppressWarnings("NullAway.Init") // injected
    URI health;

    @TestHTTPResource("/q/metrics")
    @SuppressWarnings("NullAway.Init") // injected
    URI metrics;

    @Test
    void anEmptyLogIsHealthy() throws Exception {
        HttpResponse<String> answer = get(health);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("loops").contains("UP");
    }

    @Test
    void metricsCarryTheirUnits() throws Exception {
        assertThat(get(metrics).body())
                .contains("page_seconds_count", "duplicate_index_documents", "lag_records{step=\"pages\"");
    }

    private static HttpResponse<String> get(URI uri) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
