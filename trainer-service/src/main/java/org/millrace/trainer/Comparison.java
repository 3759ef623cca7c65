package org.millrace.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/// Candidates for one prompt in the order somebody put them.
///
/// @param promptTokens at least 1, ends where the assistant starts
/// @param candidates 2 or more answers, stop token included, each at least 1 token
/// @param ranking groups of indices into `candidates`, best first; those in a group are equally
///     good; every candidate is in exactly one
public record Comparison(int[] promptTokens, List<int[]> candidates, List<int[]> ranking) {

    /// Prompts fall into so many parts.
    private static final int PARTS = 8;

    /// Of them measured on only. A few dozen prompts cannot tell a good reward model from the rule
    /// that the longer answer wins: `docs/log.md`.
    private static final int HELD_OUT_PARTS = 2;

    /// One candidate that was preferred to another; indices into [#candidates].
    public record Pair(int better, int worse) {}

    public Comparison {
        candidates = List.copyOf(candidates);
        ranking = List.copyOf(ranking);
        if (promptTokens.length == 0) {
            throw new IllegalArgumentException("promptTokens: expected at least 1, got 0");
        }
        if (candidates.size() < 2) {
            throw new IllegalArgumentException("candidates: expected at least 2, got " + candidates.size());
        }
        if (candidates.stream().anyMatch(candidate -> candidate.length == 0)) {
            throw new IllegalArgumentException("candidates: expected at least 1 token each, got an empty one");
        }
        BitSet ranked = new BitSet();
        int count = 0;
        for (int[] group : ranking) {
            for (int index : group) {
                if (index < 0 || index >= candidates.size()) {
                    throw new IllegalArgumentException(
                            "ranking: expected indices 0 to %d, got %d".formatted(candidates.size() - 1, index));
                }
                ranked.set(index);
                count++;
            }
        }
        if (count != candidates.size() || ranked.cardinality() != candidates.size()) {
            throw new IllegalArgumentException(
                    "ranking: expected each of %d candidates once, got %d of them in %d places"
                            .formatted(candidates.size(), ranked.cardinality(), count));
        }
    }

    /// All pairs of different groups; equally good candidates make none.
    public List<Pair> pairs() {
        List<Pair> pairs = new ArrayList<>();
        for (int better = 0; better < ranking.size(); better++) {
            for (int worse = better + 1; worse < ranking.size(); worse++) {
                for (int b : ranking.get(better)) {
                    for (int w : ranking.get(worse)) {
                        pairs.add(new Pair(b, w));
                    }
                }
            }
        }
        return pairs;
    }

    /// Whether it is only measured on. Told by a hash of the prompt, so that two rankings of one
    /// question, or the same question in another run, are on the same side.
    public boolean heldOut() {
        return bucket() % PARTS < HELD_OUT_PARTS;
    }

    /// Whether it decides which epoch of a training is kept: another part, neither trained on nor
    /// reported.
    public boolean forSelection() {
        return bucket() % PARTS == HELD_OUT_PARTS;
    }

    /// A number of the prompt, at least 0, spread evenly.
    int bucket() {
        int hash = Arrays.hashCode(promptTokens);
        hash = (hash ^ (hash >>> 16)) * 0x45d9f3b; // neighbouring ids must not land in neighbouring buckets
        hash = (hash ^ (hash >>> 16)) * 0x45d9f3b;
        return (hash ^ (hash >>> 16)) & Integer.MAX_VALUE;
    }

    /// Prompt and candidate as one sequence.
    public int[] sequence(int candidate) {
        int[] answer = candidates.get(candidate);
        int[] whole = Arrays.copyOf(promptTokens, promptTokens.length + answer.length);
        System.arraycopy(answer, 0, whole, promptTokens.length, answer.length);
        return whole;
    }
}
