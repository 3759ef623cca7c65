package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkplaceTest {

    @TempDir
    Path directory;

    @Test
    void goesWithAllThatIsInIt() throws Exception {
        Path runs = directory.resolve("runs");
        try (Workplace workplace = Workplace.open(runs);
                Workplace other = Workplace.open(runs)) {
            Files.createDirectories(workplace.models().resolve("a"));
            Files.writeString(workplace.draft().resolve("weights"), "w");

            workplace.close();

            assertThat(runs)
                    .isDirectoryNotContaining(
                            entry -> entry.equals(workplace.models().getParent()));
            assertThat(other.models().getParent()).exists();
        }
    }

    @Test
    void whatWasLeftBehindIsClearedAndNothingElse() throws Exception {
        Path runs = directory.resolve("runs");
        Path outside = Files.writeString(
                Files.createDirectory(directory.resolve("outside")).resolve("f"), "kept");
        Path note = Files.writeString(Files.createDirectory(runs).resolve("note.txt"), "kept");
        Workplace left = Workplace.open(runs);
        Files.writeString(Files.createDirectories(left.models()).resolve("weights"), "w");
        Files.createSymbolicLink(left.models().resolve("link"), outside.getParent());
        Files.createSymbolicLink(runs.resolve("run-link"), outside.getParent());

        Workplace.clear(runs);

        assertThat(runs).isDirectoryNotContaining(entry -> !entry.equals(note));
        assertThat(note).hasContent("kept");
        assertThat(outside).hasContent("kept");
    }

    @Test
    void thereMayBeNothingToClear() throws Exception {
        Workplace.clear(directory.resolve("never-made"));

        assertThat(directory).isEmptyDirectory();
    }
}
