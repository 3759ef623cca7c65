package org.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PackingPropertyTest {

    private static final int CONTEXT = 16;

    private static List<Example> documents(long seed, int count) {
        Random random = new Random(seed);
        List<Example> documents = new ArrayList<>();
        int next = 1; // every token another id, so that each can be told
        for (int i = 0; i < count; i++) {
            int[] tokens = new int[2 + random.nextInt(40)];
            for (int t = 0; t < tokens.length; t++) {
                tokens[t] = next++;
            }
            documents.add(Example.document(tokens, 1));
        }
        return documents;
    }

    /// No token lost, none twice, and each after the token it follows in its document.
    @Property(tries = 100)
    void everyTokenOfAStreamIsPredictedOnceFromTheOneBefore(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int count) {
        List<Example> documents = documents(seed, count);

        List<Row> rows = Packing.stream(documents, CONTEXT, new Random(seed));

        Map<Integer, Integer> predicted = new HashMap<>();
        for (Row row : rows) {
            for (int t = 0; t < CONTEXT; t++) {
                if (row.labels()[t] != Row.IGNORED) {
                    assertThat(predicted.put(row.labels()[t], row.inputs()[t])).isNull();
                }
            }
        }
        Map<Integer, Integer> expected = new HashMap<>();
        for (Example document : documents) {
            for (int t = 1; t < document.tokens().length; t++) {
                expected.put(document.tokens()[t], document.tokens()[t - 1]);
            }
        }
        assertThat(predicted).isEqualTo(expected);
    }

    @Property(tries = 100)
    void aStreamHasPaddingInItsLastRowOnly(@ForAll long seed, @ForAll @IntRange(min = 1, max = 30) int count) {
        List<Row> rows = Packing.stream(documents(seed, count), CONTEXT, new Random(seed));

        for (Row row : rows.subList(0, rows.size() - 1)) {
            assertThat(row.segments()).doesNotContain(-1);
            assertThat(row.targets()).isEqualTo(CONTEXT);
        }
    }

    /// A conversation stays in one piece: all its positions in one row, in one segment, next to
    /// each other.
    @Property(tries = 100)
    void conversationsAreWholeAndTheirTargetsAreKept(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int count) {
        Random random = new Random(seed);
        List<Example> conversations = new ArrayList<>();
        Map<Integer, Integer> expected = new HashMap<>();
        int next = 1;
        for (int i = 0; i < count; i++) {
            int[] tokens = new int[2 + random.nextInt(2 * CONTEXT)];
            boolean fits = tokens.length <= CONTEXT + 1; // as a whole, or not at all
            boolean[] targets = new boolean[tokens.length];
            for (int t = 0; t < tokens.length; t++) {
                tokens[t] = next++;
                targets[t] = random.nextBoolean();
                if (fits && t > 0 && targets[t]) {
                    expected.put(tokens[t], tokens[t - 1]);
                }
            }
            conversations.add(Example.conversation(tokens, targets, 1));
        }

        List<Row> rows = Packing.whole(conversations, CONTEXT, random);

        Map<Integer, Integer> predicted = new HashMap<>();
        for (Row row : rows) {
            for (int t = 0; t < CONTEXT; t++) {
                if (row.labels()[t] != Row.IGNORED) {
                    assertThat(predicted.put(row.labels()[t], row.inputs()[t])).isNull();
                }
                if (t > 0 && row.segments()[t] == row.segments()[t - 1] && row.segments()[t] >= 0) {
                    assertThat(row.inputs()[t]).isEqualTo(row.inputs()[t - 1] + 1);
                }
            }
        }
        assertThat(predicted).isEqualTo(expected);
    }

    /// Attempts that end anywhere, each going on from the last state that was kept: what was learned
    /// from in the end is what one attempt learns from, and of every whole epoch each token once.
    @Property(tries = 100)
    void acrossStopsEveryTokenIsLearnedFromOnceAnEpoch(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 20) int count,
            @ForAll @IntRange(min = 1, max = 7) int rowsPerStep) {
        Random random = new Random(seed);
        List<Example> documents = documents(seed, count);
        Function<Random, List<Row>> pack = order -> Packing.stream(documents, CONTEXT, order);
        int epochRows = pack.apply(new Random(0)).size();
        int steps = Math.ceilDiv(3 * epochRows, rowsPerStep);
        List<Row> learned = new ArrayList<>();
        Epochs attempt = new Epochs(seed, pack);
        double[] state = attempt.state();
        int kept = 0;

        while (learned.size() < steps * rowsPerStep) {
            learned.addAll(attempt.next(rowsPerStep));
            if (random.nextInt(4) == 0) {
                state = attempt.state();
                kept = learned.size();
            }
            if (random.nextInt(6) == 0) { // killed: what was not kept did not happen
                learned.subList(kept, learned.size()).clear();
                attempt = new Epochs(seed, pack);
                attempt.restore(state);
            }
        }

        List<Row> alone = new Epochs(seed, pack).next(steps * rowsPerStep);
        assertThat(learned.stream().map(row -> Arrays.toString(row.inputs())))
                .containsExactlyElementsOf(
                        alone.stream().map(row -> Arrays.toString(row.inputs())).toList());
        int[] labels = documents.stream()
                .flatMapToInt(document -> Arrays.stream(document.tokens()).skip(1))
                .sorted()
                .toArray();
        for (int epoch = 0; epoch < 3; epoch++) {
            assertThat(learned.subList(epoch * epochRows, (epoch + 1) * epochRows).stream()
                            .flatMapToInt(row -> Arrays.stream(row.labels()).filter(label -> label != Row.IGNORED))
                            .sorted())
                    .containsExactly(Arrays.stream(labels).boxed().toArray(Integer[]::new));
        }
    }
}
