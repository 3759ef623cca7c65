package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;

class RecentAnswersTest {

    @Test
    void theOldestAreForgottenWhenThereIsNoRoom() {
        Answered one = answered("one", 10);
        Answered two = answered("two", 10);
        Answered three = answered("three", 15);
        var kept = new RecentAnswers(one.size() + three.size());

        kept.keep(one);
        kept.keep(two);
        assertThat(kept.find("one")).contains(one);
        kept.keep(three);

        assertThat(kept.find("one")).isEmpty();
        assertThat(kept.find("two")).contains(two);
        assertThat(kept.find("three")).contains(three);
    }

    @Test
    void whatIsLargerThanAllRoomIsNotKept() {
        var kept = new RecentAnswers(99);

        kept.keep(answered("one", 100));

        assertThat(kept.find("one")).isEmpty();
    }

    /// Each takes a few hundred bytes, though it says one letter.
    @Test
    void manyShortAnswersHaveNoMoreRoomThanFewLongOnes() {
        var kept = new RecentAnswers(10_000);

        for (int i = 0; i < 1_000; i++) {
            kept.keep(answered("short " + i, 1));
        }

        assertThat(kept.find("short 999")).isPresent();
        assertThat(kept.find("short 799")).isEmpty();
    }

    private static Answered answered(String id, int length) {
        return new Answered(
                id,
                Instant.EPOCH,
                new Publication("tiny", 1, "test", TinyModel.TOKENIZER_VERSION, new TreeMap<>()),
                List.of(new Turn(Role.USER, "x")),
                List.of(1, 2),
                List.of(new Answered.Choice("x".repeat(length), List.of(3))));
    }
}
