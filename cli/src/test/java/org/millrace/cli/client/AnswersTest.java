package org.millrace.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.millrace.cli.client.Answers.Answer;
import org.millrace.cli.client.Answers.Reply;
import org.millrace.cli.runtime.Layout;
import org.millrace.proto.events.v1.Message;
import org.millrace.proto.events.v1.Sampling;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.proto.policy.v1.GenerateResponse;
import org.millrace.proto.policy.v1.GenerateResponse.Finish;
import org.millrace.proto.policy.v1.PolicyServiceGrpc;

/// What a caller hears when the server breaks off, on a true connection.
class AnswersTest {

    private static final GenerateRequest QUESTION =
            Answers.conversation("policy", List.of(Answers.user("why?")), Sampling.getDefaultInstance());

    private final Script script = new Script();
    private final List<String> heard = new ArrayList<>();
    private Server server;
    private Endpoints endpoints;
    private Answers answers;

    @BeforeEach
    void start() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(script)
                .build()
                .start();
        endpoints = new Endpoints(new Layout(Map.of("inference", server.getPort())));
        answers = new Answers(endpoints);
    }

    @AfterEach
    void stop() throws InterruptedException {
        endpoints.close();
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }

    /// As Vert.x says of a message that is too large.
    @Test
    void whatIsTooLargeIsNotAskedAgain() {
        script.breaksOff(Status.RESOURCE_EXHAUSTED);
        script.ends("never asked");

        Reply reply = answers.listen(QUESTION, piece -> heard.add(piece.getContent()));

        assertThat(heard).isEmpty();
        assertThat(reply.end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void aServerThatIsBusyAtFirstIsAskedAgain() {
        script.breaksOff(Status.RESOURCE_EXHAUSTED.withDescription("queue: expected room for 1 answers"));
        script.ends("because");

        Reply reply = answers.listen(QUESTION, piece -> heard.add(piece.getContent()));

        assertThat(heard).containsExactly("because");
        assertThat(reply.end()).isEqualTo(Status.OK);
        assertThat(reply.answer().text()).isEqualTo("because");
        assertThat(script.calls).hasValue(2);
    }

    @Test
    void tokensWithoutTextSayNothingYet() {
        script.breaksOff(Status.UNAVAILABLE, "");
        script.ends("because");

        Reply reply = answers.listen(QUESTION, piece -> heard.add(piece.getContent()));

        assertThat(heard).containsExactly("because");
        assertThat(reply.answer().tokens()).containsExactly(7);
    }

    @Test
    void whatWasHeardIsNotSaidTwiceAndStandsBesideTheFailure() {
        script.breaksOff(Status.UNAVAILABLE, "be", "cau");
        script.ends("because");

        Reply reply = answers.listen(QUESTION, piece -> heard.add(piece.getContent()));

        assertThat(reply.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(reply.answer().said()).containsExactly(message(Message.Role.ROLE_ASSISTANT, "becau"));
        assertThat(heard).containsExactly("be", "cau");
        assertThat(script.calls).hasValue(1);
    }

    /// A typing error must not wait for a server that might still hear of the model; others wait.
    @Test
    void aModelThatIsNotKnownIsToldAtOnceToWhoListens() throws InterruptedException {
        script.breaksOff(Status.NOT_FOUND);
        script.breaksOff(Status.NOT_FOUND);
        script.ends("because");

        Reply reply = answers.listen(QUESTION, piece -> heard.add(piece.getContent()));

        assertThat(reply.end().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(answers.whole(QUESTION).text()).isEqualTo("because");
    }

    @Test
    void anAnswerMayTakeLongerThanEachSilenceInIt() {
        script.pause = Duration.ofMillis(300);
        script.ends("b", "e", "c", "a", "u", "s", "e", " it", " is");

        Reply reply = new Answers(endpoints, Duration.ofSeconds(2)).listen(QUESTION, piece -> {});

        assertThat(reply.end()).isEqualTo(Status.OK);
        assertThat(reply.answer().text()).isEqualTo("because it is");
        assertThat(reply.tokensPerSecond()).isBetween(0.1, 10.0); // 8 tokens in some 2.4 s
    }

    @Test
    void aSilenceThatIsTooLongEndsTheCallAndLeavesWhatWasSaid() throws InterruptedException {
        script.hangs("be", "cau");

        Reply reply = new Answers(endpoints, Duration.ofSeconds(3)).listen(QUESTION, piece -> {});

        assertThat(reply.end().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(reply.end().getDescription()).isEqualTo("nothing came for 3 s");
        assertThat(reply.answer().text()).isEqualTo("becau");
        assertThat(script.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whoIsInterruptedWhileListeningKeepsWhatWasSaidAndTheServerStops() throws Exception {
        script.hangs("be", "cau");
        FutureTask<Reply> listening =
                new FutureTask<>(() -> answers.listen(QUESTION, piece -> heard.add(piece.getContent())));
        Thread thread = Thread.ofPlatform().daemon().start(listening);
        assertThat(script.hanging.await(10, TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        Reply reply = listening.get(10, TimeUnit.SECONDS);
        assertThat(reply.end().getCode()).isEqualTo(Status.Code.CANCELLED);
        assertThat(script.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(reply.answer().text()).isEqualTo(String.join("", heard));
    }

    @Test
    void callsAndResultsAreHeardWhereTheyStand() {
        script.ends("Let me", " see.", "@12*7", "=84", "It is 84.");

        Answer answer =
                answers.listen(QUESTION, piece -> heard.add(piece.getContent())).answer();

        assertThat(heard).containsExactly("Let me", " see.", "12*7", "84", "It is 84.");
        assertThat(answer.text()).isEqualTo("Let me see.It is 84.");
        assertThat(answer.said())
                .containsExactly(
                        message(Message.Role.ROLE_ASSISTANT, "Let me see."),
                        message(Message.Role.ROLE_TOOL_CALL, "12*7"),
                        message(Message.Role.ROLE_TOOL_OUTPUT, "84"),
                        message(Message.Role.ROLE_ASSISTANT, "It is 84."));
    }

    private static Message message(Message.Role role, String content) {
        return Message.newBuilder().setRole(role).setContent(content).build();
    }

    /// Nobody hears these until they are whole, so that trying again repeats nothing.
    @Test
    void manyAnswersAtOnceSurviveAServerThatBreaksOff() throws InterruptedException {
        script.breaksOff(Status.UNAVAILABLE, "be", "cau");
        script.ends("because");

        List<Answer> whole = answers.ask("policy", List.of("why?"), Sampling.getDefaultInstance(), count -> {});

        assertThat(whole).extracting(Answer::text).containsExactly("because");
    }

    @Test
    void whoIsInterruptedDoesNotWaitForTheRest() throws InterruptedException {
        script.hangs();
        FutureTask<List<Answer>> asking = new FutureTask<>(
                () -> answers.ask("policy", List.of("why?"), Sampling.getDefaultInstance(), count -> {}));
        Thread thread = Thread.ofPlatform().daemon().start(asking);
        assertThat(script.hanging.await(10, TimeUnit.SECONDS)).isTrue();

        thread.interrupt();

        assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
        assertThat(asking)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .havingCause()
                .isInstanceOf(InterruptedException.class);
    }

    /// Answers each call as the next line of the script says: `@` before a call, `=` before an output.
    private static final class Script extends PolicyServiceGrpc.PolicyServiceImplBase {

        private record Line(Optional<Status> end, List<String> pieces) {}

        private final CountDownLatch hanging = new CountDownLatch(1);
        private final CountDownLatch cancelled = new CountDownLatch(1);
        private final AtomicInteger calls = new AtomicInteger();
        private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
        private volatile Duration pause = Duration.ZERO;

        void breaksOff(Status status, String... pieces) {
            lines.add(new Line(Optional.of(status), List.of(pieces)));
        }

        /// Says nothing more after the pieces.
        void hangs(String... pieces) {
            lines.add(new Line(Optional.empty(), List.of(pieces)));
        }

        void ends(String... pieces) {
            lines.add(new Line(Optional.of(Status.OK), List.of(pieces)));
        }

        @Override
        public void generate(GenerateRequest request, StreamObserver<GenerateResponse> out) {
            calls.incrementAndGet();
            Line line = lines.remove();
            ((ServerCallStreamObserver<?>) out).setOnCancelHandler(cancelled::countDown);
            for (String piece : line.pieces()) {
                var chunk = GenerateResponse.newBuilder().addTokens(7).setModelVersion(1);
                if (piece.startsWith("@")) {
                    chunk.addCalls(message(Message.Role.ROLE_TOOL_CALL, piece.substring(1)));
                } else if (piece.startsWith("=")) {
                    chunk.addCalls(message(Message.Role.ROLE_TOOL_OUTPUT, piece.substring(1)));
                } else {
                    chunk.setText(piece);
                }
                out.onNext(chunk.build());
                LockSupport.parkNanos(pause.toNanos());
            }
            if (line.end().isEmpty()) {
                hanging.countDown();
            } else if (line.end().get().isOk()) {
                out.onNext(GenerateResponse.newBuilder()
                        .setFinish(Finish.FINISH_STOP)
                        .setModelVersion(1)
                        .build());
                out.onCompleted();
            } else {
                out.onError(line.end().get().asRuntimeException());
            }
        }
    }
}
