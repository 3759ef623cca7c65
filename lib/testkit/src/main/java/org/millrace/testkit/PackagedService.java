package org.millrace.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What `package` made of the module under test, in a process of its own, on a free port of loopback.
public final class PackagedService implements AutoCloseable {

    private static final Pattern LISTENING = Pattern.compile("Listening on: (http://127\\.0\\.0\\.1:[0-9]+)");
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Process process;
    private final StringBuffer log = new StringBuffer();
    private final CompletableFuture<URI> listening = new CompletableFuture<>();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private PackagedService(Process process) {
        this.process = process;
    }

    /// Returns when it listens.
    public static PackagedService start(Map<String, String> environment)
            throws IOException, InterruptedException, TimeoutException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                "target/quarkus-app/quarkus-run.jar"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        builder.environment().put("QUARKUS_HTTP_PORT", "0");
        var service = new PackagedService(builder.start());
        Thread.ofVirtual().name("service-log").start(service::read);
        try {
            service.listening.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            service.close();
            throw new IllegalStateException(
                    "expected it to listen within %s, got:%n%s".formatted(PATIENCE, service.log), e);
        }
        return service;
    }

    private void read() {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.append(line).append('\n');
                Matcher found = LISTENING.matcher(line);
                if (found.find()) {
                    listening.complete(URI.create(found.group(1)));
                }
            }
            listening.completeExceptionally(new IOException("it ended before it listened"));
        } catch (IOException e) {
            listening.completeExceptionally(e);
            throw new UncheckedIOException(e);
        }
    }

    /// Of HTTP and gRPC.
    public URI address() {
        return listening.join();
    }

    /// What it wrote so far.
    public String log() {
        return log.toString();
    }

    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(address().resolve(path))
                        .timeout(PATIENCE)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// Sends SIGTERM, and does not wait for what comes of it.
    public void terminate() {
        process.toHandle().destroy(); // Process.destroy() would close what it writes to, too
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /// Waits until it has ended.
    ///
    /// @return its exit code
    public int awaitExit(Duration patience) throws InterruptedException, TimeoutException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException("expected it to end within %s, got:%n%s".formatted(patience, log));
        }
        return process.exitValue();
    }

    /// Kills it.
    @Override
    public void close() throws InterruptedException, TimeoutException {
        process.toHandle().destroyForcibly();
        awaitExit(PATIENCE);
        client.shutdownNow();
    }
}
