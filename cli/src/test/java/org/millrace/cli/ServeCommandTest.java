package org.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.proto.policy.v1.DrainRequest;
import org.millrace.proto.policy.v1.DrainResponse;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.GetStatusResponse;
import org.millrace.proto.policy.v1.ModelStatus;
import org.millrace.proto.policy.v1.OperatorServiceGrpc;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.PauseResponse;
import org.millrace.proto.policy.v1.ResumeRequest;
import org.millrace.proto.policy.v1.ResumeResponse;
import org.millrace.proto.policy.v1.ServingMode;
import org.millrace.proto.policy.v1.ServingStatus;

class ServeCommandTest {

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream err = System.err;
    private final PrintStream out = System.out;
    private final Server server;

    ServeCommandTest() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Busy())
                .build()
                .start();
    }

    @BeforeEach
    void capture() {
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void release() {
        System.setErr(err);
        System.setOut(out);
        server.shutdownNow();
    }

    @Test
    void saysWhatTheServerShallDoAndTellsWhatItDoes() {
        String target = "127.0.0.1:" + server.getPort();

        for (String action : new String[] {"pause", "status", "drain", "resume"}) {
            assertThat(Millrace.execute("serve", action, "--target", target))
                    .as(printed::toString)
                    .isZero();
        }

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("""
                %1$s is paused: 3 answers begun, 2 waiting
                  policy version 7, weights in int8
                %1$s is paused: 3 answers begun, 2 waiting
                  policy version 7, weights in int8
                %1$s drains: 3 answers begun, 2 waiting
                  policy version 7, weights in int8
                %1$s serves: 3 answers begun, 2 waiting
                  policy version 7, weights in int8
                """.formatted(target));
    }

    @Test
    void aServerThatIsNotThereIsOneSentence(@TempDir Path empty) {
        int port = server.getPort();
        server.shutdownNow();

        assertThat(Millrace.execute("serve", "drain", "--target", "127.0.0.1:" + port))
                .isEqualTo(1);
        assertThat(Millrace.execute("serve", "drain", "--target", "nowhere")).isEqualTo(1);
        assertThat(Millrace.execute("serve", "drain", "--state", empty.toString()))
                .isEqualTo(1);

        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .hasSize(3)
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith(
                                        "millrace: The inference server at 127.0.0.1:%d did not answer: UNAVAILABLE "
                                                .formatted(port)),
                        line -> assertThat(line).isEqualTo("millrace: --target: expected HOST:PORT, got \"nowhere\""),
                        line -> assertThat(line).startsWith("millrace: Nothing is up in "));
    }

    @Test
    void whatNoServerDoesIsWrongUsage() {
        assertThat(Millrace.execute("serve", "stop")).isEqualTo(2);
        assertThat(Millrace.execute("serve")).isEqualTo(2);
    }

    /// A server that has something to do.
    private static final class Busy extends OperatorServiceGrpc.OperatorServiceImplBase {

        private ServingMode mode = ServingMode.SERVING_MODE_SERVING;

        @Override
        public void pause(PauseRequest request, StreamObserver<PauseResponse> caller) {
            mode = ServingMode.SERVING_MODE_PAUSED;
            caller.onNext(PauseResponse.newBuilder().setStatus(status()).build());
            caller.onCompleted();
        }

        @Override
        public void resume(ResumeRequest request, StreamObserver<ResumeResponse> caller) {
            mode = ServingMode.SERVING_MODE_SERVING;
            caller.onNext(ResumeResponse.newBuilder().setStatus(status()).build());
            caller.onCompleted();
        }

        @Override
        public void drain(DrainRequest request, StreamObserver<DrainResponse> caller) {
            mode = ServingMode.SERVING_MODE_DRAINING;
            caller.onNext(DrainResponse.newBuilder().setStatus(status()).build());
            caller.onCompleted();
        }

        @Override
        public void getStatus(GetStatusRequest request, StreamObserver<GetStatusResponse> caller) {
            caller.onNext(GetStatusResponse.newBuilder().setStatus(status()).build());
            caller.onCompleted();
        }

        private ServingStatus status() {
            return ServingStatus.newBuilder()
                    .setMode(mode)
                    .setRunning(3)
                    .setWaiting(2)
                    .addModels(ModelStatus.newBuilder()
                            .setName("policy")
                            .setVersion(7)
                            .setPrecision("int8"))
                    .build();
        }
    }
}
