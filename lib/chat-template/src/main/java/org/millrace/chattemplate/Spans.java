package org.millrace.chattemplate;

import java.util.ArrayList;
import java.util.List;
import org.millrace.bpe.Passage;
import org.millrace.chattemplate.Part.Origin;

/// Finds what a model is to learn of a rendered conversation: all that it will have to say itself. That is each
/// answer, what the template puts between the opening of the turn and the answer, within the answer, and behind
/// it up to the token that ends the turn.
///
/// ```text
/// <|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n<think>…</think>\n\nSo.<|im_end|>\n
///                                  └──────── opening ─────┘└────────── learned ──────────┘
/// ```
///
/// @param opening of an assistant's turn; empty if a template has none, and then nothing before an answer is learned
/// @param end of an assistant's turn; if a template leaves it out behind an answer, nothing behind it is learned
record Spans(String opening, String end) {

    List<Passage> passages(List<Part> parts) {
        List<Passage> passages = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            Part part = parts.get(i);
            switch (part.origin()) {
                case ANSWER -> passages.add(new Passage(part.text(), false, true));
                case OTHER -> passages.add(new Passage(part.text(), false, false));
                case TEMPLATE -> add(part.text(), isAnswer(parts, i - 1), isAnswer(parts, i + 1), passages);
            }
        }
        return passages;
    }

    private static boolean isAnswer(List<Part> parts, int i) {
        return i >= 0 && i < parts.size() && parts.get(i).origin() == Origin.ANSWER;
    }

    private void add(String text, boolean isBehindAnswer, boolean isBeforeAnswer, List<Passage> passages) {
        int found = isBehindAnswer ? text.indexOf(end) : -1;
        if (isBehindAnswer && isBeforeAnswer && found < 0) {
            passages.add(new Passage(text, true, true)); // within a turn
            return;
        }
        int closed = found < 0 ? 0 : found + end.length();
        int open = isBeforeAnswer ? Math.max(closed, opened(text)) : text.length();
        passages.add(new Passage(text.substring(0, closed), true, true));
        passages.add(new Passage(text.substring(closed, open), true, false));
        passages.add(new Passage(text.substring(open), true, true));
    }

    /// Where the opening ends.
    private int opened(String text) {
        int last = opening.isEmpty() ? -1 : text.lastIndexOf(opening);
        return last < 0 ? text.length() : last + opening.length();
    }
}
