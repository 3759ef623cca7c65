package org.millrace.cli;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.report.PlainText;
import org.millrace.cli.runtime.SystemState;
import org.millrace.proto.policy.v1.DrainRequest;
import org.millrace.proto.policy.v1.GetStatusRequest;
import org.millrace.proto.policy.v1.OperatorServiceGrpc;
import org.millrace.proto.policy.v1.OperatorServiceGrpc.OperatorServiceBlockingStub;
import org.millrace.proto.policy.v1.PauseRequest;
import org.millrace.proto.policy.v1.ResumeRequest;
import org.millrace.proto.policy.v1.ServingStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Operates an inference server.
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Pauses, resumes or drains an inference server, or tells what it does.",
        footer = {
            "",
            "pause    answers stop between two steps and keep their caches; new requests wait",
            "resume   goes on, also after drain",
            "drain    finishes what was taken and refuses the rest; it is done when status tells of 0 and 0",
            "status   tells what the server does"
        })
final class ServeCommand implements Callable<Integer> {

    /// What the server shall do.
    enum Action {
        PAUSE,
        RESUME,
        DRAIN,
        STATUS
    }

    private static final Pattern TARGET = Pattern.compile("(.+):([0-9]{1,5})");
    private static final long PATIENCE_SECONDS = 10;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Parameters(paramLabel = "ACTION", description = "One of pause, resume, drain, status.")
    @SuppressWarnings("NullAway.Init")
    private Action action;

    @Option(
            names = "--target",
            paramLabel = "HOST:PORT",
            description = "Server to operate (default: the one of the local system).")
    private @Nullable String target;

    @Override
    public Integer call() throws IOException, InterruptedException {
        String address = target == null ? local() : checked(target);
        ManagedChannel channel = NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .build();
        try {
            ServingStatus status = ask(
                    OperatorServiceGrpc.newBlockingStub(channel).withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS));
            System.out.println(address + " " + told(status));
            status.getModelsList()
                    .forEach(model -> System.out.printf(
                            "  %s version %d, weights in %s%n",
                            PlainText.line(model.getName(), 64),
                            model.getVersion(),
                            PlainText.line(model.getPrecision(), 16)));
        } catch (StatusRuntimeException e) {
            throw new Failure("The inference server at %s did not answer: %s %s"
                    .formatted(
                            address,
                            e.getStatus().getCode(),
                            String.valueOf(e.getStatus().getDescription())));
        } finally {
            channel.shutdownNow();
            channel.awaitTermination(2, TimeUnit.SECONDS);
        }
        return 0;
    }

    private String local() throws IOException {
        return SystemState.read(state.home())
                .map(now -> "127.0.0.1:" + now.layout().port("inference"))
                .orElseThrow(() -> new Failure(
                        "Nothing is up in %s; start with ./millrace up, or name a server with --target HOST:PORT."
                                .formatted(state.home().state())));
    }

    private static String checked(String target) {
        Matcher parts = TARGET.matcher(target);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > 65_535) {
            throw new Failure("--target: expected HOST:PORT, got \"%s\"".formatted(target));
        }
        return target;
    }

    private ServingStatus ask(OperatorServiceBlockingStub server) {
        return switch (action) {
            case PAUSE -> server.pause(PauseRequest.getDefaultInstance()).getStatus();
            case RESUME -> server.resume(ResumeRequest.getDefaultInstance()).getStatus();
            case DRAIN -> server.drain(DrainRequest.getDefaultInstance()).getStatus();
            case STATUS ->
                server.getStatus(GetStatusRequest.getDefaultInstance()).getStatus();
        };
    }

    private static String told(ServingStatus status) {
        String mode =
                switch (status.getMode()) {
                    case SERVING_MODE_SERVING -> "serves";
                    case SERVING_MODE_PAUSED -> "is paused";
                    case SERVING_MODE_DRAINING ->
                        status.getRunning() + status.getWaiting() == 0 ? "is drained" : "drains";
                    case SERVING_MODE_UNSPECIFIED, UNRECOGNIZED -> "does what this command does not know";
                };
        return "%s: %d answers begun, %d waiting".formatted(mode, status.getRunning(), status.getWaiting());
    }
}
