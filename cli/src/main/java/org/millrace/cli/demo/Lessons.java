package org.millrace.cli.demo;

import java.util.ArrayList;
import java.util.List;
import org.millrace.cli.client.Answers;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.Message;
import org.millrace.world.Conversation;
import org.millrace.world.World;

/// The conversations to fine-tune on, as events.
final class Lessons {

    /// Data sets, so that their weights can be set apart.
    static final String QUESTIONS = "questions";

    static final String REFUSALS = "refusals";

    private Lessons() {}

    static List<ConversationSubmitted> conversations(World world, Plan plan, long seed) {
        List<ConversationSubmitted> all = new ArrayList<>();
        add(all, QUESTIONS, world.conversations(seed));
        add(all, REFUSALS, world.refusals(seed, plan.fineTune().refusals()));
        return all;
    }

    private static void add(List<ConversationSubmitted> all, String dataset, List<Conversation> conversations) {
        for (Conversation conversation : conversations) {
            all.add(ConversationSubmitted.newBuilder()
                    .setConversationId(conversation.id())
                    .setDataset(dataset)
                    .addMessages(Answers.user(conversation.question()))
                    .addMessages(Message.newBuilder()
                            .setRole(Message.Role.ROLE_ASSISTANT)
                            .setContent(conversation.answer()))
                    .setSource("millrace demo")
                    .build());
        }
    }
}
