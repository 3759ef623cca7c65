package org.millrace.chattemplate;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.millrace.bpe.Chat;
import org.millrace.bpe.Passage;
import org.millrace.bpe.Rendered;
import org.millrace.bpe.Role;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.Part.Origin;

/// The format that a model's template says.
///
/// @param specialTokens variables of the template: `bos_token` and its like
/// @param opening what the template adds for the assistant to answer
/// @param end how the token is written that ends the assistant's turn
record TemplateFormat(
        Tokenizer tokenizer, ChatTemplate template, Map<String, Text> specialTokens, String opening, String end)
        implements ChatFormat {

    /// The day on which a template is that asks for it while a conversation is learned: the same each time, so that
    /// a shard depends on what is in it alone. Llama 3's own template takes this one where there is no clock.
    private static final Clock LEARNED = Clock.fixed(Instant.parse("2024-07-26T00:00:00Z"), ZoneOffset.UTC);

    private static final List<Turn> QUESTION = List.of(new Turn(Role.USER, "?"));
    private static final List<Turn> ANSWERED = List.of(QUESTION.getFirst(), new Turn(Role.ASSISTANT, "!"));

    /// Finds out how the template opens and ends the assistant's turn by rendering one.
    ///
    /// @throws IOException if the template is not understood, or gives the assistant's turn no end
    static TemplateFormat of(String jinja, Map<String, String> specialTokens, Tokenizer tokenizer, Path directory)
            throws IOException {
        Map<String, Text> trusted = new HashMap<>();
        specialTokens.forEach((name, token) -> trusted.put(name, Text.trusted(token)));
        try {
            ChatTemplate template = ChatTemplate.parse(jinja);
            TemplateFormat bare = new TemplateFormat(tokenizer, template, trusted, "", "");
            String question = text(bare.parts(QUESTION, List.of(), false, LEARNED));
            String opened = text(bare.parts(QUESTION, List.of(), true, LEARNED));
            return new TemplateFormat(
                    tokenizer,
                    template,
                    trusted,
                    opened.startsWith(question) ? opened.substring(question.length()) : "",
                    bare.findEnd());
        } catch (IllegalArgumentException e) {
            throw new IOException("%s: chat_template: %s".formatted(directory, e.getMessage()), e);
        }
    }

    /// The first special token behind an answer, or `eos_token` if there is none.
    private String findEnd() {
        List<Part> parts = parts(ANSWERED, List.of(), false, LEARNED);
        int answer = parts.stream().map(Part::origin).toList().lastIndexOf(Origin.ANSWER);
        if (answer < 0) {
            throw new IllegalArgumentException("expected what the assistant says in what it renders, got none of it");
        }
        List<Passage> behind = parts.subList(answer, parts.size()).stream()
                .map(part -> new Passage(part.text(), part.isTemplate(), false))
                .toList();
        return Arrays.stream(tokenizer.encode(behind).ids())
                .mapToObj(tokenizer::special)
                .flatMap(Optional::stream)
                .findFirst()
                .or(() -> Optional.ofNullable(specialTokens.get("eos_token")).map(Text::string))
                .filter(token -> tokenizer.special(token).isPresent())
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected a special token of tokenizer.json behind what the assistant says, got none"));
    }

    @Override
    public Rendered render(List<Turn> turns) {
        Chat.check(turns, Role.ASSISTANT);
        List<Part> parts = accepted(turns, List.of(), false, LEARNED);
        if (parts.stream().noneMatch(part -> part.origin() == Origin.ANSWER)) {
            throw new IllegalArgumentException(
                    "turns: expected the assistant's text in what the template renders, got none of it");
        }
        return tokenizer.encode(new Spans(opening, end).passages(parts));
    }

    @Override
    public int[] prompt(List<Turn> turns, List<Map<String, Object>> tools) {
        Chat.check(turns, Role.USER, Role.TOOL_OUTPUT);
        List<Passage> passages = accepted(turns, tools, true, Clock.systemUTC()).stream()
                .map(part -> new Passage(part.text(), part.isTemplate(), false))
                .toList();
        return tokenizer.encode(passages).ids();
    }

    @Override
    public OptionalInt beginOfText() {
        return Stream.of("bos_token", "pad_token") // Qwen has none that begins, and ends its documents with the other
                .flatMap(name -> Stream.ofNullable(specialTokens.get(name)))
                .map(token -> tokenizer.special(token.string()))
                .filter(OptionalInt::isPresent)
                .findFirst()
                .orElse(OptionalInt.empty());
    }

    @Override
    public OptionalInt endOfTurn() {
        return tokenizer.special(end);
    }

    private List<Part> accepted(List<Turn> turns, List<Map<String, Object>> tools, boolean isOpen, Clock clock) {
        List<Map<String, Object>> messages = Messages.of(turns);
        try {
            return render(messages, tools, isOpen, clock);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "turns: expected what the chat template takes, which says: " + e.getMessage(), e);
        }
    }

    private List<Part> parts(List<Turn> turns, List<Map<String, Object>> tools, boolean isOpen, Clock clock) {
        return render(Messages.of(turns), tools, isOpen, clock);
    }

    private List<Part> render(
            List<Map<String, Object>> messages, List<Map<String, Object>> tools, boolean isOpen, Clock clock) {
        Map<String, Object> variables = new HashMap<>(specialTokens);
        variables.put("messages", messages);
        variables.put("add_generation_prompt", isOpen);
        variables.put("tools", tools.isEmpty() ? null : tools); // as transformers, where there are none
        variables.put("documents", null);
        return template.render(variables, clock);
    }

    private static String text(List<Part> parts) {
        StringBuilder text = new StringBuilder();
        parts.forEach(part -> text.append(part.text()));
        return text.toString();
    }
}
