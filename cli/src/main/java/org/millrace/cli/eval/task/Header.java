package org.millrace.cli.eval.task;

import java.util.List;
import java.util.Set;
import org.millrace.cli.lines.Fields;

/// What holds for all items of a task: its first line, or what follows from the first item.
record Header(Kind kind, String name, Form form) {

    private static final Set<String> FIELDS =
            Set.of("task", "name", "format", "delimiter", "separator", "shots", "by", "max_tokens", "stop");
    private static final int MOST_SHOTS = 100;
    private static final int MOST_TOKENS = 65_536;
    private static final int MOST_STOPS = 16;
    private static final int MAX_TOKENS = 32;

    /// Of a file without a header.
    static Header of(Kind kind, String name) {
        return new Header(kind, name, new Form(false, " ", "\n\n", 0, Form.By.SUM, MAX_TOKENS, List.of("\n")));
    }

    static Header read(Fields fields, String name) {
        fields.requireKnown(FIELDS);
        String task = fields.text("task");
        Kind kind = Kind.named(task).orElseThrow(() -> fields.wrong("task", "one of " + Kind.labels()));
        boolean chat = isChat(fields);
        if (chat && kind == Kind.BITS_PER_BYTE) {
            throw fields.wrong("format", "\"text\" for bits_per_byte");
        }
        boolean examples = kind != Kind.BITS_PER_BYTE && kind != Kind.BIAS;
        Form form = new Form(
                chat,
                fields.textOr("delimiter", " "),
                fields.textOr("separator", "\n\n"),
                fields.numberOr("shots", 0, 0, examples ? MOST_SHOTS : 0),
                by(fields),
                fields.numberOr("max_tokens", MAX_TOKENS, 1, MOST_TOKENS),
                fields.has("stop") ? fields.texts("stop", 0, MOST_STOPS) : chat ? List.of() : List.of("\n"));
        return new Header(kind, fields.textOr("name", name), form);
    }

    private static boolean isChat(Fields fields) {
        return switch (fields.textOr("format", "text")) {
            case "text" -> false;
            case "chat" -> true;
            default -> throw fields.wrong("format", "\"text\" or \"chat\"");
        };
    }

    private static Form.By by(Fields fields) {
        return Form.By.named(fields.textOr("by", Form.By.SUM.label()))
                .orElseThrow(() -> fields.wrong("by", "one of " + Form.By.labels()));
    }
}
