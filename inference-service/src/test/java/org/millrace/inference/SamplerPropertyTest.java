package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// The sampler against its slow twin.
class SamplerPropertyTest {

    private static final double CRUMB = 1e-9;

    @Property(tries = 200)
    void drawsWhatTheTwinAllowsAndSaysHowLikelyItWas(
            @ForAll long seed, @ForAll @IntRange(min = 2, max = 60) int vocabulary) {
        var random = new SplittableRandom(seed);
        float[] logits = new float[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            logits[i] = (float) (3 * random.nextGaussian());
        }
        Sampling sampling = sampling(random, vocabulary);
        List<Integer> prompt = ids(random, vocabulary);
        List<Integer> answer = ids(random, vocabulary);
        var history = new History(prompt.stream().mapToInt(id -> id).toArray(), sampling);
        answer.forEach(history::add);
        Map<Integer, Double> shares = SlowSampler.shares(logits, sampling, prompt, answer);
        double[] logProbs = SlowSampler.logProbs(logits, sampling.divisor());
        int top = random.nextInt(6);
        var sampler = new Sampler(vocabulary, vocabulary);
        int draws = 400;
        double[] seen = new double[vocabulary];

        for (int i = 0; i < draws; i++) {
            Sampler.Draw draw = sampler.draw(logits.clone(), sampling, history, top, random);

            seen[draw.token()] += 1.0 / draws;
            assertThat(draw.logProb()).isCloseTo(logProbs[draw.token()], within(CRUMB));
            assertThat(draw.top().stream().map(Drawn.Likely::token))
                    .isEqualTo(SlowSampler.byLikelihood(logProbs).stream()
                            .limit(top)
                            .toList());
            assertThat(draw.top()).allSatisfy(likely -> assertThat(likely.logProb())
                    .isCloseTo(logProbs[likely.token()], within(CRUMB)));
        }

        for (int i = 0; i < vocabulary; i++) {
            double share = shares.getOrDefault(i, 0.0);
            // Six standard errors, and five draws for shares too small to be normal.
            double tolerance = share == 0 ? 0 : 6 * Math.sqrt(share * (1 - share) / draws) + 5.0 / draws;
            assertThat(seen[i]).as("token %d of %s", i, sampling).isCloseTo(share, within(tolerance));
        }
    }

    private static Sampling sampling(SplittableRandom random, int vocabulary) {
        Map<Integer, Float> bias = new HashMap<>();
        if (random.nextBoolean()) {
            ids(random, vocabulary).forEach(id -> bias.put(id, (float) random.nextDouble(-5, 5)));
        }
        var penalties = new Sampling.Penalties(
                random.nextBoolean() ? 1 : random.nextDouble(0.5, 2),
                random.nextBoolean() ? 0 : random.nextDouble(-2, 2),
                random.nextBoolean() ? 0 : random.nextDouble(-2, 2));
        return new Sampling(
                random.nextInt(5) == 0 ? 0 : random.nextDouble(0.2, 2),
                random.nextBoolean() ? 0 : random.nextInt(20),
                random.nextBoolean() ? 1 : random.nextDouble(0.05, 1),
                random.nextBoolean() ? 0 : random.nextDouble(),
                penalties,
                bias,
                1);
    }

    private static List<Integer> ids(SplittableRandom random, int vocabulary) {
        List<Integer> ids = new ArrayList<>();
        for (int i = random.nextInt(8); i > 0; i--) {
            ids.add(random.nextInt(vocabulary));
        }
        return ids;
    }
}
