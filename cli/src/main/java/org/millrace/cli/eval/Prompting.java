package org.millrace.cli.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.bpe.Role;
import org.millrace.bpe.Tokenizer;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.cli.eval.task.Form;
import org.millrace.cli.eval.task.Item;

/// How the items of a task become ids, with examples before them: as plain text, or as turns of a conversation.
///
/// Plain text is `context delimiter answer separator … context delimiter continuation`, begun as the server begins
/// a text. White space at the end of a context is dropped; an empty context has no delimiter. What the model sees
/// before a continuation ends without white space: that belongs to the continuation, as it does in tokens.
record Prompting(Tokenizer tokenizer, ChatFormat chat, int begin, Form form) {

    /// What a model sees: examples, and what it is asked.
    record Prompt(List<Item> examples, String context) {}

    int[] context(Prompt prompt) {
        if (form.chat()) {
            return chat.prompt(turns(prompt));
        }
        String text = text(prompt);
        return ids(prompt.context().isEmpty() ? text : text.stripTrailing());
    }

    /// The prompt and what follows it.
    int[] whole(Prompt prompt, String continuation) {
        if (!form.chat()) {
            return ids(text(prompt) + continuation);
        }
        int[] before = chat.prompt(turns(prompt));
        int[] answer = tokenizer.encode(continuation); // a turn's text begins behind a token of its own
        int[] whole = Arrays.copyOf(before, before.length + answer.length);
        System.arraycopy(answer, 0, whole, before.length, answer.length);
        return whole;
    }

    private int[] ids(String text) {
        int[] encoded = tokenizer.encode(text);
        int[] ids = new int[encoded.length + 1];
        ids[0] = begin;
        System.arraycopy(encoded, 0, ids, 1, encoded.length);
        return ids;
    }

    private String text(Prompt prompt) {
        StringBuilder text = new StringBuilder();
        for (Item example : prompt.examples()) {
            Item.Option shown = shown(example);
            text.append(beginning(shown.context())).append(shown.continuation()).append(form.separator());
        }
        return text.append(beginning(prompt.context())).toString();
    }

    private String beginning(String context) {
        return context.isEmpty() ? "" : context.stripTrailing() + form.delimiter();
    }

    private static List<Turn> turns(Prompt prompt) {
        List<Turn> turns = new ArrayList<>();
        for (Item example : prompt.examples()) {
            Item.Option shown = shown(example);
            turns.add(new Turn(Role.USER, shown.context()));
            turns.add(new Turn(Role.ASSISTANT, shown.continuation()));
        }
        turns.add(new Turn(Role.USER, prompt.context()));
        return turns;
    }

    /// An item with its answer.
    private static Item.Option shown(Item item) {
        return switch (item) {
            case Item.Choice choice -> choice.right();
            case Item.Cloze cloze -> new Item.Option(cloze.context(), cloze.continuation());
            case Item.Question question ->
                new Item.Option(question.query(), question.answers().getFirst());
            case Item.Document document -> new Item.Option("", document.text());
            case Item.Pair pair -> new Item.Option(pair.context(), pair.first());
        };
    }
}
