package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;
import org.eclipse.microprofile.health.Readiness;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.CleanerConfig;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.rocksdb.RocksStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Builds the loops from configuration, and lives and dies with the process.
@ApplicationScoped
@Readiness
@Liveness
class CleanerRunner implements HealthCheck {

    private static final Logger LOGGER = LoggerFactory.getLogger(CleanerRunner.class);

    private final CleanerLoops loops;

    CleanerRunner(
            CleanerConfig config, @Identifier("default-kafka-broker") Map<String, Object> broker, MeterRegistry metrics)
            throws IOException {
        loops = new CleanerLoops(
                broker,
                new CleanerLoops.Settings(
                        config.instance(),
                        config.loop().pollTimeout(),
                        config.loop().maximumRecords(),
                        new Duplicates.Settings(config.paragraphDocuments(), config.minimumWords())),
                Cleaner.of(config),
                ArtifactStore.open(config.artifacts(), config.data().resolve("artifacts")),
                RocksStore.open(config.data().resolve("duplicates")),
                metrics,
                CleanerRunner::died);
    }

    private static void died(Thread thread, Throwable cause) {
        LOGGER.error("{} died, the process ends to be started afresh", thread.getName(), cause);
        Quarkus.asyncExit(1);
    }

    void start(@Observes StartupEvent event) {
        loops.start();
    }

    void stop(@Observes ShutdownEvent event) throws InterruptedException {
        loops.close();
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("loops").status(loops.isAlive()).build();
    }
}
