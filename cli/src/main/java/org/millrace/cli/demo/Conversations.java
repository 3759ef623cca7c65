package org.millrace.cli.demo;

import java.util.List;
import org.millrace.cli.client.Answers;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.Message;
import org.millrace.world.World;

/// The conversations to fine-tune on, as events. Each data set has a name, so that its weight can be set apart.
final class Conversations {

    /// About entities that the exams do not ask about.
    static final String QUESTIONS = "questions";

    /// Refusals, where the model made its answers up.
    static final String MADE_UP = "made-up";

    /// The model's own right answers.
    static final String KNOWN = "known";

    private Conversations() {}

    static List<ConversationSubmitted> questions(World world, long seed) {
        return world.conversations(seed).stream()
                .map(conversation -> ConversationSubmitted.newBuilder()
                        .setConversationId(conversation.id())
                        .setDataset(QUESTIONS)
                        .addMessages(Answers.user(conversation.question()))
                        .addMessages(Message.newBuilder()
                                .setRole(Message.Role.ROLE_ASSISTANT)
                                .setContent(conversation.answer()))
                        .setSource("millrace demo")
                        .build())
                .toList();
    }
}
