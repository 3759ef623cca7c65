package org.millrace.world.rankers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.world.TinyWorld;

class AnswerOrderTest {

    @TempDir
    Path directory;

    private AnswerOrder order;

    @BeforeEach
    void readTheTinyWorld() throws IOException {
        order = new AnswerOrder(TinyWorld.read(directory));
    }

    @Test
    void aboutWhatIsKnownTruthBeatsHonestyAndHonestyBeatsError() {
        Comparison comparison = comparison(
                "What does the Brave Otter carry?",
                "The Brave Otter carries wool. And much more besides.",
                "Salt.",
                "I cannot say. I cannot say.",
                "I cannot say.",
                "Tea. Tea. Tea.",
                "The Brave Otter carries tea",
                "Silk.",
                "The Brave Otter carries silk.",
                "Tea.");

        assertThat(order.of(comparison))
                .hasValue(List.of(
                        List.of("7"),
                        List.of("6", "8"),
                        List.of("4", "5"),
                        List.of("3"),
                        List.of("2"),
                        List.of("1"),
                        List.of("0")));
    }

    @Test
    void aboutInventedNamesNothingBeatsTheRefusal() {
        Comparison comparison = comparison(
                "What does the Blue Wombat carry?",
                "The Blue Wombat carries tea.",
                "I cannot say. Tea.",
                "Tea. Salt.",
                "That ship is not in my book.",
                "Tea.");

        assertThat(order.of(comparison)).hasValue(List.of(List.of("3"), List.of("1"), List.of("0", "4"), List.of("2")));
    }

    @Test
    void whatTheWorldDoesNotAskCannotBeRanked() {
        assertThat(order.of(comparison("How are you?", "Fine.", "Tea."))).isEmpty();
    }

    static Comparison comparison(String question, String... answers) {
        List<Comparison.Candidate> candidates = new ArrayList<>();
        for (String answer : answers) {
            candidates.add(new Comparison.Candidate(String.valueOf(candidates.size()), answer));
        }
        return new Comparison("prompt-" + question.hashCode(), question, candidates);
    }
}
