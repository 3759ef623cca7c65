package org.millrace.inference.http;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.millrace.bpe.Turn;
import org.millrace.inference.Answered;
import org.millrace.inference.Drawn;
import org.millrace.inference.RecentAnswers;

/// Keeps the answers of a reply, as soon as all are whole: one that its caller stopped is not the model's answer.
final class Recording implements Witness {

    private final Reply reply;
    private final List<Turn> turns;
    private final int[] prompt;
    private final RecentAnswers kept;
    private final List<StringBuilder> texts = new ArrayList<>();
    private final List<List<Integer>> tokens = new ArrayList<>();

    /// @param turns the conversation that is asked for an answer
    /// @param prompt the ids that it became
    Recording(Reply reply, List<Turn> turns, int[] prompt, RecentAnswers kept) {
        this.reply = reply;
        this.turns = turns;
        this.prompt = prompt;
        this.kept = kept;
        for (int i = 0; i < reply.ask().choices(); i++) {
            texts.add(new StringBuilder());
            tokens.add(new ArrayList<>());
        }
    }

    @Override
    public void drawn(int choice, Drawn token) {
        texts.get(choice).append(token.text());
        tokens.get(choice).add(token.token());
    }

    @Override
    public void end() {
        List<Answered.Choice> choices = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            choices.add(new Answered.Choice(texts.get(i).toString(), tokens.get(i)));
        }
        kept.keep(new Answered(
                reply.id(),
                reply.created(),
                reply.served().publication(),
                turns,
                Arrays.stream(prompt).boxed().toList(),
                choices));
    }
}
