package org.millrace.chattemplate;

import java.util.List;
import java.util.OptionalInt;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Rendered;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;

/// The format of tokenizers that were learned here.
record OwnFormat(Tokenizer tokenizer) implements ChatFormat {

    @Override
    public Rendered render(List<Turn> turns) {
        return Chat.render(tokenizer, turns);
    }

    @Override
    public int[] prompt(List<Turn> turns) {
        return Chat.prompt(tokenizer, turns);
    }

    @Override
    public OptionalInt beginOfText() {
        return tokenizer.special(SpecialToken.BOS.text());
    }

    @Override
    public OptionalInt endOfTurn() {
        return tokenizer.special(SpecialToken.ASSISTANT_END.text());
    }
}
