package org.millrace.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OrtEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TelemetryTest {

    /// With telemetry on, so long a command line ends the process in ONNX Runtime's start.
    @Test
    void onnxRuntimeStartsWhateverTheCommandLine(@TempDir Path directory) throws Exception {
        String classes = Path.of(Telemetry.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        String tests = Path.of(TelemetryTest.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        String runtime = Path.of(OrtEnvironment.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        Path output = directory.resolve("output");
        ProcessBuilder process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        String.join(":", classes, tests, runtime, "/x".repeat(20_000)),
                        Start.class.getName()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        process.environment().remove("ORT_DISABLE_TELEMETRY");

        Process started = process.start();

        assertThat(started.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(output)).contains("started");
        assertThat(started.exitValue()).isZero();
    }

    static final class Start {

        private Start() {}

        public static void main(String[] arguments) {
            Telemetry.off();
            OrtEnvironment.getEnvironment();
            System.out.println("started");
        }
    }
}
