package org.millrace.cli.eval.task;

import java.util.List;
import org.millrace.cli.Failure;
import org.millrace.cli.lines.Fields;

/// One line of a task. Fields that are not named here are passed over: many files carry more.
final class ItemReader {

    /// What the inference service scores in one request.
    private static final int MOST_CHOICES = 64;

    private static final int MOST_ANSWERS = 1000;

    private ItemReader() {}

    /// What an item is, by its fields.
    static Kind kind(Fields fields) {
        if (fields.has("choices") || fields.has("context_options")) {
            return Kind.CHOICE;
        }
        if (fields.has("first") && fields.has("second")) {
            return Kind.BIAS;
        }
        if (fields.has("answers")) {
            return Kind.EXACT;
        }
        if (fields.has("continuation")) {
            return Kind.CLOZE;
        }
        if (fields.has("text")) {
            return Kind.BITS_PER_BYTE;
        }
        throw new Failure("%s: task: expected one of %s in the first line, or an item with the fields of one, got %s"
                .formatted(fields.place(), Kind.labels(), Fields.shown(fields.line())));
    }

    static Item read(Fields fields, Header header) {
        return switch (header.kind()) {
            case BITS_PER_BYTE -> new Item.Document(fields.text("text"));
            case CHOICE -> choice(fields, header.form().chat());
            case CLOZE ->
                new Item.Cloze(context(fields, "context", header.form().chat()), fields.text("continuation"));
            case EXACT -> new Item.Question(fields.text("query"), fields.texts("answers", 1, MOST_ANSWERS));
            case BIAS -> pair(fields, header.form().chat());
        };
    }

    /// What is said first. A user says something; a text may begin with its continuation.
    private static String context(Fields fields, String field, boolean chat) {
        return chat ? fields.text(field) : fields.textOr(field, "");
    }

    private static Item choice(Fields fields, boolean chat) {
        List<Item.Option> options;
        if (fields.has("context_options")) {
            String continuation = fields.text("continuation");
            options = fields.texts("context_options", 2, MOST_CHOICES).stream()
                    .map(context -> new Item.Option(context, continuation))
                    .toList();
        } else {
            String query = context(fields, "query", chat);
            options = fields.texts("choices", 2, MOST_CHOICES).stream()
                    .map(choice -> new Item.Option(query, choice))
                    .toList();
        }
        return new Item.Choice(options, fields.number("gold", 0, options.size() - 1));
    }

    private static Item pair(Fields fields, boolean chat) {
        String first = fields.text("first");
        String second = fields.text("second");
        if (first.equals(second)) {
            throw fields.wrong("second", "another text than first");
        }
        return new Item.Pair(context(fields, "context", chat), first, second);
    }
}
