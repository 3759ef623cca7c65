package org.millrace.inference.tool;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.async.ByteArrayFeeder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;

/// Whether text that comes in pieces can still become a call of one of these tools. A model that does not mark its
/// calls may say JSON to the user too, and who waits for that wants to see it.
public final class Prospect {

    private static final JsonFactory JSON = new JsonFactory();

    /// Of a call, whatever their order.
    private static final Set<String> KEYS = Set.of("name", "arguments", "parameters", "type", "id");

    private final Set<String> names;
    private final JsonParser parser;
    private int depth;
    private String key = "";
    private boolean whole;

    public Prospect(Set<String> names) {
        this.names = names;
        try {
            parser = JSON.createNonBlockingByteArrayParser();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// False as soon as what follows cannot make it a call any more.
    public boolean add(String more) {
        return more.codePoints().allMatch(this::add);
    }

    private boolean add(int character) {
        if (whole) {
            return Character.isWhitespace(character);
        }
        byte[] bytes = Character.toString(character).getBytes(UTF_8);
        try {
            ((ByteArrayFeeder) parser.getNonBlockingInputFeeder()).feedInput(bytes, 0, bytes.length);
            JsonToken token = parser.nextToken();
            while (token != JsonToken.NOT_AVAILABLE) {
                if (!fits(token)) {
                    return false;
                }
                token = parser.nextToken();
            }
            return true;
        } catch (IOException e) {
            return false; // it is no JSON
        }
    }

    private boolean fits(JsonToken token) throws IOException {
        boolean fits = depth != 1 || token.isStructEnd() || fitsCall(token);
        if (token.isStructStart()) {
            depth++;
        } else if (token.isStructEnd()) {
            whole = --depth == 0;
        }
        return fits;
    }

    private boolean fitsCall(JsonToken token) throws IOException {
        if (token == JsonToken.FIELD_NAME) {
            key = parser.currentName();
            return KEYS.contains(key);
        }
        return switch (key) {
            case "name" -> token == JsonToken.VALUE_STRING && names.contains(parser.getText());
            case "arguments", "parameters" -> token == JsonToken.START_OBJECT;
            default -> true;
        };
    }
}
