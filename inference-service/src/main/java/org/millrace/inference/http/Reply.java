package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.millrace.inference.Drawn;
import org.millrace.inference.Scored;
import org.millrace.inference.Served;

/// The messages of one reply, as OpenAI's API has them. `system_fingerprint` is `NAME-VERSION` of the model.
///
/// @param id the same in every message
/// @param prompts ids that the model saw
record Reply(Ask ask, Served served, String id, Instant created, List<int[]> prompts) {

    /// What a request took.
    ///
    /// @param known ids of prompts that need not be read again
    /// @param drawn ids of all answers
    record Used(int known, int drawn) {}

    static Reply to(Ask ask, Served served, List<int[]> prompts) {
        String id = (ask.chat() ? "chatcmpl-" : "cmpl-") + UUID.randomUUID();
        return new Reply(ask, served, id, Instant.now(), prompts);
    }

    /// @param scores by prompt: of its tokens from the second on, if they were asked for
    ObjectNode whole(List<Piece> answers, Map<Integer, List<Scored>> scores, Used used) {
        ObjectNode message = head(ask.chat() ? "chat.completion" : "text_completion");
        ArrayNode choices = message.putArray("choices");
        for (int i = 0; i < answers.size(); i++) {
            Piece answer = answers.get(i);
            ObjectNode choice = choices.addObject().put("index", i);
            if (ask.chat()) {
                ObjectNode said = choice.putObject("message")
                        .put("role", "assistant")
                        .put(
                                "content",
                                answer.text().isEmpty() && !answer.calls().isEmpty() ? null : answer.text())
                        .putNull("refusal");
                calls(said, answer, false);
            } else {
                choice.put("text", answer.text());
            }
            end(choice, answer);
            int prompt = i / ask.samples();
            ask.logProbs()
                    .prompt()
                    .ifPresent(top -> choice.set(
                            "prompt_logprobs",
                            new LogProbs(served.tokenizer())
                                    .prompt(prompts.get(prompt), scores.getOrDefault(prompt, List.of()), top)));
        }
        message.set("usage", usage(used));
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
        } else {
            ObjectNode delta = choice.putObject("delta");
            if (!piece.text().isEmpty()) {
                delta.put("content", piece.text());
            }
            calls(delta, piece, true);
        }
        end(choice, piece);
        return message;
    }

    /// A call comes whole. In a stream it tells which it is among those of its answer.
    private static void calls(ObjectNode said, Piece piece, boolean streamed) {
        if (piece.calls().isEmpty()) {
            return;
        }
        ArrayNode calls = said.putArray("tool_calls");
        for (Piece.Called called : piece.calls()) {
            ObjectNode call = calls.addObject();
            if (streamed) {
                call.put("index", called.index());
            }
            call.put("id", called.id()).put("type", "function");
            call.putObject("function")
                    .put("name", called.call().name())
                    .put("arguments", called.call().arguments().toString());
        }
    }

    /// The last message of a stream, where that is asked for.
    ObjectNode usageChunk(Used used) {
        ObjectNode message = chunk();
        message.putArray("choices");
        message.set("usage", usage(used));
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
                            case CALL -> "tool_calls";
                        });
        var logProbs = new LogProbs(served.tokenizer());
        if (!ask.logProbs().drawn()) {
            choice.putNull("logprobs");
        } else if (ask.chat()) {
            choice.set("logprobs", logProbs.chat(piece, ask.logProbs().top()));
        } else {
            choice.set("logprobs", logProbs.completion(piece, ask.logProbs().top()));
        }
    }

    private ObjectNode usage(Used used) {
        int read = prompts.stream().mapToInt(prompt -> prompt.length).sum();
        ObjectNode usage = JsonNodeFactory.instance
                .objectNode()
                .put("prompt_tokens", read)
                .put("completion_tokens", used.drawn())
                .put("total_tokens", read + used.drawn());
        usage.putObject("prompt_tokens_details").put("cached_tokens", used.known());
        return usage;
    }
}
