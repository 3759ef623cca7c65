package org.millrace.rollout.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.millrace.proto.policy.v1.GenerateRequest;
import org.millrace.rollout.Answers;
import org.millrace.rollout.CallFailed;
import org.millrace.rollout.CallFailed.Blame;
import org.millrace.rollout.Prompt;
import org.millrace.rollout.Sample;
import org.millrace.rollout.Sampling;
import org.millrace.rollout.Scores;
import org.millrace.rollout.Telemetry;
import org.millrace.rollout.TokenizerVersion;
import org.millrace.rollout.Turn;

class GrpcPolicyTest {

    private FakeServers servers;
    private ManagedChannel channel;
    private GrpcPolicy policy;
    private GrpcRewards rewards;

    @BeforeEach
    void start() throws IOException {
        servers = FakeServers.start();
        channel = Channels.open(servers.target(), OpenTelemetry.noop(), Telemetry.SETTINGS);
        policy = new GrpcPolicy(channel, Duration.ofSeconds(5));
        rewards = new GrpcRewards(channel, Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() throws InterruptedException {
        Channels.close(channel);
        servers.close();
    }

    @Test
    void putsTheChunksOfEachSampleTogether() throws Exception {
        Answers answers = policy.generate(prompt("why?", 2));

        assertThat(answers.model()).isEqualTo("policy");
        assertThat(answers.promptTokens()).containsExactly(1, 2);
        assertThat(answers.tokenizer()).isEqualTo(new TokenizerVersion("words", 2));
        assertThat(answers.samples()).extracting(Sample::text).containsExactly("why? 0", "why? 1");
        Sample second = answers.samples().get(1);
        assertThat(second.tokens()).containsExactly(11, 5, 5);
        assertThat(second.logProbs()).containsExactly(-0.5f, -0.25f, -0.25f);
        assertThat(second.modelVersions()).containsExactly(3, 4, 4);
        assertThat(second.stopped()).isTrue();
    }

    @Test
    void whatAToolSaidIsMarked() throws Exception {
        Sample second = policy.generate(prompt("use a tool", 2)).samples().get(1);

        assertThat(second.tokens()).containsExactly(11, 5, 5);
        assertThat(second.forced()).containsExactly(false, true, false);

        CallFailed failure =
                catchThrowableOfType(CallFailed.class, () -> policy.generate(prompt("use a tool wrongly", 1)));
        assertThat(failure).hasMessage("policy answered wrongly: 1 tokens with 2 marks");
    }

    @Test
    void standsBackBehindUsers() throws Exception {
        policy.generate(prompt("why?", 2));

        assertThat(servers.lastRequest().getPriority()).isEqualTo(GenerateRequest.Priority.PRIORITY_ROLLOUT);
        assertThat(servers.lastRequest().getWhole()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"true,0", "false,1"})
    void aCallHasASpanWhereTracesAreOnAlone(boolean off, int spans) throws Exception {
        var begun = new BegunSpans();
        try (OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(
                        SdkTracerProvider.builder().addSpanProcessor(begun).build())
                .build()) {
            ManagedChannel traced = Channels.open(servers.target(), sdk, Telemetry.settings(off));
            try {
                new GrpcPolicy(traced, Duration.ofSeconds(5)).generate(prompt("why?", 1));
            } finally {
                Channels.close(traced);
            }
        }

        assertThat(begun.count).hasValue(spans);
    }

    @Test
    void aRewardServiceThatStopsIsAwaitedAndNoPromptIsBlamed() throws Exception {
        Prompt prompt = prompt("why?", 2);
        Answers answers = policy.generate(prompt);
        servers.fail(Status.UNAVAILABLE.withDescription("the service stops"));

        CallFailed failure = catchThrowableOfType(CallFailed.class, () -> rewards.score(prompt, answers));

        assertThat(failure.blame()).isEqualTo(Blame.SERVER);
    }

    @Test
    void scoresWhatWasSampled() throws Exception {
        Prompt prompt = prompt("why?", 2);

        Scores scores = rewards.score(prompt, policy.generate(prompt));

        assertThat(scores.rewards()).containsExactly(2, 3);
        assertThat(scores.verified()).containsExactly(1, 1);
        assertThat(scores.version()).isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({
        "INVALID_ARGUMENT,PROMPT",
        "NOT_FOUND,REQUEST",
        "INTERNAL,REQUEST",
        "UNAVAILABLE,SERVER",
        "RESOURCE_EXHAUSTED,BUSY",
        "PERMISSION_DENIED,SERVER"
    })
    void aStatusTellsWhoIsToBlame(Status.Code code, Blame blame) {
        servers.fail(Status.fromCode(code).withDescription("because"));

        CallFailed failure = catchThrowableOfType(CallFailed.class, () -> policy.generate(prompt("why?", 1)));

        assertThat(failure.blame()).isEqualTo(blame);
        assertThat(failure).hasMessage("policy: " + code + ": because");
    }

    /// In gRPC's own words, whatever they are in its next version.
    @Test
    void anAnswerThatIsTooLargeIsNotTakenForABusyServer() throws Exception {
        ManagedChannel narrow = NettyChannelBuilder.forTarget(servers.target())
                .usePlaintext()
                .maxInboundMessageSize(8)
                .build();
        try {
            GrpcPolicy modest = new GrpcPolicy(narrow, Duration.ofSeconds(5));

            CallFailed failure = catchThrowableOfType(CallFailed.class, () -> modest.generate(prompt("why?", 1)));

            assertThat(failure).hasMessageStartingWith("policy: RESOURCE_EXHAUSTED: ");
            assertThat(failure.blame()).isEqualTo(Blame.REQUEST);
        } finally {
            Channels.close(narrow);
        }
    }

    @Test
    void aSampleWithoutAnEndIsNotTaken() {
        CallFailed failure = catchThrowableOfType(CallFailed.class, () -> policy.generate(prompt("break me", 1)));

        assertThat(failure.blame()).isEqualTo(Blame.REQUEST);
        assertThat(failure).hasMessageContaining("sample 0 ended with 1 tokens and FINISH_UNSPECIFIED");
    }

    @Test
    void aLogProbabilityThatIsNoNumberIsNotTaken() {
        CallFailed failure =
                catchThrowableOfType(CallFailed.class, () -> policy.generate(prompt("say nothing true", 1)));

        assertThat(failure.blame()).isEqualTo(Blame.REQUEST);
        assertThat(failure).hasMessage("policy answered wrongly: log-probability NaN in sample 0");
    }

    @Test
    void aSlowPolicyIsLeftAtTheDeadline() {
        servers.delay(Duration.ofSeconds(30));
        GrpcPolicy hasty = new GrpcPolicy(channel, Duration.ofMillis(200));

        CallFailed failure = catchThrowableOfType(CallFailed.class, () -> hasty.generate(prompt("why?", 1)));

        assertThat(failure.blame()).isEqualTo(Blame.SERVER);
        assertThat(failure).hasMessageContaining("DEADLINE_EXCEEDED");
    }

    @Test
    void nobodyListening() throws Exception {
        servers.close();

        CallFailed failure = catchThrowableOfType(CallFailed.class, () -> policy.generate(prompt("why?", 1)));

        assertThat(failure.blame()).isEqualTo(Blame.SERVER);
    }

    @Test
    void aCallThatWaitsCanBeCutOff() throws Exception {
        servers.delay(Duration.ofSeconds(30));
        FutureTask<Answers> call = new FutureTask<>(() -> policy.generate(prompt("why?", 1)));
        Thread thread = Thread.ofVirtual().start(call);
        while (servers.generateCalls() == 0) {
            Thread.onSpinWait();
        }

        thread.interrupt();

        ExecutionException failure =
                catchThrowableOfType(ExecutionException.class, () -> call.get(5, TimeUnit.SECONDS));
        assertThat(failure).hasCauseInstanceOf(InterruptedException.class);
    }

    private static Prompt prompt(String question, int samples) {
        return new Prompt(
                "p",
                "run",
                1,
                Prompt.Use.TRAIN,
                List.of(new Turn(Turn.Role.USER, question)),
                samples,
                new Sampling(1, 0, 0, 8, 0),
                "policy",
                "reward",
                "right",
                "test");
    }

    private static final class BegunSpans implements SpanProcessor {

        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void onStart(Context parent, ReadWriteSpan span) {
            count.incrementAndGet();
        }

        @Override
        public boolean isStartRequired() {
            return true;
        }

        @Override
        public void onEnd(ReadableSpan span) {}

        @Override
        public boolean isEndRequired() {
            return false;
        }
    }
}
