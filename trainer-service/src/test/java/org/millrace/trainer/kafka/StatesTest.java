package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatesTest {

    @TempDir
    Path root;

    @Test
    void aRunCameFurtherOnceForEachNewState() throws Exception {
        States states = new States(root, Duration.ZERO);
        assertThat(states.cameFurther("run")).as("has not begun").isFalse();
        Path folder = Files.createDirectory(root.resolve("run"));
        Files.writeString(folder.resolve("horizon"), "end");
        assertThat(states.cameFurther("run")).as("has no state").isFalse();
        assertThat(states.has("run")).isFalse();

        Files.writeString(folder.resolve("000000000009.state"), "");
        assertThat(states.cameFurther("run")).isTrue();
        assertThat(states.cameFurther("run")).as("ended in vain").isFalse();

        Files.writeString(folder.resolve("000000000010.state"), "");
        assertThat(states.cameFurther("run")).isTrue();
        assertThat(states.has("run")).isTrue();
    }
}
