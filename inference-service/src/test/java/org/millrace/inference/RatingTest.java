package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;

public class RatingTest {

    @Test
    void theSameSaidTwiceIsOne() {
        Rating once = rating("me", "", List.of("a", "b", "c"), List.of("b"), List.of("a", "c"));
        Rating again = rating("me", "", List.of("c", "a", "b"), List.of("b"), List.of("c", "a"));

        assertThat(again.promptId()).isEqualTo(once.promptId());
        assertThat(again.rankingId()).isEqualTo(once.rankingId());
        assertThat(again.sorted()).isEqualTo(once.sorted());
    }

    @Test
    void whoSaysAnotherThingSaysAnother() {
        Rating once = rating("me", "", List.of("a", "b"), List.of("a"), List.of("b"));

        assertThat(Stream.of(
                                rating("you", "", List.of("a", "b"), List.of("a"), List.of("b")),
                                rating("me", "", List.of("a", "b"), List.of("b"), List.of("a")),
                                rating("me", "", List.of("a", "b"), List.of("a", "b")),
                                rating("me", once.rankingId(), List.of("a", "b"), List.of("a"), List.of("b")))
                        .map(Rating::rankingId))
                .doesNotContain(once.rankingId())
                .doesNotHaveDuplicates();
        assertThat(rating("me", "", List.of("a", "c"), List.of("a"), List.of("c"))
                        .promptId())
                .isNotEqualTo(once.promptId());
    }

    @Test
    void everyCandidateIsRankedOnce() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rating("me", "", List.of("a", "b"), List.of("a")))
                .withMessage("ranking: expected each answer of shown_order once, got 1 of 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rating("me", "", List.of("a", "b"), List.of("a"), List.of("b", "a")))
                .withMessage("ranking[1]: expected each answer of shown_order once, got another, or one twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rating("me", "", List.of("a")))
                .withMessage("shown_order: expected 2 to 16 answers, got 1");
    }

    /// @param shown ids, each of an answer of its own
    @SafeVarargs
    public static Rating rating(String rater, String supersedes, List<String> shown, List<String>... groups) {
        return new Rating(
                rater,
                List.of(new Turn(Role.SYSTEM, "sing"), new Turn(Role.USER, "mill?")),
                new TokenizerVersion("words", 2),
                List.of(1, 2, 3),
                shown.stream().map(RatingTest::candidate).toList(),
                List.of(groups),
                false,
                Duration.ofSeconds(2),
                "",
                "test",
                supersedes);
    }

    private static Rating.Candidate candidate(String id) {
        return new Rating.Candidate(
                id,
                7,
                Instant.ofEpochMilli(id.charAt(0)),
                new Answered.Choice("said " + id, List.of((int) id.charAt(0), 9)));
    }
}
