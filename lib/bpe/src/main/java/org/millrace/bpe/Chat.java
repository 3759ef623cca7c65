package org.millrace.bpe;

import static org.millrace.bpe.SpecialToken.ASSISTANT_END;
import static org.millrace.bpe.SpecialToken.ASSISTANT_START;
import static org.millrace.bpe.SpecialToken.BOS;
import static org.millrace.bpe.SpecialToken.OUTPUT_END;
import static org.millrace.bpe.SpecialToken.OUTPUT_START;
import static org.millrace.bpe.SpecialToken.PYTHON_END;
import static org.millrace.bpe.SpecialToken.PYTHON_START;
import static org.millrace.bpe.SpecialToken.USER_END;
import static org.millrace.bpe.SpecialToken.USER_START;

import java.util.BitSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// How a conversation becomes ids:
///
/// ```text
/// <|bos|><|user_start|>…<|user_end|><|assistant_start|>…<|assistant_end|><|user_start|>…
/// ```
///
/// A system turn is put before the first user turn's text, with an empty line between. What the assistant asks of a
/// tool, and the answer, are within its turn:
///
/// ```text
/// <|assistant_start|>…<|python_start|>12*7<|python_end|><|output_start|>84<|output_end|>…<|assistant_end|>
/// ```
///
/// Text is encoded turn by turn, so nothing that somebody writes can open or close a turn.
public final class Chat {

    /// The same in Jinja, for `tokenizer_config.json`. A call of the `calculator` is its `expression`, any other one
    /// the JSON of its name and arguments, as in [Role#TOOL_CALL].
    public static final String TEMPLATE = """
            {{ bos_token }}\
            {%- if messages[0]['role'] == 'system' -%}\
            {%- set system = messages[0]['content'] + '\\n\\n' -%}{%- set turns = messages[1:] -%}\
            {%- else -%}\
            {%- set system = '' -%}{%- set turns = messages -%}\
            {%- endif -%}\
            {%- set ns = namespace(before='assistant') -%}\
            {%- for turn in turns -%}\
            {%- set role = turn['role'] -%}\
            {%- if role == 'user' and ns.before == 'assistant' -%}\
            {{ '<|user_start|>' + (system if loop.first else '') + turn['content'] + '<|user_end|>' }}\
            {%- set ns.before = 'user' -%}\
            {%- elif role == 'assistant' and ns.before in ['user', 'tool'] -%}\
            {%- if ns.before == 'user' -%}{{ '<|assistant_start|>' }}{%- endif -%}\
            {%- if turn['content'] -%}{{ turn['content'] }}{%- endif -%}\
            {%- if turn['tool_calls'] -%}\
            {%- if turn['tool_calls'] | length > 1 -%}\
            {{ raise_exception('turns: expected one tool call at a time') }}\
            {%- endif -%}\
            {%- set call = turn['tool_calls'][0]['function'] -%}\
            {{ '<|python_start|>' }}\
            {%- if call['name'] == 'calculator' and call['arguments']['expression'] -%}\
            {{ call['arguments']['expression'] }}\
            {%- else -%}\
            {{ '{"name": ' + call['name'] | tojson + ', "arguments": ' + call['arguments'] | tojson + '}' }}\
            {%- endif -%}\
            {{ '<|python_end|>' }}\
            {%- set ns.before = 'call' -%}\
            {%- else -%}\
            {{ '<|assistant_end|>' }}\
            {%- set ns.before = 'assistant' -%}\
            {%- endif -%}\
            {%- elif role == 'tool' and ns.before == 'call' -%}\
            {{ '<|output_start|>' + turn['content'] + '<|output_end|>' }}\
            {%- set ns.before = 'tool' -%}\
            {%- else -%}\
            {{ raise_exception('turns: expected user and assistant by turns, the user first, and tools behind calls, got '\
             + role + ' behind ' + ns.before) }}\
            {%- endif -%}\
            {%- endfor -%}\
            {%- if add_generation_prompt and ns.before != 'tool' -%}{{ '<|assistant_start|>' }}{%- endif -%}""";

