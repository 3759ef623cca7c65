package org.millrace.trainer.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.trainer.Budget;
import org.millrace.trainer.Keeping;

/// Whatever the disk and a stop do, the last good state stays, and the run goes on.
class KeeperTest {

    @TempDir
    Path temp;

    /// One attempt at a run of which nothing is left to remember but the steps.
    private final class Attempt {

        final Run run = new Run(new Budget(1_000, 0), new Tiny.Notes(temp));
        final Keeper keeper;

        Attempt() throws IOException {
            keeper = new Keeper(Optional.of(new Keeping(states(), Duration.ZERO)), run, List.of(run));
            keeper.resume();
        }

        Attempt steps(int count) {
            for (int i = 0; i < count; i++) {
                run.counted(1);
                keeper.step();
            }
            return this;
        }
    }

    private Path states() {
        return temp.resolve("states");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(states())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /// As the trainer's orderly stop does it.
    @Test
    void aThreadThatWasInterruptedKeepsItsState() throws Exception {
        Attempt attempt = new Attempt();
        attempt.run.counted(1);

        Thread.currentThread().interrupt();
        attempt.keeper.stopped();

        assertThat(Thread.interrupted()).as("still known").isTrue();
        assertThat(files()).containsExactly("000000000001.state");
        assertThat(new Attempt().run.steps()).isEqualTo(1);
    }

    @Test
    void whatIsNotOursStays() throws Exception {
        Files.createDirectories(states());
        Files.writeString(states().resolve("window.state"), "of another program");

        new Attempt().steps(1);

        assertThat(files()).containsExactly("000000000001.state", "window.state");
    }

    @Test
    void damagedStatesOfLaterStepsDoNotPushGoodOnesOut() throws Exception {
        new Attempt().steps(9);
        for (String file : files()) {
            Files.writeString(states().resolve(file), "damaged");
        }

        Attempt anew = new Attempt();

        assertThat(anew.run.steps()).isZero();
        anew.steps(2);
        assertThat(files()).containsExactly("000000000001.state", "000000000002.state");
        assertThat(new Attempt().run.steps()).isEqualTo(2);
    }

    /// The state that was gone on from stays beside the next, not the damaged one between them.
    @Test
    void theStateThatWasTakenStaysBesideTheNext() throws Exception {
        new Attempt().steps(9);
        Files.writeString(states().resolve("000000000009.state"), "damaged");
        Attempt second = new Attempt();
        second.run.counted(5);
        second.run.counted(5);
        second.keeper.step();

        assertThat(files()).containsExactly("000000000008.state", "000000000010.state");
    }

    @Test
    void aStateThatTheDiskCannotReadGivesWayToTheOneBefore() throws Exception {
        new Attempt().steps(3);
        Files.createDirectory(states().resolve("000000000004.state"));

        assertThat(new Attempt().run.steps()).isEqualTo(3);
    }

    /// `/dev/full` takes nothing, as a full disk.
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskLeavesTheStatesThatAreThere() throws Exception {
        Attempt attempt = new Attempt().steps(3);
        Files.createSymbolicLink(states().resolve("next.tmp"), Path.of("/dev/full"));

        attempt.steps(1);

        assertThat(files()).as("and gives back its room").containsExactly("000000000002.state", "000000000003.state");
        attempt.steps(1);
        assertThat(files()).as("tried again").containsExactly("000000000003.state", "000000000005.state");
    }

    /// A file stands where the folder should be: nothing can be written, whoever runs the test.
    @Test
    void aRunThatCannotKeepItsStateGoesOn() throws Exception {
        Files.writeString(states(), "no folder");

        Attempt attempt = new Attempt().steps(3);
        attempt.keeper.stopped();

        assertThat(attempt.run.steps()).isEqualTo(3);
        assertThat(states()).isRegularFile();
    }

    /// What a killed writer left does not pile up.
    @Test
    void aDraftThatWasBrokenOffIsOverwritten() throws Exception {
        Attempt attempt = new Attempt().steps(1);
        Files.writeString(states().resolve("next.tmp"), "a write that was broken off".repeat(1_000));

        attempt.steps(1);

        assertThat(files()).containsExactly("000000000001.state", "000000000002.state");
        assertThat(new Attempt().run.steps()).isEqualTo(2);
    }
}
