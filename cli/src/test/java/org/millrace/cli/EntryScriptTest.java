package org.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The entry script in a folder of its own, with a Maven and a JDK that only write down how they were
/// called, and a PATH on which nothing else is than what the script needs.
class EntryScriptTest {

    private static final Path SCRIPT = Path.of(System.getenv("MILLRACE_HOME"), "millrace");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final List<String> TOOLS = List.of(
            "bash", "cat", "dirname", "find", "grep", "head", "mkdir", "mv", "readlink", "rm", "sed", "sleep", "touch");

    private static final String MAVEN = """
            #!/usr/bin/env bash
            echo "$*" >> "$FAKES/maven"
            while [ -e "$FAKES/wait" ]; do sleep 0.05; done
            [ ! -e "$FAKES/fail" ] || { echo "[ERROR] it is broken"; exit 1; }
            touch "$FAKES/../cli/target/cli.jar"
            """;

    private static final String JAVA = """
            #!/usr/bin/env bash
            echo "$*" >> "$FAKES/java"
            """;

    @TempDir
    Path root;

    private final List<Process> started = new ArrayList<>();
    private Path fakes;
    private Path source;

    @BeforeEach
    void folder() throws IOException {
        fakes = Files.createDirectories(root.resolve("target"));
        Files.createDirectories(root.resolve("cli/target"));
        source =
                Files.createDirectories(root.resolve("x-service/src/main/java")).resolve("X.java");
        Files.createFile(source);
        Files.copy(SCRIPT, root.resolve("millrace"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.createDirectories(fakes.resolve("bin"));
        for (String tool : TOOLS) {
            offer(tool);
        }
        executable(fakes.resolve("bin/mvn"), MAVEN);
        Files.createDirectories(fakes.resolve("jdk/bin"));
        executable(fakes.resolve("jdk/bin/javac"), JAVA);
        executable(fakes.resolve("jdk/bin/java"), JAVA);
        Files.writeString(fakes.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    }

    @AfterEach
    void end() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void whatIsBuiltIsNotBuiltAgainUntilASourceChanges() throws IOException {
        assertThat(run("topics").code()).isZero();
        assertThat(run("topics", "--json").code()).isZero();
        assertThat(lines("maven")).hasSize(1).allMatch(call -> call.contains(" package "));
        assertThat(lines("java"))
                .hasSize(2)
                .last()
                .asString()
                .contains("org.millrace.cli.Millrace topics --json")
                .contains("cli/target/cli.jar");

        Files.writeString(source, "class X {}");
        run("topics");
        Files.delete(source);
        run("topics");
        run("topics");

        assertThat(lines("maven")).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "down", "status"})
    void whoLooksAfterProcessesDoesNotBuildUnderThem(String command) throws IOException {
        run(command);
        Files.writeString(source, "class X {}");
        run(command);

        assertThat(lines("maven")).hasSize(1);
        assertThat(lines("java")).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flock", "perl"})
    void ofTwoStartsOneBuildsAndTheOtherWaits(String lock) throws IOException, InterruptedException {
        assumeTrue(offer(lock), () -> "no " + lock + " on this machine");
        Files.createFile(fakes.resolve("wait"));
        Process first = start("first", "topics");
        await().atMost(PATIENCE).until(() -> lines("maven").size() == 1);
        Process second = start("second", "topics");
        await().atMost(PATIENCE).until(() -> said("second").contains("another build or test run is under way"));
        assertThat(lines("java")).isEmpty();

        Files.delete(fakes.resolve("wait"));

        assertThat(first.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(second.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(first.exitValue() + second.exitValue()).isZero();
        assertThat(lines("maven")).hasSize(1);
        assertThat(lines("java")).hasSize(2);
    }

    @Test
    void afterATestRunNothingIsLeftToBuild() throws IOException {
        assertThat(run("test").code()).isZero();
        assertThat(run("topics").code()).isZero();

        assertThat(lines("maven")).hasSize(1).allMatch(call -> call.endsWith(" verify"));
    }

    @Test
    void aTestRunThatFailedOrWasOnlyAPartLeavesTheBuildToDo() throws IOException {
        assertThat(run("test", "-pl", "proto").code()).isZero();
        run("topics");
        Files.writeString(source, "class X {}");
        Files.createFile(fakes.resolve("fail"));
        assertThat(run("test").code()).isEqualTo(1);
        Files.delete(fakes.resolve("fail"));
        run("topics");

        assertThat(lines("maven"))
                .satisfiesExactly(
                        part -> assertThat(part).endsWith(" verify -pl proto"),
                        build -> assertThat(build).contains(" package "),
                        failed -> assertThat(failed).endsWith(" verify"),
                        build -> assertThat(build).contains(" package "));
    }

    @Test
    void aBuildThatFailsSaysWhyAndStartsNothing() throws IOException {
        Files.createFile(fakes.resolve("fail"));

        Ended ended = run("topics");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.said()).contains("[ERROR] it is broken").contains("build.log");
        assertThat(lines("java")).isEmpty();
    }

    @Test
    void withoutMavenItSaysWhatToInstall() throws IOException {
        Files.delete(fakes.resolve("bin/mvn"));

        Ended ended = run("topics");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.said()).contains("found no 'mvn' on the PATH").contains("apt install maven");
    }

    /// The machine has a JDK that is new enough, or this test would not run: so the copy wants a newer one.
    @Test
    void withAnOlderJdkItSaysWhichItFoundAndWhatToInstall() throws IOException {
        Path copy = root.resolve("millrace");
        Files.writeString(copy, Files.readString(copy).replace("jdk_wanted=25", "jdk_wanted=900"));

        Ended ended = run("topics");

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.said())
                .containsPattern("needs a JDK 900 or newer; .* found JDK \\d+ in /")
                .contains("adoptium.net");
        assertThat(lines("maven")).isEmpty();
    }

    private record Ended(int code, String said) {}

    private Ended run(String... command) throws IOException {
        Process process = start("run", command);
        try {
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
        return new Ended(process.exitValue(), said("run"));
    }

    /// Without HOME, as under cron and in bare containers.
    private Process start(String name, String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(root.resolve("millrace").toString()));
        words.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().clear();
        builder.environment().put("PATH", fakes.resolve("bin").toString());
        builder.environment().put("JAVA_HOME", fakes.resolve("jdk").toString());
        builder.environment().put("FAKES", fakes.toString());
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(fakes.resolve(name + ".out").toFile())
                .start();
        started.add(process);
        return process;
    }

    private String said(String name) throws IOException {
        return Files.readString(fakes.resolve(name + ".out"));
    }

    private List<String> lines(String file) throws IOException {
        Path calls = fakes.resolve(file);
        return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    }

    /// False if this machine does not have the tool.
    private boolean offer(String tool) throws IOException {
        Optional<Path> found = Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, tool))
                .filter(Files::isExecutable)
                .findFirst();
        if (found.isPresent()) {
            executable(fakes.resolve("bin").resolve(tool), "#!/bin/sh\nexec %s \"$@\"\n".formatted(found.get()));
        }
        return found.isPresent();
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
