package org.millrace.inference.grpc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.millrace.bpe.Role;
import org.millrace.bpe.Turn;
import org.millrace.inference.Generation;
import org.millrace.inference.Prompts;
import org.millrace.inference.Sampling;
import org.millrace.inference.Scoring;
import org.millrace.inference.Served;
import org.millrace.inference.Unsuited;
import org.millrace.inference.http.RequestMetrics;
import org.millrace.inference.http.RequestMetrics.Watch;
import org.millrace.inference.schema.Grammar;
import org.millrace.inference.tool.ToolRequest;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.ScoreRequest;

/// Turns requests into what the engine takes. Each `IllegalArgumentException` and [Unsuited] names field, expectation
/// and value.
public final class PolicyRequests {

    /// Answers to one request: they fit into the smallest queue.
    public static final int MAX_SAMPLES = 64;

    public static final int MAX_STOPS = 16;

    /// Biased ids of one request.
    public static final int MAX_BIASES = 1024;

    private PolicyRequests() {}

    /// What the engine takes, and who follows it.
    static Watch watch(GenerateRequest request, Served served, RequestMetrics metrics, Generation.Listener listener) {
        within("samples", request.getSamples(), 0, MAX_SAMPLES);
        Watch watch = metrics.watch(served, Math.max(1, request.getSamples()), listener);
        watch.follow(generation(request, served, watch));
        return watch;
    }

    private static Generation generation(GenerateRequest request, Served served, Generation.Listener listener) {
        int context = served.config().context();
        within("stop", request.getStopCount(), 0, MAX_STOPS);
        int maxTokens = request.getSampling().getMaxTokens();
        within("sampling.max_tokens", maxTokens, 0, context);
        Optional<Grammar> schema = grammar(request);
        ToolRequest tools = PolicyTools.of(request);
        int[] prompt = tools.opened(prompt(request, tools, served), served.tokenizer());
        Prompts.checkFits("prompt", prompt, context);
        within("stop_ids", request.getStopIdsCount(), 0, MAX_STOPS);
        within("logit_bias", request.getLogitBiasCount(), 0, MAX_BIASES);
        return new Generation(
                prompt,
                sampling(request),
                Math.max(1, request.getSamples()),
                new Generation.Ending(
                        maxTokens == 0 ? context : maxTokens,
                        request.getIgnoreEnd(),
                        request.getStopList(),
                        stopIds("stop_ids", request.getStopIdsList(), served)),
                new Generation.Extras(request.getTopLogProbs(), request.getPromptLogProbs()),
                priority(request.getPriority(), served),
                schema.or(() -> tools.grammar(served.tokenizer())).orElse(null),
                tools.toolbox(served.tokenizer(), request.hasConversation() && schema.isEmpty()),
                listener);
    }

    private static Optional<Grammar> grammar(GenerateRequest request) {
        if (request.getJsonSchema().isEmpty()) {
            return Optional.empty();
        }
        if (request.getIgnoreEnd()) {
            throw new IllegalArgumentException("ignore_end: expected false with json_schema, got true");
        }
        return Optional.of(Grammar.parse(request.getJsonSchema(), "json_schema"));
    }

    static Scoring scoring(ScoreRequest request, Served served) {
        int context = served.config().context();
        within("continuations", request.getContinuationsCount(), 1, MAX_SAMPLES);
        int[] prompt = Prompts.ids("prompt_tokens", request.getPromptTokensList(), served);
        List<int[]> continuations = new ArrayList<>();
        for (int i = 0; i < request.getContinuationsCount(); i++) {
            String field = "continuations[%d].tokens".formatted(i);
            int[] ids = Prompts.ids(field, request.getContinuations(i).getTokensList(), served);
            if (prompt.length + ids.length > context) {
                throw new IllegalArgumentException("%s: expected at most %d for a context of %d behind %d, got %d"
                        .formatted(field, Math.max(0, context - prompt.length), context, prompt.length, ids.length));
            }
            continuations.add(ids);
        }
        return new Scoring(prompt, continuations, request.getTemperature() == 0 ? 1 : request.getTemperature());
    }

