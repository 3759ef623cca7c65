package org.millrace.cli.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.runtime.Layout;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;

class ServedTest {

    private static final List<String> QUESTIONS = List.of("why?", "too long", "how?");

    private Server server;
    private Endpoints endpoints;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Small())
                .build()
                .start();
        endpoints = new Endpoints(new Layout(Map.of("inference", server.getPort())));
    }

    @AfterEach
    void stop() throws InterruptedException {
        endpoints.close();
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    /// Of thousands of pages one is too long: the others count.
    @Test
    void aPageThatIsTooLongForTheWriterIsPassedOver() throws InterruptedException {
        assertThat(model(true).replies(QUESTIONS, 1))
                .containsExactly(
                        new Model.Reply("WHY? 64", true), new Model.Reply("", false), new Model.Reply("HOW? 64", true));
    }

    /// Silence would be a refusal.
    @Test
    void aQuestionThatIsTooLongIsAnError() {
        Model model = model(false);

        StatusRuntimeException failure =
                catchThrowableOfType(StatusRuntimeException.class, () -> model.replies(QUESTIONS, 1));

        assertThat(failure.getStatus().getDescription()).startsWith("prompt: expected at most 63 tokens");
    }

    private Model model(boolean passOver) {
        return new Served(new Answers(endpoints, Duration.ofSeconds(10)), "small", 0, OptionalInt.of(64), passOver);
    }

    private static final class Small extends PolicyServiceGrpc.PolicyServiceImplBase {

        @Override
        public void generate(GenerateRequest request, StreamObserver<GenerateResponse> out) {
            String question = request.getConversation().getMessages(0).getContent();
            int longest = request.getSampling().getMaxTokens();
            if (question.equals("too long")) {
                out.onError(Status.INVALID_ARGUMENT
                        .withDescription("prompt: expected at most 63 tokens for a context of 64, got 70")
                        .asRuntimeException());
                return;
            }
            out.onNext(GenerateResponse.newBuilder()
                    .setText(question.toUpperCase(java.util.Locale.ROOT) + " " + longest)
                    .setFinish(Finish.FINISH_STOP)
                    .build());
            out.onCompleted();
        }
    }
}
