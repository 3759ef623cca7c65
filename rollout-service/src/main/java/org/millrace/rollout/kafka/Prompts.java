package org.millrace.rollout.kafka;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.PromptSubmitted;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Sampling;
import org.millrace.rollout.Turn;

/// Reads a prompt from its record. What the prompt must hold, it checks itself.
final class Prompts {

    private Prompts() {}

    static Prompt read(ConsumerRecord<String, byte[]> record) throws BadRecord {
        PromptSubmitted event = Events.read(record, PromptSubmitted.class);
        return new Prompt(
                event.getPromptId(),
                event.getRunId(),
                event.getRound(),
                use(event.getUse()),
                turns(event.getMessagesList()),
                event.getSamples(),
                new Sampling(
                        event.getSampling().getTemperature(),
                        event.getSampling().getTopP(),
                        event.getSampling().getTopK(),
                        event.getSampling().getMaxTokens(),
                        event.getSampling().getSeed()),
                event.getPolicy(),
                event.getReward(),
                event.getReference(),
                event.getPurpose());
    }

    private static Prompt.Use use(PromptSubmitted.Use use) throws BadRecord {
        return switch (use) {
            case USE_COMPARE -> Prompt.Use.COMPARE;
            case USE_TRAIN -> Prompt.Use.TRAIN;
            case USE_UNSPECIFIED, UNRECOGNIZED ->
                throw new BadRecord("use: expected USE_COMPARE or USE_TRAIN, got " + use, null);
        };
    }

    private static List<Turn> turns(List<Message> messages) throws BadRecord {
        List<Turn> turns = new ArrayList<>();
        for (Message message : messages) {
            turns.add(new Turn(role(message.getRole()), message.getContent()));
        }
        return turns;
    }

    private static Turn.Role role(Message.Role role) throws BadRecord {
        return switch (role) {
            case ROLE_SYSTEM -> Turn.Role.SYSTEM;
            case ROLE_USER -> Turn.Role.USER;
            case ROLE_ASSISTANT -> Turn.Role.ASSISTANT;
            case ROLE_TOOL_CALL -> Turn.Role.TOOL_CALL;
            case ROLE_TOOL_OUTPUT -> Turn.Role.TOOL_OUTPUT;
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw new BadRecord("messages.role: expected a role, got " + role, null);
        };
    }
}
