package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.AnswerParts.Said;
import org.millrace.inference.tool.Aside;
import org.millrace.inference.tool.CallForm;
import org.millrace.inference.tool.Toolbox;

class AnswerPartsTest {

    private static final Tokenizer TOKENIZER = TinyModel.tokenizer();
    private static final int BEGIN = TOKENIZER.id(SpecialToken.USER_START);
    private static final int END = TOKENIZER.id(SpecialToken.USER_END);
    private static final CallForm TAGGED = new CallForm(BEGIN, END, -1, -1, "arguments");
    private static final CallForm WHOLE = new CallForm(BEGIN, -1, -1, -1, "parameters");
    private static final String CALL = "{\"name\":\"f\", \"arguments\": {}}";

    /// Whoever asked waits for it, and a stop text in it counts.
    @ParameterizedTest
    @ValueSource(strings = {"{\"answer\": \"", "{\"name\": \"g\", \"", "{\"arguments\": [\"", CALL + "\"", "{ x \""})
    void jsonThatCannotBeACallIsTextAtOnce(String begin) {
        AnswerParts parts = parts(List.of("halt"), WHOLE, false, false);

        Said before = add(parts, begin + "so ");
        assertThat(before.text() + add(parts, "it halts").text()).isEqualTo(begin + "so it ");
        assertThat(before.text()).startsWith(begin);
        assertThat(parts.isStopped()).isTrue();
        assertThat(parts.end()).isEqualTo(Said.NOTHING);
    }

    @Test
    void jsonThatMayBeACallWaits() {
        AnswerParts parts = parts(List.of("halt"), WHOLE, false, false);

        Said said = add(parts, " {\"type\": \"function\", \"parameters\": {\"a\": [\"halt\"]}, \"name\": \"f\"}\n");

        assertThat(said).isEqualTo(new Said(" ", List.of()));
        assertThat(parts.end().asides()).singleElement().isInstanceOf(Aside.Asked.class);
    }

    @Test
    void blanksBetweenCallsAndBehindThemAreNoText() {
        AnswerParts parts = parts(List.of(), TAGGED, false, false);

        Said said =
                call(parts, CALL).and(add(parts, "\n\n")).and(call(parts, CALL)).and(add(parts, "\n"));
        assertThat(said.text()).isEmpty();
        assertThat(said.asides()).hasSize(2);
        assertThat(add(parts, "So\n").text()).isEqualTo("\nSo\n");
    }

    @Test
    void anAnswerEndsWithItsFirstCallWhereOneIsWanted() {
        AnswerParts several = parts(List.of(), TAGGED, false, false);
        AnswerParts one = parts(List.of(), TAGGED, false, true);

        call(several, CALL);
        call(one, CALL);

        assertThat(several.waits()).isFalse();
        assertThat(one.waits()).isTrue();
    }

    /// It fitted its grammar, so nothing more can be drawn.
    @Test
    void anAnswerEndsWithACallThatHadToBeOneWhateverItSays() {
        AnswerParts parts = parts(List.of(), TAGGED, true, false);

        Said said = add(parts, "{}").and(parts.add(END));

        assertThat(said.text()).isEqualTo("{}");
        assertThat(parts.waits()).isTrue();
    }

    private static AnswerParts parts(List<String> stops, CallForm form, boolean begun, boolean single) {
        return new AnswerParts(TOKENIZER, stops, new Toolbox(form, false, Set.of("f"), begun, single));
    }

    private static Said call(AnswerParts parts, String call) {
        return parts.add(BEGIN).and(add(parts, call)).and(parts.add(END));
    }

    private static Said add(AnswerParts parts, String text) {
        Said said = Said.NOTHING;
        for (int id : TOKENIZER.encode(text)) {
            if (!parts.isStopped()) {
                said = said.and(parts.add(id));
            }
        }
        return said;
    }
}
