package org.millrace.chattemplate;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Rendered;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;

/// How conversations become the ids of one model: for all who teach it, and all who ask it. Safe to share between
/// threads.
public sealed interface ChatFormat permits OwnFormat, TemplateFormat {

    /// A whole conversation to learn from.
    ///
    /// @throws IllegalArgumentException unless the turns are as [Chat#check] has them, the assistant last; or if
    ///     the template refuses them
    Rendered render(List<Turn> turns);

    /// A conversation that the assistant is to continue.
    ///
    /// @throws IllegalArgumentException as [#render], but the user comes last
    default int[] prompt(List<Turn> turns) {
        return prompt(turns, List.of());
    }

    /// The same, and the assistant is told what it may call.
    ///
    /// @param tools as OpenAI's API has them: `{type: function, function: {name, description, parameters}}`
    int[] prompt(List<Turn> turns, List<Map<String, Object>> tools);

    /// The id that begins a text which is no conversation; empty if the tokenizer does not say.
    OptionalInt beginOfText();

    /// The id that ends the assistant's turn; empty if there are no turns.
    OptionalInt endOfTurn();

    /// The format of a tokenizer that was learned here.
    static ChatFormat own(Tokenizer tokenizer) {
        return new OwnFormat(tokenizer);
    }

    /// The format of a tokenizer's or model's directory: its `chat_template`, or [Chat]'s if it brings none.
    ///
    /// @param tokenizer of the same directory
    /// @throws IOException if a file cannot be read, or the template is not understood; names file and place
    static ChatFormat read(Path directory, Tokenizer tokenizer) throws IOException {
        TokenizerConfig config = TokenizerConfig.read(directory);
        return config.chatTemplate().isEmpty() || config.chatTemplate().get().equals(Chat.TEMPLATE)
                ? own(tokenizer)
                : TemplateFormat.of(config.chatTemplate().get(), config.specialTokens(), tokenizer, directory);
    }
}
