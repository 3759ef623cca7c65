package org.millrace.cleaner.kafka;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.cleaner.rocksdb.RocksStore;

/// The loops alone in a JVM of their own, to be killed: `CleanerProcess BOOTSTRAP DIRECTORY`.
public final class CleanerProcess {

    private CleanerProcess() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[1]);
        CleanerLoops loops = new CleanerLoops(
                Map.of("bootstrap.servers", arguments[0]),
                new CleanerLoops.Settings("0", Duration.ofMillis(100), 20, CleanerLog.SETTINGS),
                Fixtures.cleaner(),
                ArtifactStore.open(URI.create(directory.toUri().toString()), directory.resolve("cache")),
                RocksStore.open(directory.resolve("duplicates")),
                new SimpleMeterRegistry(),
                (thread, cause) -> {
                    System.err.println(thread.getName() + " died: " + cause);
                    Runtime.getRuntime().halt(1);
                });
        loops.start();
    }
}
