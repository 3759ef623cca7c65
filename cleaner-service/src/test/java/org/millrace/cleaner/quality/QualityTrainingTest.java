package org.millrace.cleaner.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.cleaner.language.Tokens;
import org.millrace.cleaner.quality.QualityTraining.Trained;

class QualityTrainingTest {

    private static final String[] GOOD = {
        "because the water turns the wheel", "the miller explains how grain is ground", "so the stone grows warm",
        "in 1780 the mill was built", "this shows why rivers were dammed", "the law of the lever is used here"
    };
    private static final String[] BAD = {
        "click here now",
        "buy cheap shoes today",
        "best price guaranteed",
        "subscribe and share",
        "lol so cool",
        "win big"
    };
    private static final String[] BOTH = {"the mill", "a river", "on monday", "it is said", "people come", "look at it"
    };

    @TempDir
    Path folder;

    /// Texts of either kind, mostly made of what both kinds say.
    private static Trained train(int examples, long seed) {
        QualityTraining training = new QualityTraining(5, seed);
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < examples; i++) {
            boolean good = i % 2 == 0;
            training.add(text(random, good), good ? 1 : 0);
        }
        return training.train();
    }

    private static String text(SplittableRandom random, boolean good) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            String[] from = i < 4 ? (good ? GOOD : BAD) : BOTH;
            text.append(from[random.nextInt(from.length)])
                    .append(random.nextInt(50))
                    .append(' ');
        }
        return text.toString();
    }

    @Test
    void goodIsToldFromBadOnTextsThatItWasNotShown() {
        Trained trained = train(600, 1);

        assertThat(trained.examples() + trained.heldOut()).isEqualTo(600);
        assertThat(trained.heldOut()).isBetween(30, 90);
        assertThat(trained.auc()).isGreaterThan(0.98);
        assertThat(trained.accuracy()).isGreaterThan(0.9);
        assertThat(trained.model().score(Tokens.of("This shows why the law of the lever is used here.")))
                .isGreaterThan(trained.model().score(Tokens.of("Click here now! Buy cheap shoes today!")));
    }

    /// Labels by chance cannot be learned: a measure that is high here would be a measure of the test.
    @Test
    void chanceIsNotLearned() {
        QualityTraining training = new QualityTraining(5, 1);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 3_000; i++) {
            training.add(text(random, true), random.nextInt(2));
        }

        // Of about 300 held-out pairs the area's standard error is 0.033; four of them.
        assertThat(training.train().auc()).isCloseTo(0.5, within(0.14));
    }

    @Test
    void theSameExamplesGiveTheSameBytes() throws IOException {
        Path first = folder.resolve("first");
        Path second = folder.resolve("second");
        train(200, 1).model().write(first);
        train(200, 1).model().write(second);

        assertThat(first).hasSameBinaryContentAs(second);
        train(200, 2).model().write(second);
        assertThat(Files.mismatch(first, second)).isNotNegative();
    }

    @Test
    void aFileKeepsTheModel() throws IOException {
        QualityModel model = train(200, 1).model();
        Path file = folder.resolve("quality.model");
        model.write(file);

        assertThat(QualityModel.read(file).score(Tokens.of("The mill turns.")))
                .isEqualTo(model.score(Tokens.of("The mill turns.")));
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 9, 13, 17, 40, 70, 1_000_000})
    void aDamagedFileIsRefused(int position) throws IOException {
        Path file = folder.resolve("quality.model");
        train(200, 1).model().write(file);
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> QualityModel.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void aShortFileIsRefused() throws IOException {
        Path file = folder.resolve("quality.model");
        train(200, 1).model().write(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 4));

        assertThatThrownBy(() -> QualityModel.read(file)).hasMessageContaining("bytes");
    }

    @Test
    void examplesOfOneKindAreNoExamples() {
        QualityTraining training = new QualityTraining(5, 1);
        for (int i = 0; i < 100; i++) {
            training.add("good text number " + i, 1);
        }

        assertThatThrownBy(training::train).hasMessageContaining("good and bad");
    }

    @Test
    void theAreaIsTheShareOfPairsInOrder() {
        assertThat(QualityTraining.auc(new double[] {0.9, 0.8}, new double[] {0.1, 0.2}))
                .isEqualTo(1);
        assertThat(QualityTraining.auc(new double[] {0.5}, new double[] {0.5})).isEqualTo(0.5);
        assertThat(QualityTraining.auc(new double[] {0.9, 0.1, 0.4}, new double[] {0.3, 0.4}))
                .isEqualTo((2 + 0 + 1.5) / 6);
    }

    @Test
    void featuresAreDifferentBucketsInOrder() {
        int[] features = Features.of(Tokens.of("The mill the mill the"));

        assertThat(features).isSorted().doesNotHaveDuplicates().hasSize(4); // the, mill, the mill, mill the
        assertThat(Features.of(Tokens.of("THE MILL the mill the"))).isEqualTo(features);
        assertThat(Features.of(Tokens.of(""))).isEmpty();
    }
}
