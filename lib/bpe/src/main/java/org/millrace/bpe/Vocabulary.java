package org.millrace.bpe;

import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// All that a tokenizer is made of.
///
/// @param tokens bytes of each text token, by id; null where an id is none. As long as the vocabulary
/// @param wholePieces a piece that is a token stays whole, whatever the merges say (`ignore_merges`)
/// @param nfc text is brought into Unicode's form NFC first
/// @param special ids of the tokens that are no text, by how they are written; in the order of their ids
record Vocabulary(
        byte[] @Nullable [] tokens,
        Merges merges,
        SplitPattern pattern,
        boolean wholePieces,
        boolean nfc,
        SequencedMap<String, Integer> special) {

    /// Ids are below it.
    static final int LARGEST = 1 << 20;
}
