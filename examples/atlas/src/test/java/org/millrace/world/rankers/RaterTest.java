package org.millrace.world.rankers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.world.TinyWorld;

class RaterTest {

    private static final String QUESTION = "What does the Brave Otter carry?";

    @TempDir
    Path directory;

    private AnswerOrder order;

    @BeforeEach
    void readTheTinyWorld() throws IOException {
        order = new AnswerOrder(TinyWorld.read(directory));
    }

    @Test
    void aRaterWithoutErrorsGivesTheRightOrder() {
        Ranking ranking = new Rater("exact", 0).rank(prompt(1), order, 5);

        assertThat(ranking.groups()).containsExactly(List.of("1"), List.of("0"));
        assertThat(ranking.notRankable()).isFalse();
        assertThat(ranking.rater()).isEqualTo("exact");
    }

    @Test
    void rankedAgainARankingIsTheSame() {
        Rater hasty = new Rater("hasty", 0.5);

        assertThat(hasty.rank(prompt(1), order, 5)).isEqualTo(hasty.rank(prompt(1), order, 5));
    }

    @Test
    void idsTellPromptsAndRatersApart() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            for (Rater rater : Rater.PANEL) {
                ids.add(rater.rank(prompt(i), order, 5).id());
            }
        }

        assertThat(ids).hasSize(300).allMatch(id -> id.length() <= 128);
    }

    /// 1,000 draws at 10 %: three standard deviations are 2.9 points.
    @Test
    void errorsAreAsFrequentAsPromised() {
        Rater rater = new Rater("tenth", 0.1);
        int wrong = 0;
        for (int i = 0; i < 1000; i++) {
            if (rater.rank(prompt(i), order, 5).groups().getFirst().contains("0")) {
                wrong++;
            }
        }

        assertThat(wrong / 1000.0).isCloseTo(0.1, within(0.029));
    }

    @Test
    void aQuestionFromElsewhereIsNotRankable() {
        Ranking ranking = Rater.PANEL.getFirst().rank(AnswerOrderTest.comparison("How are you?", "Fine."), order, 5);

        assertThat(ranking.notRankable()).isTrue();
        assertThat(ranking.groups()).isEmpty();
    }

    @Test
    void errorsAreAShare() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rater("x", 2))
                .withMessage("errors: expected 0 to 1, got 2.0");
    }

    private static Comparison prompt(int number) {
        Comparison comparison = AnswerOrderTest.comparison(QUESTION, "Salt.", "Tea.");
        return new Comparison("prompt-" + number, QUESTION, comparison.candidates());
    }
}
