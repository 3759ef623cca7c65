package org.millrace.cli.probe;

import java.util.ArrayList;
import java.util.List;

/// Asks a model each question several times, and judges the answers: one that is wrong once may be bad luck, one that
/// is wrong each time is a fact that the model does not have.
///
/// - **Source:** Llama Team 2024, The Llama 3 Herd of Models, section 4.3.6 (Factuality): generate questions from
///   snippets of the pretraining data, sample answers, score them for being right and for being informative, and
///   have the model refuse where it is consistently informative and wrong. Here the words of the answer are the
///   judge, and not a model.
final class Probing {

    private final Model model;
    private final Judge judge;
    private final int times;
    private final long seed;

    /// @param times each question is asked, at least 1
    Probing(Model model, Judge judge, int times, long seed) {
        this.model = model;
        this.judge = judge;
        this.times = times;
        this.seed = seed;
    }

    /// One finding for each different question, in their order.
    List<Finding> of(List<Question> asked) throws InterruptedException {
        List<Question> questions = Question.merged(asked);
        List<String> texts = questions.stream().map(Question::text).toList();
        List<List<Model.Reply>> rounds = new ArrayList<>();
        for (int round = 0; round < times; round++) {
            rounds.add(model.replies(texts, seed + round));
        }
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            int at = i;
            Question question = questions.get(i);
            List<Model.Reply> answers =
                    rounds.stream().map(round -> round.get(at)).toList();
            findings.add(new Finding(
                    question,
                    answers,
                    answers.stream()
                            .map(answer -> judge.of(question, answer.text()))
                            .toList()));
        }
        return findings;
    }
}
