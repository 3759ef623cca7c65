package org.millrace.chattemplate;

import java.time.Clock;
import java.util.List;
import java.util.Map;

/// A `chat_template` of Hugging Face's `tokenizer_config.json`: how a conversation becomes the text that a model was
/// trained on. Understands the part of Jinja that such templates use, white space as transformers has it, and refuses
/// the rest by name.
///
/// What a user wrote never becomes a special token: rendering gives [Part]s, and each character is of the template
/// or is not, whatever was cut, joined or replaced on the way.
///
/// A template is somebody else's program: it reaches nothing but the values it is given, and its size, its loops,
/// its work and its output are bounded. Safe to share between threads.
///
/// ```java
/// ChatTemplate template = ChatTemplate.parse(jinja);
/// List<Part> parts = template.render(Map.of(
///         "messages", List.of(Map.of("role", "user", "content", "Hello")),
///         "bos_token", Text.trusted("<|bos|>"),
///         "add_generation_prompt", true));
/// ```
public final class ChatTemplate {

    /// Characters. Those of models have up to some 20,000.
    public static final int LARGEST = 1 << 20;

    private final List<Node> nodes;

    private ChatTemplate(List<Node> nodes) {
        this.nodes = nodes;
    }

    /// @throws IllegalArgumentException if the template is larger than [#LARGEST], or says what is not understood:
    ///     line and column, what was expected and what came
    public static ChatTemplate parse(String jinja) {
        if (jinja.length() > LARGEST) {
            throw new IllegalArgumentException(
                    "template: expected at most %d characters, got %d".formatted(LARGEST, jinja.length()));
        }
        return new ChatTemplate(new Parser(Lexer.tokens(jinja)).template());
    }

    /// As [#render(Map, Clock)], with the system's clock and time zone.
    public List<Part> render(Map<String, ?> variables) {
        return render(variables, Clock.systemDefaultZone());
    }

    /// @param variables Text, String, Boolean, Number, List, Map (of String) and null, in each other; only [Text] is
    ///     taken for text of the template
    /// @param clock what `strftime_now` reads
    /// @return the text in its order; neighbours differ in where they come from
    /// @throws IllegalArgumentException if the template calls `raise_exception`, with its message; or if it does
    ///     what cannot be done, or takes more than it may, with line and column
    public List<Part> render(Map<String, ?> variables, Clock clock) {
        return new Renderer(clock).render(nodes, Variables.scope(variables)).parts();
    }
}
