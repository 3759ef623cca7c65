package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Weights against `Math.exp`, and the token at a share against a walk over all of them.
class OddsPropertyTest {

    /// Of logits: the usual one, and such that many tokens cannot be drawn.
    private static final double[] SPREADS = {1, 10, 1_000};

    @Property(tries = 300)
    void weightsAreExponentials(@ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int vocabulary) {
        var random = new SplittableRandom(seed);
        float[] logits = logits(random, vocabulary);
        double temperature = random.nextDouble(0.01, 3);
        var odds = new Odds(vocabulary);
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }

        odds.weigh(logits, temperature);

        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            double exponent = ((double) logits[i] - max) / temperature;
            double exact = Math.exp(exponent);
            assertThat(odds.of(i)).as("token %d", i).isCloseTo(exact, within(0x1p-42 * exact + 1e-20));
            if (exponent < -750 || exponent > -700) {
                assertThat(odds.of(i) > 0).as("token %d can be drawn", i).isEqualTo(exact > 0);
            }
            sum += exact;
        }
        assertThat(odds.logSum())
                .isCloseTo(Math.log(sum) + max / temperature, within(1e-12 * Math.max(1, Math.abs(max / temperature))));
    }

    @Property(tries = 300)
    void theTokenAtAShareIsWhereAWalkArrives(@ForAll long seed, @ForAll @IntRange(min = 1, max = 300) int vocabulary) {
        var random = new SplittableRandom(seed);
        int end = random.nextInt(vocabulary) + 1;
        float[] logits = logits(random, vocabulary);
        logits[random.nextInt(end)] = 5000; // somebody below the end can be drawn
        var odds = new Odds(vocabulary);
        odds.weigh(logits, random.nextDouble(0.01, 3));
        double below = 0;
        for (int i = 0; i < end; i++) {
            below += odds.of(i);
        }
        double share = random.nextInt(10) == 0 ? 0 : random.nextDouble();

        int token = odds.at(share, end);

        double before = 0;
        for (int i = 0; i < token; i++) {
            before += odds.of(i);
        }
        assertThat(token).isLessThan(end);
        assertThat(odds.of(token)).isPositive();
        assertThat(odds.sumBelow(end)).isCloseTo(below, within(1e-12 * below));
        assertThat(share * below).isBetween(before - 1e-12 * below, before + odds.of(token) + 1e-12 * below);
    }

    private static float[] logits(SplittableRandom random, int vocabulary) {
        double spread = SPREADS[random.nextInt(SPREADS.length)];
        float[] logits = new float[vocabulary];
        for (int i = 1; i < vocabulary; i++) {
            logits[i] = random.nextInt(10) == 0 ? Float.NEGATIVE_INFINITY : (float) (spread * random.nextGaussian());
        }
        return logits;
    }
}