    private Chat() {}

    /// A whole conversation to learn from: the assistant's text, its calls and the end of its turns are targets.
    ///
    /// @throws IllegalArgumentException unless the turns are as [#check] has them, the assistant last
    public static Rendered render(Tokenizer tokenizer, List<Turn> turns) {
        check(turns, Role.ASSISTANT);
        return new Script(tokenizer).add(turns).add(ASSISTANT_END, true).rendered();
    }

    /// A conversation that the assistant is to continue: ends with ASSISTANT_START, or with what a tool said.
    ///
    /// @throws IllegalArgumentException unless the turns are as [#check] has them, the user or a tool last
    public static int[] prompt(Tokenizer tokenizer, List<Turn> turns) {
        check(turns, Role.USER, Role.TOOL_OUTPUT);
        Script script = new Script(tokenizer).add(turns);
        if (turns.getLast().role() == Role.USER) {
            script.add(ASSISTANT_START, false);
        }
        return script.rendered().ids();
    }

    /// @param last who may speak last
    /// @throws IllegalArgumentException unless the turns are at most one of the system, then user and assistant by
    ///     turns; within the assistant's, each call with its output behind it; none but an output empty
    public static void check(List<Turn> turns, Role... last) {
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("turns: expected at least 1, got 0");
        }
        List<Role> next = List.of(turns.getFirst().role() == Role.SYSTEM ? Role.SYSTEM : Role.USER);
        for (int i = 0; i < turns.size(); i++) {
            Turn turn = turns.get(i);
            if (!next.contains(turn.role())) {
                throw new IllegalArgumentException(
                        "turns[%d].role: expected %s, got %s".formatted(i, either(next), turn.role()));
            }
            if (turn.text().isEmpty() && turn.role() != Role.TOOL_OUTPUT) {
                throw new IllegalArgumentException("turns[%d].text: expected at least 1 character, got 0".formatted(i));
            }
            next = behind(turn.role());
        }
        if (!List.of(last).contains(turns.getLast().role())) {
            throw new IllegalArgumentException("turns[%d].role: expected %s last, got %s"
                    .formatted(
                            turns.size() - 1,
                            either(List.of(last)),
                            turns.getLast().role()));
        }
    }

    private static List<Role> behind(Role role) {
        return switch (role) {
            case SYSTEM -> List.of(Role.USER);
            case USER, TOOL_OUTPUT -> List.of(Role.ASSISTANT, Role.TOOL_CALL);
            case ASSISTANT -> List.of(Role.USER, Role.TOOL_CALL);
            case TOOL_CALL -> List.of(Role.TOOL_OUTPUT);
        };
    }

    private static String either(List<Role> roles) {
        return roles.stream().map(Role::name).collect(Collectors.joining(" or "));
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

        /// All but the end of an assistant's turn that comes last.
        Script add(List<Turn> turns) {
            add(BOS, false);
            String system = "";
            Role before = Role.SYSTEM;
            for (Turn turn : turns) {
                if (before.isWithinAnswer() && !turn.role().isWithinAnswer()) {
                    add(ASSISTANT_END, true);
                }
                if (turn.role().isWithinAnswer() && !before.isWithinAnswer()) {
                    add(ASSISTANT_START, false);
                }
                switch (turn.role()) {
                    case SYSTEM -> system = turn.text() + "\n\n";
                    case USER -> {
                        add(USER_START, false).add(system + turn.text(), false).add(USER_END, false);
                        system = "";
                    }
                    case ASSISTANT -> add(turn.text(), true);
                    case TOOL_CALL ->
                        add(PYTHON_START, true).add(turn.text(), true).add(PYTHON_END, true);
                    case TOOL_OUTPUT ->
                        add(OUTPUT_START, false).add(turn.text(), false).add(OUTPUT_END, false);
                }
                before = turn.role();
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
