package org.millrace.inference;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.schema.Guide;

/// What came before the next token of one answer, as far as its sampling cares, and what that does to logits.
final class History {

    private final Sampling sampling;
    private final Set<Integer> seen = new HashSet<>();
    private final Map<Integer, Integer> drawn = new HashMap<>();
    private @Nullable Guide guide;

    History(int[] prompt, Sampling sampling) {
        this.sampling = sampling;
        if (sampling.penalties().repetition() != 1) {
            for (int token : prompt) {
                seen.add(token);
            }
        }
    }

    /// From now on, tokens are those of a grammar.
    void follow(Guide leader) {
        guide = leader;
    }

    void add(int token) {
        if (guide != null) {
            guide.add(token);
        }
        if (!sampling.penalties().equals(Sampling.Penalties.NONE)) {
            seen.add(token);
            drawn.merge(token, 1, Integer::sum);
        }
    }

    /// True if [#change] would leave all logits as they are.
    boolean isIndifferent() {
        return seen.isEmpty() && sampling.bias().isEmpty() && guide == null;
    }

    /// Biases and penalises logits, and makes those impossible that a grammar does not have here.
    ///
    /// @param logits (V); changed in place
    void change(float[] logits) {
        sampling.bias().forEach((token, bias) -> logits[token] += bias);
        Sampling.Penalties penalties = sampling.penalties();
        for (int token : seen) {
            double logit = logits[token];
            double factor = penalties.repetition();
            int times = drawn.getOrDefault(token, 0);
            logit = logit > 0 ? logit / factor : logit * factor;
            logit -= penalties.frequency() * times + (times > 0 ? penalties.presence() : 0);
            logits[token] = (float) logit;
        }
        if (guide != null) {
            guide.restrict(logits);
        }
    }
}
