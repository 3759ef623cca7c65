package org.millrace.cli.chat;

import io.grpc.Status;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.millrace.cli.chat.Asker.End;
import org.millrace.cli.chat.Asker.Interrupted;
import org.millrace.cli.chat.Asker.Line;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.client.Answers.Reply;
import org.millrace.cli.report.PlainText;

/// Questions and answers in turn, until nobody asks any more.
public final class Dialogue {

    private static final String FENCE = "\"\"\"";

    private final Session session;
    private final Answers answers;
    private final Asker asker;
    private boolean failed;
    private boolean leaving;

    public Dialogue(Session session, Answers answers, Asker asker) {
        this.session = session;
        this.answers = answers;
        this.asker = asker;
    }

    /// @return whether every question got its answer, and every command was done
    /// @throws InterruptedException if who asks leaves by Ctrl-C, twice in empty lines
    public boolean hold() throws InterruptedException {
        String begun = ""; // of a question of several lines
        while (true) {
            switch (asker.next(!begun.isEmpty())) {
                case End() -> {
                    if (!begun.isEmpty()) {
                        fails("(the question has no %s at its end)".formatted(FENCE));
                    }
                    return !failed;
                }
                case Interrupted(var dropped) -> {
                    interrupted(begun.isEmpty() && dropped.isEmpty());
                    begun = "";
                }
                case Line(var line) -> {
                    leaving = false;
                    String text = begun.isEmpty() ? line.strip() : begun + "\n" + line;
                    begun = goesOn(text) ? text : "";
                    if (begun.isEmpty() && !take(text)) {
                        return !failed;
                    }
                }
            }
        }
    }

    private void interrupted(boolean idle) throws InterruptedException {
        if (leaving && idle) {
            throw new InterruptedException("left by Ctrl-C");
        }
        leaving = idle;
        if (idle) {
            asker.told("(Ctrl-C again leaves, and so does Ctrl-D)");
        }
    }

    private static boolean goesOn(String text) {
        return text.equals(FENCE) || (isFenced(text) && !text.stripTrailing().endsWith("\n" + FENCE));
    }

    private static boolean isFenced(String text) {
        return text.startsWith(FENCE + "\n");
    }

    /// @return whether the dialogue goes on
    private boolean take(String text) {
        if (isFenced(text)) {
            List<String> lines = text.stripTrailing().lines().toList();
            ask(String.join("\n", lines.subList(1, lines.size() - 1)));
        } else if (text.equals("/exit") || text.equals("/quit")) {
            return false;
        } else if (text.equals("/regenerate")) {
            session.again().ifPresentOrElse(this::ask, () -> asker.told("(nothing was asked)"));
        } else if (text.startsWith("/")) {
            command(text);
        } else {
            ask(text);
        }
        return true;
    }

    private void command(String line) {
        try {
            asker.told(session.command(line));
        } catch (IllegalArgumentException e) {
            fails(String.valueOf(e.getMessage()));
        }
    }

    private void ask(String question) {
        if (question.isBlank()) {
            return;
        }
        asker.begins();
        Reply reply = reply(question);
        Answer answer = reply.answer();
        session.answered(question, answer);
        if (!answer.tokens().isEmpty()) {
            asker.ended(figures(reply));
        }
        Status end = reply.end();
        if (end.getCode() == Status.Code.CANCELLED) {
            fails("(stopped)");
        } else if (!end.isOk()) {
            String why = end.getDescription();
            fails(
                    why == null
                            ? "(%s)".formatted(end.getCode())
                            : "(%s: %s)".formatted(end.getCode(), PlainText.line(why)));
        } else if (!answer.stopped()) {
            asker.told(cutOff(answer));
        }
    }

    /// With as much of what was said before as the model has room for.
    private Reply reply(String question) {
        while (true) {
            Reply reply = answers.listen(session.ask(question), asker::hears);
            Optional<String> told = isTooLong(reply.end()) ? session.forgetOldest() : Optional.empty();
            if (told.isEmpty()) {
                return reply;
            }
            if (!told.get().isEmpty()) {
                asker.told(told.get());
                asker.begins();
            }
        }
    }

    /// Whether the server has no room for the prompt.
    static boolean isTooLong(Status status) {
        return status.getCode() == Status.Code.INVALID_ARGUMENT
                && String.valueOf(status.getDescription()).startsWith("prompt: expected at most");
    }

    private void fails(String why) {
        failed = true;
        asker.told(why);
    }

    private String cutOff(Answer answer) {
        int tokens = answer.tokens().size();
        return tokens == session.maxTokens()
                ? "(cut off at %d tokens; /max-tokens)".formatted(tokens)
                : "(cut off at %d tokens: the model's context is full)".formatted(tokens);
    }

    private static String figures(Reply reply) {
        int tokens = reply.answer().tokens().size();
        double rate = reply.tokensPerSecond();
        return "[version %d · %d token%s%s]"
                .formatted(
                        reply.answer().modelVersion(),
                        tokens,
                        tokens == 1 ? "" : "s",
                        rate == 0
                                ? ""
                                : String.format(
                                        Locale.ROOT, rate < 10 ? " · %.1f tokens/s" : " · %.0f tokens/s", rate));
    }
}
