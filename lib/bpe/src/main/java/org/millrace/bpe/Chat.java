package org.millrace.bpe;

import static org.millrace.bpe.SpecialToken.ASSISTANT_END;
import static org.millrace.bpe.SpecialToken.ASSISTANT_START;
import static org.millrace.bpe.SpecialToken.BOS;
import static org.millrace.bpe.SpecialToken.USER_END;
import static org.millrace.bpe.SpecialToken.USER_START;

import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/// How a conversation becomes ids:
///
/// ```text
/// <|bos|><|user_start|>…<|user_end|><|assistant_start|>…<|assistant_end|><|user_start|>…
/// ```
///
/// A system turn is put before the first user turn's text, with an empty line between. Text is
/// encoded turn by turn, so nothing that somebody writes can open or close a turn.
public final class Chat {

    /// The same in Jinja, for `tokenizer_config.json`.
    public static final String TEMPLATE = """
            {{ bos_token }}\
            {%- if messages[0]['role'] == 'system' -%}\
            {%- set system = messages[0]['content'] + '\\n\\n' -%}{%- set turns = messages[1:] -%}\
            {%- else -%}\
            {%- set system = '' -%}{%- set turns = messages -%}\
            {%- endif -%}\
            {%- for turn in turns -%}\
            {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}\
            {{ raise_exception('turns: expected user and assistant by turns, the user first') }}\
            {%- endif -%}\
            {%- if turn['role'] == 'user' -%}\
            {{ '<|user_start|>' + (system if loop.first else '') + turn['content'] + '<|user_end|>' }}\
            {%- elif turn['role'] == 'assistant' -%}\
            {{ '<|assistant_start|>' + turn['content'] + '<|assistant_end|>' }}\
            {%- else -%}\
            {{ raise_exception('turns: expected the roles user and assistant, got ' + turn['role']) }}\
            {%- endif -%}\
            {%- endfor -%}\
            {%- if add_generation_prompt -%}{{ '<|assistant_start|>' }}{%- endif -%}""";

    private Chat() {}

    /// A whole conversation to learn from: the assistant's text and the end of its turns are
    /// targets.
    ///
    /// @throws IllegalArgumentException unless the turns are at most one of the system, then user
    ///     and assistant by turns, the assistant last, none empty
    public static Rendered render(Tokenizer tokenizer, List<Turn> turns) {
        check(turns, Role.ASSISTANT);
        return new Script(tokenizer).add(turns).rendered();
    }

    /// A conversation that the assistant is to continue; ends with ASSISTANT_START.
    ///
    /// @throws IllegalArgumentException as [#render], but the user comes last
    public static int[] prompt(Tokenizer tokenizer, List<Turn> turns) {
        check(turns, Role.USER);
        return new Script(tokenizer)
                .add(turns)
                .add(ASSISTANT_START, false)
                .rendered()
                .ids();
    }

    /// @param last who speaks last
    /// @throws IllegalArgumentException unless the turns are at most one of the system, then user and assistant by
    ///     turns, none empty
    public static void check(List<Turn> turns, Role last) {
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("turns: expected at least 1, got 0");
        }
        int first = turns.getFirst().role() == Role.SYSTEM ? 1 : 0;
        for (int i = 0; i < turns.size(); i++) {
            Turn turn = turns.get(i);
            Role expected = i < first ? Role.SYSTEM : (i - first) % 2 == 0 ? Role.USER : Role.ASSISTANT;
            if (turn.role() != expected) {
                throw new IllegalArgumentException(
                        "turns[%d].role: expected %s, got %s".formatted(i, expected, turn.role()));
            }
            if (turn.text().isEmpty()) {
                throw new IllegalArgumentException("turns[%d].text: expected at least 1 character, got 0".formatted(i));
            }
        }
        if (turns.getLast().role() != last) {
            throw new IllegalArgumentException("turns[%d].role: expected %s last, got %s"
                    .formatted(turns.size() - 1, last, turns.getLast().role()));
        }
    }

    /// The ids so far, and which of them are targets.
    private static final class Script {

        private final Tokenizer tokenizer;
        private final IntStream.Builder ids = IntStream.builder();
        private final BitSet targets = new BitSet();
        private int length;

        Script(Tokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        Script add(List<Turn> turns) {
            add(BOS, false);
            String system = "";
            for (Turn turn : turns) {
                switch (turn.role()) {
                    case SYSTEM -> system = turn.text() + "\n\n";
                    case USER -> {
                        add(USER_START, false).add(system + turn.text(), false).add(USER_END, false);
                        system = "";
                    }
                    case ASSISTANT ->
                        add(ASSISTANT_START, false).add(turn.text(), true).add(ASSISTANT_END, true);
                }
            }
            return this;
        }

        Script add(SpecialToken token, boolean target) {
            return add(tokenizer.id(token), target);
        }

        private Script add(String text, boolean target) {
            for (int id : tokenizer.encode(text)) {
                add(id, target);
            }
            return this;
        }

        private Script add(int id, boolean target) {
            ids.add(id);
            targets.set(length++, target);
            return this;
        }

        Rendered rendered() {
            boolean[] target = new boolean[length];
            for (int i = 0; i < length; i++) {
                target[i] = targets.get(i);
            }
            return new Rendered(ids.build().toArray(), target);
        }
    }
}
