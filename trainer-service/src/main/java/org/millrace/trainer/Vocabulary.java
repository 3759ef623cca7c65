package org.millrace.trainer;

/// What a model must know of its tokenizer.
///
/// @param size ids are 0 to size − 1
/// @param bosId starts every sequence
/// @param eosId ends the assistant's turn
public record Vocabulary(int size, int bosId, int eosId) {

    public Vocabulary {
        if (size < 2 || bosId < 0 || bosId >= size || eosId < 0 || eosId >= size) {
            throw new IllegalArgumentException(
                    "vocabulary: expected ids below size, got size %d, bos %d, eos %d".formatted(size, bosId, eosId));
        }
    }
}
