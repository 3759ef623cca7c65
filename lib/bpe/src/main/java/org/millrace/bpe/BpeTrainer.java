package org.millrace.bpe;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Learns a byte-level BPE vocabulary: again and again the most frequent pair of neighbouring
/// tokens becomes a token.
///
/// The result depends on the documents as a bag: neither their order nor the machine changes it.
/// Of equally frequent pairs the one with the smaller bytes wins (left, then right). A pair seen
/// only once is no pattern, so training ends early when none is seen twice; the vocabulary is then
/// smaller than asked for.
///
/// - **Cost:** reading is linear in the text, memory in its distinct pieces. A merge costs the
///   number of its occurrences in distinct pieces, not a pass over all of them.
public final class BpeTrainer {

    static final int SMALLEST_VOCABULARY = 256 + SpecialToken.COUNT;
    static final int LARGEST_VOCABULARY = 200_000;

    private BpeTrainer() {}

    /// @param vocabularySize special tokens included, 265 to 200,000
    /// @param mergesMade is told 1, 2, … after each merge; may throw to end the training
    public static Tokenizer train(Iterable<String> documents, int vocabularySize, IntConsumer mergesMade) {
        if (vocabularySize < SMALLEST_VOCABULARY || vocabularySize > LARGEST_VOCABULARY) {
            throw new IllegalArgumentException("vocabularySize: expected %d to %d, got %d"
                    .formatted(SMALLEST_VOCABULARY, LARGEST_VOCABULARY, vocabularySize));
        }
        Corpus corpus = new Corpus(count(documents));
        List<byte[]> tokens = new ArrayList<>();
        Set<Bytes> known = new HashSet<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(new byte[] {(byte) b});
            known.add(new Bytes(tokens.get(b)));
        }
        PriorityQueue<Candidate> candidates = new PriorityQueue<>();
        corpus.pairs.forEach((pair, seen) -> candidates.add(new Candidate(seen.count, pair, tokens)));
        List<Long> merged = new ArrayList<>();
        while (tokens.size() < vocabularySize - SpecialToken.COUNT && !candidates.isEmpty()) {
            Candidate best = candidates.remove();
            long now = corpus.count(best.pair);
            if (now < 2) {
                continue;
            }
            if (now != best.count) {
                candidates.add(new Candidate(now, best.pair, tokens));
                continue;
            }
            byte[] bytes = concatenate(tokens.get(best.left()), tokens.get(best.right()));
            if (!known.add(new Bytes(bytes))) {
                continue; // spells a token that another pair made (ab+c, a+bc): one way to each token
            }
            int id = tokens.size();
            tokens.add(bytes);
            merged.add(best.pair);
            for (long pair : corpus.merge(best.pair, id)) {
                candidates.add(new Candidate(corpus.count(pair), pair, tokens));
            }
            mergesMade.accept(merged.size());
        }
        int[] bytes = new int[256];
        Arrays.setAll(bytes, b -> b);
        return new Tokenizer(
                tokens.toArray(byte[][]::new),
                new Merges(
                        bytes,
                        merged.stream().mapToInt(Corpus::left).toArray(),
                        merged.stream().mapToInt(Corpus::right).toArray(),
                        IntStream.range(256, tokens.size()).toArray()));
    }

    private static Map<String, long[]> count(Iterable<String> documents) {
        Map<String, long[]> counts = new HashMap<>();
        for (String document : documents) {
            String text = Tokenizer.withoutUnpairedSurrogates(document);
            int start = 0;
            while (start < text.length()) {
                int end = Splitter.end(text, start);
                counts.computeIfAbsent(text.substring(start, end), piece -> new long[1])[0]++;
                start = end;
            }
        }
        return counts;
    }

    private static byte[] concatenate(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    /// Bytes as a map's key.
    private record Bytes(byte[] value) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes(byte[] otherValue) && Arrays.equals(value, otherValue);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(value);
        }
    }

    /// A pair with the count it had when it came into the queue. Counts that fell since are put
    /// right when the pair comes out; where a count rises, the pair is put in again.
    private record Candidate(long count, long pair, byte[] leftBytes, byte[] rightBytes)
            implements Comparable<Candidate> {

        Candidate(long count, long pair, List<byte[]> tokens) {
            this(count, pair, tokens.get(Corpus.left(pair)), tokens.get(Corpus.right(pair)));
        }

        int left() {
            return Corpus.left(pair);
        }

        int right() {
            return Corpus.right(pair);
        }

        @Override
        public int compareTo(Candidate other) {
            int byCount = Long.compare(other.count, count);
            if (byCount != 0) {
                return byCount;
            }
            int byLeft = Arrays.compareUnsigned(leftBytes, other.leftBytes);
            return byLeft != 0 ? byLeft : Arrays.compareUnsigned(rightBytes, other.rightBytes);
        }
    }

    /// Where a pair may stand, and how often it does (each piece counts as often as it was read).
    private static final class Seen {

        private long count;
        private int[] places = new int[2];
        private int size;

        void add(int place, long times) {
            if (size == places.length) {
                places = Arrays.copyOf(places, size * 2);
            }
            places[size++] = place;
            count += times;
        }
    }

    /// All distinct pieces, byte after byte, as linked lists of tokens.
    private static final class Corpus {

        private static final int NONE = -1;

        private final int[] tokens;
        private final int[] next;
        private final int[] previous;
        private final int[] piece;
        private final long[] times;
        private final Map<Long, Seen> pairs = new HashMap<>();

        Corpus(Map<String, long[]> counts) {
            int pieces = counts.size();
            byte[][] bytes = new byte[pieces][];
            times = new long[pieces];
            long length = 0;
            int at = 0;
            for (Map.Entry<String, long[]> count : counts.entrySet()) {
                bytes[at] = count.getKey().getBytes(StandardCharsets.UTF_8);
                times[at] = count.getValue()[0];
                length += bytes[at++].length;
            }
            int total = Math.toIntExact(length);
            tokens = new int[total];
            next = new int[total];
            previous = new int[total];
            piece = new int[total];
            int place = 0;
            for (int p = 0; p < pieces; p++) {
                int last = bytes[p].length - 1;
                for (int i = 0; i <= last; i++) {
                    tokens[place] = bytes[p][i] & 0xFF;
                    next[place] = i < last ? place + 1 : NONE;
                    previous[place] = i > 0 ? place - 1 : NONE;
                    piece[place] = p;
                    place++;
                }
            }
            for (int i = 0; i < total; i++) {
                if (next[i] != NONE) {
                    see(i);
                }
            }
        }

        static long pair(int left, int right) {
            return (long) left << 32 | right;
        }

        static int left(long pair) {
            return (int) (pair >> 32);
        }

        static int right(long pair) {
            return (int) pair;
        }

        long count(long pair) {
            Seen seen = pairs.get(pair);
            return seen == null ? 0 : seen.count;
        }

        /// Replaces the pair everywhere, from left to right.
        ///
        /// @return pairs that are more frequent than before
        long[] merge(long pair, int result) {
            Seen seen = pairs.remove(pair);
            if (seen == null) {
                return new long[0];
            }
            int[] places = Arrays.copyOf(seen.places, seen.size);
            Arrays.sort(places);
            Set<Long> risen = new HashSet<>();
            for (int at : places) {
                int after = next[at];
                if (after == NONE || tokens[at] != left(pair) || tokens[after] != right(pair)) {
                    continue; // another merge took one of the two since
                }
                int before = previous[at];
                int behind = next[after];
                if (before != NONE) {
                    forget(before);
                }
                if (behind != NONE) {
                    forget(after);
                }
                tokens[at] = result;
                tokens[after] = NONE;
                next[after] = NONE;
                next[at] = behind;
                if (before != NONE) {
                    risen.add(see(before));
                }
                if (behind != NONE) {
                    previous[behind] = at;
                    risen.add(see(at));
                }
            }
            return risen.stream().mapToLong(p -> p).toArray();
        }

        /// Counts the pair that begins at a place.
        private long see(int place) {
            long pair = pair(tokens[place], tokens[next[place]]);
            pairs.computeIfAbsent(pair, p -> new Seen()).add(place, times[piece[place]]);
            return pair;
        }

        private void forget(int place) {
            Seen seen = pairs.get(pair(tokens[place], tokens[next[place]]));
            if (seen != null) { // null: the pair being merged, as in a run of one letter
                seen.count -= times[piece[place]];
            }
        }
    }
}