    private static Sampling sampling(GenerateRequest request) {
        org.millrace.proto.events.v1.Sampling wire = request.getSampling();
        var penalties = new Sampling.Penalties(
                request.getRepetitionPenalty() == 0 ? 1 : request.getRepetitionPenalty(),
                request.getPresencePenalty(),
                request.getFrequencyPenalty());
        return asField(
                PolicyRequests::samplingField,
                () -> new Sampling(
                        wire.getTemperature(),
                        wire.getTopK(),
                        wire.getTopP() == 0 ? 1 : wire.getTopP(),
                        request.getMinP(),
                        penalties,
                        request.getLogitBiasMap(),
                        wire.getSeed() == 0 ? ThreadLocalRandom.current().nextLong() : wire.getSeed()));
    }

    /// Some are fields of the request itself: the message that events share does not have them.
    private static String samplingField(String name) {
        return name.startsWith("min_p:") || name.startsWith("logit_bias[") ? name : "sampling." + name;
    }

    private static Generation.Priority priority(GenerateRequest.Priority priority, Served served) {
        return switch (priority) {
            case PRIORITY_UNSPECIFIED, PRIORITY_USER -> Generation.Priority.USER;
            case PRIORITY_ROLLOUT -> {
                if (served.precision().isCoded()) {
                    throw new Unsuited(
                            "priority: expected PRIORITY_USER, as %s is served with weights in %s and training needs them as they were trained, got PRIORITY_ROLLOUT"
                                    .formatted(served.name(), served.precision().label()));
                }
                yield Generation.Priority.ROLLOUT;
            }
            case UNRECOGNIZED ->
                throw new IllegalArgumentException(
                        "priority: expected PRIORITY_USER or PRIORITY_ROLLOUT, got " + priority);
        };
    }

    public static Set<Integer> stopIds(String field, List<Integer> ids, Served served) {
        return ids.isEmpty()
                ? Set.of()
                : Arrays.stream(Prompts.ids(field, ids, served)).boxed().collect(Collectors.toSet());
    }

    private static int[] prompt(GenerateRequest request, ToolRequest tools, Served served) {
        return switch (request.getPromptCase()) {
            case CONVERSATION -> chat(request.getConversation(), tools, served);
            case TEXT -> Prompts.text("text", request.getText(), served);
            case TOKENS -> Prompts.ids("tokens.ids", request.getTokens().getIdsList(), served);
            case PROMPT_NOT_SET ->
                throw new IllegalArgumentException("prompt: expected conversation, text or tokens, got none");
        };
    }

    private static int[] chat(Conversation conversation, ToolRequest tools, Served served) {
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < conversation.getMessagesCount(); i++) {
            Message message = conversation.getMessages(i);
            turns.add(new Turn(role(message.getRole(), i), message.getContent()));
        }
        return asField(
                name -> name.replaceFirst("^turns", "conversation.messages").replaceFirst("]\\.text:", "].content:"),
                () -> Prompts.chat(turns, tools.declarations(), served));
    }

    private static Role role(Message.Role role, int index) {
        return switch (role) {
            case ROLE_SYSTEM -> Role.SYSTEM;
            case ROLE_USER -> Role.USER;
            case ROLE_ASSISTANT -> Role.ASSISTANT;
            case ROLE_TOOL_CALL -> Role.TOOL_CALL;
            case ROLE_TOOL_OUTPUT -> Role.TOOL_OUTPUT;
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw new IllegalArgumentException(
                        "conversation.messages[%d].role: expected a role, got %s".formatted(index, role));
        };
    }

    public static void within(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: expected %d to %d, got %d".formatted(field, least, most, value));
        }
    }

    /// What a caller wrote, as far as a refusal repeats it: those travel in headers, which are short.
    public static String shown(Object value) {
        String text = value.toString();
        return text.length() > MOST_SHOWN ? text.substring(0, MOST_SHOWN) + "…" : text;
    }

    private static final int MOST_SHOWN = 60;

    /// The domain names a value; the caller knows it as a field of a message.
    public static <T> T asField(UnaryOperator<String> field, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field.apply(String.valueOf(e.getMessage())), e);
        }
    }
}
