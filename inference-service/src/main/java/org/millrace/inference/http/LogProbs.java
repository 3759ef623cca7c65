package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.millrace.bpe.Tokenizer;
import org.millrace.inference.Drawn;
import org.millrace.inference.Scored;

/// Log-probabilities as OpenAI's API shapes them, and vLLM's those of a prompt.
record LogProbs(Tokenizer tokenizer) {

    private static final HexFormat HEX = HexFormat.of().withPrefix("\\x");

    /// Of a choice of `/v1/chat/completions`.
    ObjectNode chat(Piece piece, int top) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode content = json.putArray("content");
        for (Piece.Token token : spoken(piece)) {
            ObjectNode entry = entry(token.id(), token.logProb());
            if (token.forced()) {
                entry.put("forced", true);
            }
            ArrayNode likeliest = entry.putArray("top_logprobs");
            token.top().stream().limit(top).forEach(one -> likeliest.add(entry(one.token(), one.logProb())));
            content.add(entry);
        }
        return json.putNull("refusal");
    }

    private ObjectNode entry(int id, @Nullable Double logProb) {
        byte[] bytes = tokenizer.bytes(id);
        ObjectNode entry =
                JsonNodeFactory.instance.objectNode().put("token", written(id)).put("logprob", logProb);
        ArrayNode list = entry.putArray("bytes");
        for (byte b : bytes) {
            list.add(Byte.toUnsignedInt(b));
        }
        return entry;
    }

    /// Of a choice of `/v1/completions`.
    ObjectNode completion(Piece piece, int top) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode texts = json.putArray("tokens");
        ArrayNode values = json.putArray("token_logprobs");
        ArrayNode offsets = json.putArray("text_offset");
        ArrayNode tops = top == 0 ? json.putNull("top_logprobs").arrayNode() : json.putArray("top_logprobs");
        for (Piece.Token token : piece.tokens()) { // all: callers count on those of the prompt and those drawn
            texts.add(written(token.id()));
            values.add(token.logProb());
            offsets.add(token.offset());
            if (token.logProb() == null) {
                tops.addNull();
            } else {
                ObjectNode likeliest = tops.addObject();
                token.top().stream().limit(top).forEach(one -> putFirst(likeliest, one.token(), one.logProb()));
                putFirst(likeliest, token.id(), token.logProb());
            }
        }
        return json;
    }

    /// Of those that are written alike the likeliest stays, which comes first.
    private void putFirst(ObjectNode likeliest, int id, double logProb) {
        likeliest.putIfAbsent(written(id), DoubleNode.valueOf(logProb));
    }

    /// Of a prompt's tokens, by id: nothing for the first, before which there is nothing.
    ArrayNode prompt(int[] prompt, List<Scored> scores, int top) {
        ArrayNode json = JsonNodeFactory.instance.arrayNode().addNull();
        for (int i = 0; i < scores.size(); i++) {
            ObjectNode place = json.addObject();
            put(place, prompt[i + 1], scores.get(i).logProb(), scores.get(i).rank());
            int rank = 0;
            for (Drawn.Likely one : scores.get(i).top().stream().limit(top).toList()) {
                rank++;
                if (one.token() != prompt[i + 1]) {
                    put(place, one.token(), one.logProb(), rank);
                }
            }
        }
        return json;
    }

    private void put(ObjectNode place, int id, double logProb, int rank) {
        place.putObject(Integer.toString(id))
                .put("logprob", logProb)
                .put("rank", rank)
                .put("decoded_token", written(id));
    }

    /// Parts of characters as OpenAI has them, `bytes:\xe2`: as text they would all be U+FFFD.
    private String written(int id) {
        return tokenizer.special(id).orElseGet(() -> {
            byte[] bytes = tokenizer.bytes(id);
            String text = new String(bytes, StandardCharsets.UTF_8);
            return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes) ? text : "bytes:" + HEX.formatHex(bytes);
        });
    }

    /// All but tokens of an answer that say nothing, as the one that ends a turn.
    private List<Piece.Token> spoken(Piece piece) {
        return piece.tokens().stream()
                .filter(token ->
                        token.ofPrompt() || tokenizer.special(token.id()).isEmpty())
                .toList();
    }
}
