package org.millrace.trainer;

import java.io.IOException;
import java.nio.file.Path;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;

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

    /// Of a tokenizer that can write conversations.
    ///
    /// @param tokenizerDirectory holds `tokenizer.json`, and a chat template unless ours is meant
    /// @throws TrainingFailed if it has no tokens that begin a text and end a turn
    public static Vocabulary read(Path tokenizerDirectory) throws IOException, TrainingFailed {
        Tokenizer tokenizer = Tokenizer.read(tokenizerDirectory.resolve("tokenizer.json"));
        ChatFormat chat = ChatFormat.read(tokenizerDirectory, tokenizer);
        if (chat.beginOfText().isEmpty() || chat.endOfTurn().isEmpty()) {
            throw new TrainingFailed("tokenizer: expected tokens that begin a text and end a turn, got none");
        }
        return new Vocabulary(
                tokenizer.vocabularySize(),
                chat.beginOfText().getAsInt(),
                chat.endOfTurn().getAsInt());
    }
}
