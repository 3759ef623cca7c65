package org.millrace.crawler.kafka;

import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.millrace.crawler.web.Room;

/// The reader of archives as a process of its own, wired by the class that wires it in production.
final class ArchiveProcess {

    private ArchiveProcess() {}

    /// @param args broker and data directory
    public static void main(String[] args) throws IOException {
        Path data = Path.of(args[1]);
        new ArchiveRunner(
                        CrawlerProcess.config(
                                data,
                                Map.of(
                                        "millrace.crawler.archive-folders",
                                        data.resolve("archives").toString())),
                        Map.of("bootstrap.servers", args[0]),
                        Room.ofHeap(1))
                .start(new StartupEvent());
    }
}
