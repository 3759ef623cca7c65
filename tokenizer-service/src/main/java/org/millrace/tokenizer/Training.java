package org.millrace.tokenizer;

import java.io.IOException;
import java.util.regex.Pattern;
import org.millrace.bpe.SplitPattern;

/// Trains a tokenizer on the documents that are on the log now, and publishes it.
public interface Training {

    /// What is published already is not published again: neither the same tokenizer under the next
    /// version, nor a second one where only the first is wanted.
    ///
    /// @return the version under which it is published: one more than the newest of the name, or that
    /// @throws NoDocuments if there is nothing to learn from
    /// @throws Busy if this instance, or another for the same name, is at it
    /// @throws IOException if the log or the artifact store fails
    /// @throws InterruptedException if `progress` says that nobody wants it any more
    long train(Order order, Progress progress) throws NoDocuments, Busy, IOException, InterruptedException;

    /// What is to be trained.
    ///
    /// @param name [a-z0-9-]{1,64}
    /// @param vocabularySize bytes, merges and special tokens together, 265 (no merge) to 200,000
    /// @param maxBytes of UTF-8 text to train on, 1 to 2³¹ − 1
    /// @param pattern how text is cut
    /// @param onlyFirst whatever version of the name is there by then will do as well
    record Order(String name, int vocabularySize, long maxBytes, SplitPattern pattern, boolean onlyFirst) {

        public static final long DEFAULT_MAX_BYTES = 512L << 20;

        private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
        private static final int SMALLEST = 265;
        private static final int LARGEST = 200_000;

        public Order {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("name: expected %s, got \"%.80s\"".formatted(NAME, name));
            }
            if (vocabularySize < SMALLEST || vocabularySize > LARGEST) {
                throw new IllegalArgumentException(
                        "vocabulary_size: expected %d (256 bytes, 9 special tokens) to %d, got %d"
                                .formatted(SMALLEST, LARGEST, vocabularySize));
            }
            if (maxBytes < 1 || maxBytes > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "max_bytes: expected 1 to %d, got %d".formatted(Integer.MAX_VALUE, maxBytes));
            }
        }

        public Order(String name, int vocabularySize, long maxBytes, SplitPattern pattern) {
            this(name, vocabularySize, maxBytes, pattern, false);
        }

        /// Merges that fill the vocabulary, if the text has as many.
        public int merges() {
            return vocabularySize - SMALLEST;
        }
    }

    /// Is told how far it is, on the thread that trains.
    interface Progress {

        void read(long documents, long bytes);

        void merged(int merges);

        /// True once nobody waits for the result.
        boolean isCancelled();
    }

    /// There are no documents on the log that are not retracted.
    final class NoDocuments extends Exception {

        public NoDocuments(String message) {
            super(message);
        }
    }

    /// A tokenizer is being trained already.
    final class Busy extends Exception {

        public Busy(String message) {
            super(message);
        }
    }
}
