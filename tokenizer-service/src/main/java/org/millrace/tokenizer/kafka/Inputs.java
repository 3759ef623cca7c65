package org.millrace.tokenizer.kafka;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.events.BadRecord;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ConversationSubmitted;
import org.millrace.proto.events.v1.DocumentCleaned;
import org.millrace.proto.events.v1.Message;
import org.millrace.tokenizer.Conversation;
import org.millrace.tokenizer.Document;

/// Reads the records that become sequences.
final class Inputs {

    static final String DOCUMENTS = Events.topicName(DocumentCleaned.class);
    static final String CONVERSATIONS = Events.topicName(ConversationSubmitted.class);
    static final List<String> TOPICS = List.of(DOCUMENTS, CONVERSATIONS);

    private Inputs() {}

    static Document document(ConsumerRecord<String, byte[]> record) throws BadRecord {
        DocumentCleaned event = Events.read(record, DocumentCleaned.class);
        try {
            return new Document(event.getDocumentId(), event.getUrl(), event.getReplacesUrl(), event.getText());
        } catch (IllegalArgumentException e) {
            throw bad(e);
        }
    }

    static Conversation conversation(ConsumerRecord<String, byte[]> record) throws BadRecord {
        ConversationSubmitted event = Events.read(record, ConversationSubmitted.class);
        List<Turn> turns = new ArrayList<>();
        for (Message message : event.getMessagesList()) {
            turns.add(new Turn(role(turns.size(), message), message.getContent()));
        }
        try {
            return new Conversation(event.getConversationId(), event.getDataset(), turns);
        } catch (IllegalArgumentException e) {
            throw bad(e);
        }
    }

    private static Role role(int at, Message message) throws BadRecord {
        return switch (message.getRole()) {
            case ROLE_SYSTEM -> Role.SYSTEM;
            case ROLE_USER -> Role.USER;
            case ROLE_ASSISTANT -> Role.ASSISTANT;
            case ROLE_TOOL_CALL -> Role.TOOL_CALL;
            case ROLE_TOOL_OUTPUT -> Role.TOOL_OUTPUT;
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw new BadRecord(
                        "messages[%d].role: expected a role, got number %d".formatted(at, message.getRoleValue()));
        };
    }

    static BadRecord bad(IllegalArgumentException e) {
        return new BadRecord(String.valueOf(e.getMessage()), e);
    }
}
