package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

/// The heap against a naive sort.
class SamplerPropertyTest {

    @Property(tries = 300)
    void whatIsDrawnIsAmongTheLikeliest(
            @ForAll long seed,
            @ForAll @IntRange(min = 2, max = 300) int vocabulary,
            @ForAll @IntRange(max = 40) int topK,
            @ForAll @DoubleRange(min = 0.01, max = 1) double topP) {
        var random = new SplittableRandom(seed);
        float[] logits = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        List<Integer> kept = naivelyKept(logits, topK, topP);
        var sampler = new Sampler(vocabulary, vocabulary);

        for (int i = 0; i < 20; i++) {
            assertThat(kept)
                    .contains(sampler.draw(logits, new Sampling(1, topK, topP, 1), random)
                            .token());
        }
    }

    /// With one more token than exact sums give, as the last one is decided by rounding.
    private static List<Integer> naivelyKept(float[] logits, int topK, double topP) {
        List<Integer> order = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(i -> i))
                .limit(topK == 0 ? logits.length : topK)
                .toList();
        double all = order.stream().mapToDouble(i -> Math.exp(logits[i])).sum();
        double mass = 0;
        int kept = 0;
        while (kept < order.size() && mass < topP * all * (1 + 1e-12)) {
            mass += Math.exp(logits[order.get(kept++)]);
        }
        return order.subList(0, kept);
    }
}
