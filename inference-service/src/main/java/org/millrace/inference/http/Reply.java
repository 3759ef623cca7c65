package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.millrace.inference.Drawn;
import org.millrace.inference.Served;

/// The messages of one reply, as OpenAI's API has them. `system_fingerprint` is `NAME-VERSION` of the model.
///
/// @param id the same in every message
/// @param promptTokens ids that the model saw: those of each prompt once
record Reply(Ask ask, Served served, String id, Instant created, int promptTokens) {

    static Reply to(Ask ask, Served served, int promptTokens) {
        String id = (ask.chat() ? "chatcmpl-" : "cmpl-") + UUID.randomUUID();
        return new Reply(ask, served, id, Instant.now(), promptTokens);
    }

    ObjectNode whole(List<Piece> answers) {
        ObjectNode message = head(ask.chat() ? "chat.completion" : "text_completion");
        ArrayNode choices = message.putArray("choices");
        for (int i = 0; i < answers.size(); i++) {
            Piece answer = answers.get(i);
            ObjectNode choice = choices.addObject().put("index", i);
            if (ask.chat()) {
                choice.putObject("message")
                        .put("role", "assistant")
                        .put("content", answer.text())
                        .putNull("refusal");
            } else {
                choice.put("text", answer.text());
            }
            end(choice, answer);
        }
        int drawn = answers.stream().mapToInt(answer -> answer.tokens().size()).sum();
        message.set("usage", usage(drawn));
        return message;
    }

    /// What comes before the first token of a choice of a chat.
    ObjectNode opening(int index) {
        ObjectNode message = chunk();
        message.putArray("choices")
                .addObject()
                .put("index", index)
                .putNull("finish_reason")
                .putNull("logprobs")
                .putObject("delta")
                .put("role", "assistant")
                .put("content", "");
        return message;
    }

    ObjectNode chunk(int index, Piece piece) {
        ObjectNode message = chunk();
        ObjectNode choice = message.putArray("choices").addObject().put("index", index);
        if (!ask.chat()) {
            choice.put("text", piece.text());
        } else if (piece.text().isEmpty()) {
            choice.putObject("delta");
        } else {
            choice.putObject("delta").put("content", piece.text());
        }
        end(choice, piece);
        return message;
    }

    /// The last message of a stream, where that is asked for.
    ObjectNode usageChunk(int drawn) {
        ObjectNode message = chunk();
        message.putArray("choices");
        message.set("usage", usage(drawn));
        return message;
    }

    private ObjectNode chunk() {
        ObjectNode message = head(ask.chat() ? "chat.completion.chunk" : "text_completion");
        return ask.usage() ? message.putNull("usage") : message;
    }

    private ObjectNode head(String object) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put("object", object)
                .put("created", created.getEpochSecond())
                .put("model", served.name())
                .put("system_fingerprint", served.name() + "-" + served.version());
    }

    private void end(ObjectNode choice, Piece piece) {
        Drawn.Finish finish = piece.finish();
        choice.put(
                "finish_reason",
                finish == null
                        ? null
                        : switch (finish) {
                            case STOP -> "stop";
                            case LENGTH -> "length";
                        });
        if (!ask.logProbs()) {
            choice.putNull("logprobs");
        } else if (ask.chat()) {
            chatLogProbs(choice.putObject("logprobs"), piece);
        } else {
            completionLogProbs(choice.putObject("logprobs"), piece);
        }
    }

    private void chatLogProbs(ObjectNode logProbs, Piece piece) {
        ArrayNode content = logProbs.putArray("content");
        for (Piece.Token token : spoken(piece)) {
            byte[] bytes = served.tokenizer().bytes(token.id());
            ObjectNode entry = content.addObject()
                    .put("token", new String(bytes, StandardCharsets.UTF_8))
                    .put("logprob", token.logProb());
            ArrayNode list = entry.putArray("bytes");
            for (byte b : bytes) {
                list.add(Byte.toUnsignedInt(b));
            }
            entry.putArray("top_logprobs");
        }
        logProbs.putNull("refusal");
    }

    private void completionLogProbs(ObjectNode logProbs, Piece piece) {
        ArrayNode texts = logProbs.putArray("tokens");
        ArrayNode values = logProbs.putArray("token_logprobs");
        ArrayNode offsets = logProbs.putArray("text_offset");
        logProbs.putNull("top_logprobs");
        for (Piece.Token token : spoken(piece)) {
            texts.add(new String(served.tokenizer().bytes(token.id()), StandardCharsets.UTF_8));
            values.add(token.logProb());
            offsets.add(token.offset());
        }
    }

    /// All but tokens that say nothing, as the one that ends a turn.
    private List<Piece.Token> spoken(Piece piece) {
        return piece.tokens().stream()
                .filter(token -> served.tokenizer().special(token.id()).isEmpty())
                .toList();
    }

    private ObjectNode usage(int drawn) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("prompt_tokens", promptTokens)
                .put("completion_tokens", drawn)
                .put("total_tokens", promptTokens + drawn);
    }
}
