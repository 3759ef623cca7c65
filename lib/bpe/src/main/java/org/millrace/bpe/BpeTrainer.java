package org.millrace.bpe;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
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

    /// Texts to learn from, told one after the other: none need be kept.
    @FunctionalInterface
    public interface Documents {

        void each(Consumer<String> taker);
    }

    /// @param vocabularySize bytes, merges and special tokens together, as the model's matrices have rows: 265 (256
    ///     bytes, no merge, 9 special tokens) to 200,000
    /// @param mergesMade is told 1, 2, … after each merge; may throw to end the training
    public static Tokenizer train(Iterable<String> documents, int vocabularySize, IntConsumer mergesMade) {
        return train(documents, vocabularySize, SplitPattern.NANOCHAT, mergesMade);
    }

    /// The same with another way to cut text.
    public static Tokenizer train(
            Iterable<String> documents, int vocabularySize, SplitPattern pattern, IntConsumer mergesMade) {
        return train(documents::forEach, vocabularySize, pattern, mergesMade);
    }

    /// The same on texts that are not kept.
    public static Tokenizer train(
            Documents documents, int vocabularySize, SplitPattern pattern, IntConsumer mergesMade) {
        return train(documents, vocabularySize, pattern, Runtime.getRuntime().availableProcessors(), mergesMade);
    }

    static Tokenizer train(
            Documents documents, int vocabularySize, SplitPattern pattern, int threads, IntConsumer mergesMade) {
        if (vocabularySize < SMALLEST_VOCABULARY || vocabularySize > LARGEST_VOCABULARY) {
            throw new IllegalArgumentException(
                    "vocabularySize: expected %d (256 bytes, %d special tokens) to %d, got %d"
                            .formatted(SMALLEST_VOCABULARY, SpecialToken.COUNT, LARGEST_VOCABULARY, vocabularySize));
        }
        PieceCounts counts = PieceCounting.of(documents, new Splitter(pattern), threads);
        return merge(new Corpus(counts), vocabularySize, pattern, mergesMade);
    }

    private static Tokenizer merge(Corpus corpus, int vocabularySize, SplitPattern pattern, IntConsumer mergesMade) {
        List<byte[]> tokens = new ArrayList<>();
        Set<ByteBuffer> known = new HashSet<>();
        for (int b = 0; b < 256; b++) {
            tokens.add(new byte[] {(byte) b});
            known.add(ByteBuffer.wrap(tokens.get(b)));
        }
        PairIndex pairs = corpus.pairs();
        PairQueue queue = new PairQueue(pairs, tokens);
        for (int number = 0; number < pairs.size(); number++) {
            queue.risen(number);
        }
        IntStream.Builder lefts = IntStream.builder();
        IntStream.Builder rights = IntStream.builder();
        int most = vocabularySize - SpecialToken.COUNT;
        for (int best = queue.removeFirst(); best >= 0 && tokens.size() < most; best = queue.removeFirst()) {
            int left = pairs.left(best);
            int right = pairs.right(best);
            byte[] bytes = concatenate(tokens.get(left), tokens.get(right));
            if (!known.add(ByteBuffer.wrap(bytes))) {
                continue; // spells a token that another pair made (ab+c, a+bc): one way to each token
            }
            int id = tokens.size();
            tokens.add(bytes);
            corpus.merge(best, id, queue);
            lefts.add(left);
            rights.add(right);
            mergesMade.accept(tokens.size() - 256);
        }
        Merges merges = new Merges(
                IntStream.range(0, 256).toArray(),
                lefts.build().toArray(),
                rights.build().toArray(),
                IntStream.range(256, tokens.size()).toArray());
        SequencedMap<String, Integer> special = new LinkedHashMap<>();
        for (SpecialToken token : SpecialToken.values()) {
            special.put(token.text(), tokens.size() + token.ordinal());
        }
        byte[][] all = tokens.toArray(new byte[tokens.size() + SpecialToken.COUNT][]);
        return new Tokenizer(new Vocabulary(all, merges, pattern, false, false, special));
    }

    private static byte[] concatenate(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }
}
