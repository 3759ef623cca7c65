package org.millrace.cli.probe;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.millrace.cli.data.Fingerprint;
import org.millrace.cli.probe.Finding.Knowledge;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.Message;

/// Conversations that follow from findings: where the model makes its answers up, a refusal; where it is right every
/// time, its own answer, so that it does not learn to refuse everything. From an answer that was cut off it would
/// learn to end in the middle: where all were, there is no lesson.
///
/// @param model who was asked, and whom they are for
/// @param refusals what it is to say; drawn from by the question's hash
/// @param madeUp data set of the refusals
/// @param known data set of the right answers
record Lessons(String model, List<String> refusals, String madeUp, String known) {

    Lessons {
        refusals = List.copyOf(refusals);
    }

    List<ConversationSubmitted> from(List<Finding> findings) {
        List<ConversationSubmitted> lessons = new ArrayList<>();
        for (Finding finding : findings) {
            if (finding.knowledge() == Knowledge.MADE_UP) {
                lessons.add(lesson(finding, madeUp, refusal(finding.question())));
            } else if (finding.knowledge() == Knowledge.KNOWN) {
                finding.answers().stream()
                        .filter(Model.Reply::whole)
                        .findFirst()
                        .ifPresent(right ->
                                lessons.add(lesson(finding, known, right.text().strip())));
            }
        }
        return lessons;
    }

    private String refusal(Question question) {
        return refusals.get((int) Long.remainderUnsigned(Fingerprint.of(question.text()), refusals.size()));
    }

    /// The same question has the same id in a data set, whenever it is asked.
    private ConversationSubmitted lesson(Finding finding, String dataset, String answer) {
        String question = finding.question().text();
        return ConversationSubmitted.newBuilder()
                .setConversationId(dataset + "/" + HexFormat.of().toHexDigits(Fingerprint.of(model + "\n" + question)))
                .setDataset(dataset)
                .addMessages(message(Message.Role.ROLE_USER, question))
                .addMessages(message(Message.Role.ROLE_ASSISTANT, answer))
                .setSource("millrace data probe, " + finding.question().source())
                .build();
    }

    private static Message message(Message.Role role, String text) {
        return Message.newBuilder().setRole(role).setContent(text).build();
    }
}
