package org.millrace.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands of services, in an installation whose cleaner only says how it was called.
class ServiceCommandTest {

    @TempDir
    Path home;

    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void install() throws IOException {
        Path application = Files.createDirectories(home.resolve("cleaner-service/target/quarkus-app/app"));
        Files.createFile(application.resolveSibling("quarkus-run.jar"));
        String name = CLEANER.replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(application.resolve("app.jar"));
                JarOutputStream jar = new JarOutputStream(file);
                InputStream compiled = ServiceCommandTest.class.getResourceAsStream("/" + name)) {
            jar.putNextEntry(new JarEntry(name));
            assertThat(compiled).isNotNull();
            compiled.transferTo(jar);
        }
    }

    private static final String CLEANER = "org.millrace.cleaner.command.CleanCommand";

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void theServiceGetsAllArgumentsAndTheInputAndItsCodeIsTheCommands() throws Exception {
        Process clean = millrace("clean", "--help", "--", "-x", "two words", "--exit", "7");
        try (OutputStream in = clean.getOutputStream()) {
            in.write("a page".getBytes(UTF_8));
        }

        String said = new String(clean.getInputStream().readAllBytes(), UTF_8);

        assertThat(clean.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said).contains("[--help, --, -x, two words, --exit, 7] a page");
        assertThat(clean.exitValue()).isEqualTo(7);
    }

    @Test
    void whoStopsTheCommandStopsTheServiceAndWaitsForItsEnd() throws Exception {
        Path stopped = home.resolve("stopped");
        Process clean = millrace("clean", "--wait", stopped.toString());
        await().atMost(Duration.ofSeconds(30)).until(() -> Files.exists(home.resolve("stopped.ready")));

        clean.destroy();

        assertThat(clean.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(stopped).exists();
    }

    @Test
    void aServiceThatIsNotBuiltIsNamed() throws Exception {
        Process crawl = millrace("crawl", "https://example.org/");

        String said = new String(crawl.getInputStream().readAllBytes(), UTF_8);

        assertThat(crawl.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(said).contains("The crawler service is not built").doesNotContain("\tat ");
        assertThat(crawl.exitValue()).isEqualTo(1);
    }

    @Test
    void aCommandOfTheDataIsTheServicesToo() throws Exception {
        Process train = millrace("data", "train-quality", "--in", "none", "--out", "none");

        assertThat(train.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(train.getInputStream().readAllBytes(), UTF_8))
                .contains(
                        "org.millrace.cleaner.command.QualityCommand"); // it was asked for; only the other is installed
        assertThat(train.exitValue()).isNotZero();
    }

    /// A service's command is started by the name of its class, which nothing else checks.
    @ParameterizedTest
    @ValueSource(strings = {"crawl", "clean", "tokenize", "folder", "train-quality"})
    void everyCommandIsThere(String name) {
        ServiceCommand command =
                switch (name) {
                    case "crawl" -> new CrawlCommand();
                    case "clean" -> new CleanCommand();
                    case "tokenize" -> new TokenizeCommand();
                    case "folder" -> new TrainFolderCommand();
                    default -> new TrainQualityCommand();
                };
        Path source = Path.of(System.getenv("MILLRACE_HOME"))
                .resolve(command.service() + "-service/src/main/java")
                .resolve(command.main().replace('.', '/') + ".java");

        assertThat(source).isRegularFile().content().contains("public static void main(");
    }

    private Process millrace(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Millrace.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("MILLRACE_HOME", home.toString());
        Process process = builder.start();
        started.add(process);
        return process;
    }
}
