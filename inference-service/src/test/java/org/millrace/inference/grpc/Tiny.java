package org.millrace.inference.grpc;

import static org.awaitility.Awaitility.await;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.time.Duration;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.millrace.inference.InferenceConfig;
import org.millrace.inference.Models;
import org.millrace.inference.Served;

/// The model `tiny` for a `@QuarkusTest`: as a [ModelLog] to publish it, or as [Served]. For the latter its
/// first version is published, unless a test before in the same application did.
@ApplicationScoped
class Tiny {

    @Produces
    ModelLog log(InferenceConfig config, @ConfigProperty(name = "kafka.bootstrap.servers") String bootstrapServers) {
        return new ModelLog("tiny", config, bootstrapServers);
    }

    @Produces
    Served served(ModelLog log, Models models) throws Exception {
        if (models.all().isEmpty()) {
            log.publish(1);
            await().atMost(Duration.ofSeconds(30)).until(() -> !models.all().isEmpty());
        }
        return models.find("tiny");
    }
}
