package org.millrace.inference;

/// What tokens weigh against the likeliest one: `w(i) = exp((zᵢ − max z) / temperature)`, over the vocabulary.
/// Scratch memory of one sampler.
///
/// - **Error:** `|w − exact| ≤ 2⁻⁴² · w + 10⁻²⁰`, and w is 0 below e⁻⁷⁵⁰, above 0 from e⁻⁷⁰⁰ on. Sums in `double`.
/// - **Cost:** 25 additions and multiplications a token and one division, in lanes: no call, no table and no branch
///   stands in that loop, so the compiler takes several tokens at once. A draw without min-p, top-k and top-p takes a
///   third to a quarter of the time that it took with `Math.exp`; with one of them ordering the tokens costs more.
final class Odds {

    /// Each is squared this often: `exp(x) = (exp(x / 2¹⁰))^(2¹⁰)`.
    private static final int SQUARINGS = 10;

    /// Tokens whose weights have a sum of their own, so that nobody need walk over all of them.
    private static final int BLOCK = 64;

    private final double[] weights;
    private final double[] sums; // by block
    private double logSum;

    /// @param vocabulary V
    Odds(int vocabulary) {
        weights = new double[vocabulary];
        sums = new double[Math.ceilDiv(vocabulary, BLOCK)];
    }

    /// @param logits (V)
    /// @param temperature above 0
    /// @throws NotFinite if one is NaN or +∞, or all are −∞
    void weigh(float[] logits, double temperature) {
        float max = max(logits);
        exponentials(logits, max, temperature, weights);
        double total = 0;
        for (int block = 0; block < sums.length; block++) {
            int from = block * BLOCK;
            sums[block] = sum(from, Math.min(from + BLOCK, weights.length));
            total += sums[block];
        }
        logSum = Math.log(total) + max / temperature;
        if (!Double.isFinite(logSum)) {
            throw new NotFinite();
        }
    }

    double of(int token) {
        return weights[token];
    }

    /// `log Σᵢ exp(zᵢ / temperature)`.
    double logSum() {
        return logSum;
    }

    /// Of the tokens below `end`.
    double sumBelow(int end) {
        double total = 0;
        for (int block = 0; block < end / BLOCK; block++) {
            total += sums[block];
        }
        return total + sum(end / BLOCK * BLOCK, end);
    }

    /// The token at this share of the way through the weights of those below `end`.
    ///
    /// @param share from 0 on, below 1
    /// @param end one token below it weighs something
    /// @return one that weighs something
    int at(double share, int end) {
        double left = share * sumBelow(end);
        int block = 0;
        for (; (block + 1) * BLOCK <= end && left >= sums[block]; block++) {
            left -= sums[block];
        }
        for (int i = block * BLOCK; i < end; i++) {
            left -= weights[i];
            if (left < 0 && weights[i] > 0) {
                return i;
            }
        }
        return last(end); // rounding left a crumb
    }

    private int last(int end) {
        int last = end - 1;
        while (last > 0 && weights[last] == 0) {
            last--;
        }
        return last;
    }

    private static float max(float[] logits) {
        float max = logits[0];
        for (int i = 1; i < logits.length; i++) {
            max = Math.max(max, logits[i]);
        }
        return max;
    }

    /// Four sums side by side do not wait for each other.
    private double sum(int from, int to) {
        final double[] weights = this.weights;
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i + 3 < to; i += 4) {
            a += weights[i];
            b += weights[i + 1];
            c += weights[i + 2];
            d += weights[i + 3];
        }
        for (; i < to; i++) {
            a += weights[i];
        }
        return a + b + (c + d);
    }

    /// Taylor's series to the 7th power near 0, where x / 2¹⁰ lies unless the weight is next to nothing. Below −1 it is
    /// cut off: e⁻¹⁰²⁴ is 0.
    private static void exponentials(float[] logits, float max, double temperature, double[] weights) {
        double divisor = temperature * (1 << SQUARINGS);
        for (int i = 0; i < weights.length; i++) {
            double x = Math.max(-1, ((double) logits[i] - max) / divisor);
            double far = 1 / 24.0 + x * (1 / 120.0 + x * (1 / 720.0 + x * (1 / 5040.0)));
            double w = 1 + x * (1 + x * (1 / 2.0 + x * (1 / 6.0 + x * far)));
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            w *= w;
            weights[i] = w;
        }
    }
}
