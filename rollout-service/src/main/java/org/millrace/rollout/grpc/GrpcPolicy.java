package org.millrace.rollout.grpc;

import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.Conversation;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;
import org.millrace.rollout.Answers;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.Policy;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Turn;

/// Asks a policy server for samples and waits until the last of them is whole.
public final class GrpcPolicy implements Policy {

    private static final String SERVER = "policy";

    private final PolicyServiceGrpc.PolicyServiceBlockingStub stub;
    private final Duration deadline;

    public GrpcPolicy(Channel channel, Duration deadline) {
        this.stub = PolicyServiceGrpc.newBlockingStub(channel);
        this.deadline = deadline;
    }

    @Override
    public Answers generate(Prompt prompt) throws CallFailed, InterruptedException {
        // A stream that nobody reads to its end would go on drawing tokens: leaving here ends it.
        try (Context.CancellableContext call = Context.current().withCancellation()) {
            Context outer = call.attach();
            try {
                return read(prompt);
            } catch (StatusRuntimeException e) {
                throw Failures.explain(SERVER, e);
            } finally {
                call.detach(outer);
            }
        }
    }

    private Answers read(Prompt prompt) throws CallFailed {
        Iterator<GenerateResponse> chunks = stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .generate(request(prompt));
        SampleStream samples = new SampleStream(prompt.samples());
        while (chunks.hasNext()) {
            samples.add(chunks.next());
        }
        return samples.whole();
    }

    private static GenerateRequest request(Prompt prompt) {
        Conversation.Builder conversation = Conversation.newBuilder();
        for (Turn turn : prompt.turns()) {
            conversation.addMessages(
                    Message.newBuilder().setRole(role(turn.role())).setContent(turn.text()));
        }
        org.millrace.rollout.Sampling sampling = prompt.sampling();
        return GenerateRequest.newBuilder()
                .setModel(prompt.policy())
                .setConversation(conversation)
                .setSampling(Sampling.newBuilder()
                        .setTemperature(sampling.temperature())
                        .setTopP(sampling.topP())
                        .setTopK(sampling.topK())
                        .setMaxTokens(sampling.maxTokens())
                        .setSeed(sampling.seed()))
                .setSamples(prompt.samples())
                .setPriority(GenerateRequest.Priority.PRIORITY_ROLLOUT)
                .setWhole(true)
                .build();
    }

    private static Message.Role role(Turn.Role role) {
        return switch (role) {
            case SYSTEM -> Message.Role.ROLE_SYSTEM;
            case USER -> Message.Role.ROLE_USER;
            case ASSISTANT -> Message.Role.ROLE_ASSISTANT;
            case TOOL_CALL -> Message.Role.ROLE_TOOL_CALL;
            case TOOL_OUTPUT -> Message.Role.ROLE_TOOL_OUTPUT;
        };
    }
}
