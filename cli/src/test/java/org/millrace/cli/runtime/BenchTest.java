package org.millrace.cli.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.millrace.cli.Failure;

class BenchTest {

    @TempDir
    Path folder;

    /// A bench is started by the name of its class, which nothing else checks.
    @ParameterizedTest
    @EnumSource(Bench.class)
    void everyBenchIsThere(Bench bench) {
        Path source = Home.at(folder)
                .installation()
                .resolve(bench.service() + "-service/src/main/java")
                .resolve(bench.main().replace('.', '/') + ".java");

        assertThat(source).isRegularFile().content().contains("public static void main(");
    }

    @Test
    void aBenchRunsOnTheClassPathAndWithTheSettingsOfItsService() throws IOException {
        Path application = folder.resolve("inference-service/target/quarkus-app");
        Files.createDirectories(application);
        Files.createFile(application.resolve("quarkus-run.jar"));
        Home home = new Home(folder, folder.resolve("state"));

        Component bench = new Components(home, Layout.standard(), Map.of()).bench(Bench.INFER, 3, List.of());

        assertThat(bench.command())
                .containsSubsequence(
                        "-cp",
                        "%1$s/quarkus/*:%1$s/app/*:%1$s/lib/main/*:%1$s/lib/boot/*".formatted(application),
                        "org.millrace.inference.grpc.bench.InferenceBench",
                        "127.0.0.1:8107",
                        "3");
        assertThat(bench.environment())
                .containsEntry("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
                .containsEntry("MILLRACE_ARTIFACTS", home.artifacts().toUri().toString());
    }

    @Test
    void aBenchOfCodeAloneIsToldOfNoServiceAndGetsItsOwnOptions() throws IOException {
        Path application = folder.resolve("cleaner-service/target/quarkus-app");
        Files.createDirectories(application);
        Files.createFile(application.resolve("quarkus-run.jar"));
        Home home = new Home(folder, folder.resolve("state"));

        Component bench = new Components(home, Layout.standard(), Map.of())
                .bench(Bench.CLEAN, 3, List.of("--documents", "1000000"));

        assertThat(bench.command()).endsWith("org.millrace.cleaner.bench.CleanBench", "3", "--documents", "1000000");
    }

    @Test
    void aBenchBesideABrokerIsToldWhereItIsAndGetsItsOwnOptions() throws IOException {
        Path application = folder.resolve("tokenizer-service/target/quarkus-app");
        Files.createDirectories(application);
        Files.createFile(application.resolve("quarkus-run.jar"));
        Home home = new Home(folder, folder.resolve("state"));

        Component bench = new Components(home, Layout.standard(), Map.of())
                .bench(Bench.TOKENIZE, 3, List.of("--shard-mb", "100"));

        assertThat(bench.command()).endsWith("org.millrace.tokenizer.bench.TokenizeBench", "3", "--shard-mb", "100");
        assertThat(bench.environment())
                .containsEntry("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
                .containsEntry("MILLRACE_ARTIFACTS", home.artifacts().toUri().toString());
    }

    @Test
    void aServiceThatIsNotBuiltIsNamed() {
        Home home = new Home(folder, folder.resolve("state"));

        assertThatThrownBy(() -> new Components(home, Layout.standard(), Map.of()).bench(Bench.INFER, 3, List.of()))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("The inference service is not built");
    }

    @Test
    void onlyTheWantedServicesAreStarted() throws IOException {
        Path application = folder.resolve("inference-service/target/quarkus-app");
        Files.createDirectories(application);
        Files.createFile(application.resolve("quarkus-run.jar"));

        var components = new Components(new Home(folder, folder.resolve("state")), Layout.standard(), Map.of());

        assertThat(components.services("inference"::equals))
                .extracting(Component::name)
                .containsExactly("inference");
    }
}
