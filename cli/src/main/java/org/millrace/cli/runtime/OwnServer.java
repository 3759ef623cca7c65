package org.millrace.cli.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/// A broker and an inference service for one command, on free ports and in a folder that is made for them: no other
/// system need run, and one that runs is left alone. They end with the command, also when it is interrupted.
public final class OwnServer implements AutoCloseable {

    private static final String SERVICE = "inference";

    private final Path folder;
    private final Home home;
    private final Layout layout;
    private final Supervisor system;
    private final Thread stop;

    private OwnServer(Map<String, String> settings, Consumer<String> report) throws IOException {
        folder = Files.createTempDirectory("millrace-server-");
        home = Home.at(folder);
        layout = Layout.free();
        system = new Supervisor(home, layout, settings, SERVICE::equals, report);
        stop = Thread.ofPlatform().unstarted(this::end);
        Runtime.getRuntime().addShutdownHook(stop);
    }

    /// Returns when both are ready.
    ///
    /// @param settings environment of the service
    /// @param report takes one line for each thing that happens
    public static OwnServer start(Map<String, String> settings, Consumer<String> report)
            throws IOException, InterruptedException {
        OwnServer server = new OwnServer(settings, report);
        try {
            server.system.start();
            return server;
        } catch (IOException | InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    public Home home() {
        return home;
    }

    public Layout layout() {
        return layout;
    }

    /// A new empty folder, which goes when this is closed.
    public Path draft() throws IOException {
        return Files.createTempDirectory(folder, "draft-");
    }

    private void end() {
        system.close();
        TemporaryFolder.delete(folder);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(stop);
        } catch (IllegalStateException e) {
            return; // The JVM is going down already: the hook is running, or has run.
        }
        end();
    }
}
