package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HorizonTest {

    @TempDir
    Path temp;

    @Test
    void isReadAsItWasWritten() throws Exception {
        Horizon horizon = new Horizon(new TreeMap<>(Map.of(0, 12L, 1, 0L, 11, 999_999_999_999L)));
        Path file = temp.resolve("run/horizon");

        horizon.write(file);

        assertThat(Horizon.read(file)).contains(horizon);
    }

    @Test
    void whatIsNotThereIsNone() throws Exception {
        assertThat(Horizon.read(temp.resolve("horizon"))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0 12\n", "0\nend\n", "0 x\nend\n", "0 12", "-1 2\nend\n", "0 99999999999999999999\nend\n"})
    void whatIsNotWholeIsNone(String damaged) throws Exception {
        Path file = Files.writeString(temp.resolve("horizon"), damaged);

        assertThat(Horizon.read(file)).isEmpty();
    }

    /// A damaged note makes a run begin anew; it must not end it.
    @Test
    void anyBytesAreAHorizonOrNone() throws Exception {
        Path file = temp.resolve("horizon");
        new Horizon(new TreeMap<>(Map.of(0, 12L, 1, 345L))).write(file);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(4);
        for (int i = 0; i < 500; i++) {
            byte[] bad = Arrays.copyOf(good, 1 + random.nextInt(2 * good.length));
            bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            Files.write(file, bad);

            assertThat(Horizon.read(file)).isNotNull();
        }
    }
}
