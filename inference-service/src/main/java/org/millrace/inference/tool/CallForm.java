package org.millrace.inference.tool;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;

/// How a model writes a call among its tokens.
///
/// ```text
/// ours          <|python_start|>12*7<|python_end|><|output_start|>84<|output_end|>
/// Qwen, Hermes  <tool_call>{"name": …, "arguments": {…}}</tool_call>
/// Llama         {"name": …, "parameters": {…}} for a whole answer, perhaps behind <|python_tag|>
/// ```
///
/// @param begin the token before a call, or [#NONE]
/// @param end the token behind it, or [#NONE]: then the call goes on to the end of the answer
/// @param outputBegin before what the tool says, if that is within the assistant's turn; else [#NONE]
/// @param outputEnd behind it
/// @param arguments how they are called in JSON
public record CallForm(int begin, int end, int outputBegin, int outputEnd, String arguments) {

    static final int NONE = -1;

    /// The form that a tokenizer has tokens for.
    public static CallForm of(Tokenizer tokenizer) {
        int[] own = IntStream.of(
                        id(tokenizer, SpecialToken.PYTHON_START.text()),
                        id(tokenizer, SpecialToken.PYTHON_END.text()),
                        id(tokenizer, SpecialToken.OUTPUT_START.text()),
                        id(tokenizer, SpecialToken.OUTPUT_END.text()))
                .toArray();
        if (IntStream.of(own).noneMatch(id -> id == NONE)) {
            return new CallForm(own[0], own[1], own[2], own[3], "arguments");
        }
        int begin = id(tokenizer, "<tool_call>");
        int end = id(tokenizer, "</tool_call>");
        if (begin != NONE && end != NONE) {
            return new CallForm(begin, end, NONE, NONE, "arguments");
        }
        return new CallForm(id(tokenizer, "<|python_tag|>"), NONE, NONE, NONE, "parameters");
    }

    private static int id(Tokenizer tokenizer, String text) {
        OptionalInt id = tokenizer.special(text);
        return id.orElse(NONE);
    }

    /// Whether what a tool says can be put into an answer.
    public boolean takesOutput() {
        return outputBegin != NONE;
    }

    /// Whether a call goes on to the end of an answer.
    public boolean isWholeAnswer() {
        return end == NONE;
    }

    /// What stands before a call, so that the model goes on with one.
    int[] opening(Tokenizer tokenizer) {
        if (isWholeAnswer()) {
            return new int[0];
        }
        int[] line = takesOutput() ? new int[0] : tokenizer.encode("\n"); // as templates with tags have it
        return IntStream.concat(IntStream.of(begin), IntStream.of(line)).toArray();
    }
}
