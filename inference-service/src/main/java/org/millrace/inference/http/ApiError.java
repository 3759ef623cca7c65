package org.millrace.inference.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.inference.NotFinite;
import org.millrace.inference.Overloaded;
import org.millrace.inference.RankingLog;
import org.millrace.inference.Stopped;
import org.millrace.inference.Unserved;

/// A refusal or failure in OpenAI's form.
///
/// @param status of HTTP
/// @param type class of the error, as OpenAI's clients know them
/// @param code for programs; `null`: the type says all
/// @param param the field that is wrong; `null`: none is
public record ApiError(
        int status,
        String type,
        @Nullable String code,
        @Nullable String param,
        String message) {

    private static final String MISTAKE = "invalid_request_error";
    private static final String SERVER = "server_error";

    /// How our messages begin when a field is wrong.
    private static final Pattern FIELD = Pattern.compile("([a-z_]+[A-Za-z0-9_.$\\[\\]]*): .*", Pattern.DOTALL);

    static ApiError mistake(int status, String message) {
        Matcher field = FIELD.matcher(message);
        String param = field.matches() ? field.group(1) : null;
        String code = message.contains(" tokens for a context of ") ? "context_length_exceeded" : null;
        return new ApiError(status, MISTAKE, code, param, message);
    }

    public static ApiError of(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return switch (cause) {
            case IllegalArgumentException mistake -> mistake(400, message);
            case Unserved unserved ->
                switch (unserved.reason()) {
                    case UNKNOWN -> new ApiError(404, MISTAKE, "model_not_found", "model", message);
                    case NOT_YET -> new ApiError(503, SERVER, "model_not_ready", null, message);
                    case DRAINING -> new ApiError(503, SERVER, "draining", null, message);
                    case BROKEN -> new ApiError(503, SERVER, "model_broken", null, message);
                };
            case Overloaded full -> new ApiError(429, "rate_limit_error", "queue_full", null, message);
            case Stopped stopped -> new ApiError(503, SERVER, "stopping", null, message);
            case FeedbackRequest.Forgotten forgotten ->
                new ApiError(404, MISTAKE, "answer_not_kept", forgotten.field(), message);
            case RankingLog.Unpublished unpublished -> new ApiError(503, SERVER, "log_not_reachable", null, message);
            case NotFinite numbers -> new ApiError(500, SERVER, null, null, message);
            case TimeoutException late -> new ApiError(504, SERVER, "timeout", null, message);
            default -> new ApiError(500, SERVER, null, null, "the engine broke: " + message);
        };
    }

    ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.putObject("error")
                .put("message", message)
                .put("type", type)
                .put("param", param)
                .put("code", code);
        return json;
    }
}
