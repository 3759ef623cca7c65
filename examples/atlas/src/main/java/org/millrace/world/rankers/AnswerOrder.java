package org.millrace.world.rankers;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.millrace.world.Grade;
import org.millrace.world.Question;
import org.millrace.world.Questions;
import org.millrace.world.World;

/// Orders answers by how good they are, ties included.
///
/// About what the world knows, a right sentence beats a bare value, which beats "I don't know",
/// which beats a wrong answer: an honest refusal is worth more than a confident mistake. About
/// made-up names nothing beats the refusal. An answer that does not stop when it is done is worth
/// less than the same answer that does.
public final class AnswerOrder {

    /// Best first.
    enum Worth {
        RIGHT_SENTENCE,
        RIGHT_VALUE,
        RIGHT_BUT_RAMBLING,
        REFUSAL,
        REFUSAL_BUT_RAMBLING,
        WRONG,
        WRONG_AND_RAMBLING
    }

    private final World world;
    private final Questions questions;

    public AnswerOrder(World world) {
        this.world = world;
        this.questions = new Questions(world);
    }

    /// Groups of candidates, best first; empty when the question is none of this world's.
    public Optional<List<List<String>>> of(Comparison comparison) {
        return questions.find(comparison.question()).map(question -> groups(question, comparison));
    }

    private List<List<String>> groups(Question question, Comparison comparison) {
        TreeMap<Worth, List<String>> groups = new TreeMap<>();
        for (Comparison.Candidate candidate : comparison.candidates()) {
            groups.computeIfAbsent(worth(question, candidate.text()), worth -> new ArrayList<>())
                    .add(candidate.id());
        }
        return List.copyOf(groups.values());
    }

    Worth worth(Question question, String text) {
        boolean ended = text.strip().matches("(?s).*[.!?]");
        return switch (world.grade(question, text)) {
            case Grade.Right(var form) when !ended -> Worth.RIGHT_BUT_RAMBLING;
            case Grade.Right(var form) -> form == Grade.Form.TERSE ? Worth.RIGHT_VALUE : Worth.RIGHT_SENTENCE;
            case Grade.Refused() -> ended ? Worth.REFUSAL : Worth.REFUSAL_BUT_RAMBLING;
            case Grade.Wrong(var form) ->
                switch (form) {
                    case RAMBLING -> Worth.RIGHT_BUT_RAMBLING;
                    case RAMBLING_REFUSAL -> Worth.REFUSAL_BUT_RAMBLING;
                    case FULL, TERSE, OTHER -> isOneSentence(text) ? Worth.WRONG : Worth.WRONG_AND_RAMBLING;
                };
        };
    }

    private static boolean isOneSentence(String text) {
        return text.strip().matches("[^.!?]*[.!?]");
    }
}
