package org.millrace.cli.train;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.millrace.proto.events.v1.MetricsReported;
import org.millrace.proto.events.v1.TrainingJob;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.trainer.v1.CancelRequest;
import org.millrace.proto.trainer.v1.CancelResponse;
import org.millrace.proto.trainer.v1.SubmitRequest;
import org.millrace.proto.trainer.v1.SubmitResponse;
import org.millrace.proto.trainer.v1.TrainerServiceGrpc;
import org.millrace.proto.trainer.v1.WatchRequest;
import org.millrace.proto.trainer.v1.WatchResponse;

/// A trainer on a true connection that says what a test wrote down, and the folder of its system.
final class FakeTrainer extends TrainerServiceGrpc.TrainerServiceImplBase implements AutoCloseable {

    final List<SubmitRequest> submitted = new ArrayList<>();
    private final Queue<List<WatchResponse>> stories = new ArrayDeque<>();
    private final Queue<Status> ends = new ArrayDeque<>();
    private final Server server;
    private Status refusal = Status.OK;
    private State cancelled = State.STATE_CANCELLED;

    FakeTrainer(Path state) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(this)
                .build()
                .start();
        ProcessHandle self = ProcessHandle.current();
        Files.writeString(state.resolve("system.json"), """
                {"supervisor": {"name": "supervisor", "pid": %d, "startedAtMs": %d, "restarts": 0},
                 "ready": true, "ports": {"trainer": %d}, "processes": []}
                """.formatted(
                        self.pid(), self.info().startInstant().orElseThrow().toEpochMilli(), server.getPort()));
    }

    /// What the next call of Watch tells, and how it ends.
    void tells(Status end, WatchResponse... story) {
        stories.add(List.of(story));
        ends.add(end);
    }

    void refuses(Status status) {
        refusal = status;
    }

    void answersCancel(State state) {
        cancelled = state;
    }

    static WatchResponse state(State state, String detail) {
        return WatchResponse.newBuilder()
                .setJob(TrainingJob.newBuilder()
                        .setPlan(TrainingPlan.newBuilder().setModel("base"))
                        .setState(state)
                        .setDetail(detail))
                .build();
    }

    static WatchResponse figures(long step, double progress, Map<String, Double> values) {
        return WatchResponse.newBuilder()
                .setJob(TrainingJob.newBuilder().setState(State.STATE_RUNNING))
                .setMetrics(MetricsReported.newBuilder()
                        .setStep(step)
                        .setProgress(progress)
                        .setSecondsLeft(75)
                        .setReportedAtMs(1_000 + step)
                        .putAllValues(values))
                .build();
    }

    @Override
    public void submit(SubmitRequest request, StreamObserver<SubmitResponse> answer) {
        if (!refusal.isOk()) {
            answer.onError(refusal.asRuntimeException());
            return;
        }
        submitted.add(request);
        answer.onNext(SubmitResponse.newBuilder()
                .setJob(TrainingJob.newBuilder()
                        .setRunId(request.getRunId())
                        .setPlan(request.getPlan())
                        .setState(State.STATE_QUEUED))
                .build());
        answer.onCompleted();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> answer) {
        List<WatchResponse> story = stories.poll();
        Status end = ends.poll();
        if (story == null || end == null) {
            answer.onError(Status.NOT_FOUND
                    .withDescription("run_id: expected a submitted run, got \"%s\"".formatted(request.getRunId()))
                    .asRuntimeException());
            return;
        }
        story.forEach(answer::onNext);
        if (end.isOk()) {
            answer.onCompleted();
        } else {
            answer.onError(end.asRuntimeException());
        }
    }

    @Override
    public void cancel(CancelRequest request, StreamObserver<CancelResponse> answer) {
        answer.onNext(CancelResponse.newBuilder()
                .setJob(TrainingJob.newBuilder().setRunId(request.getRunId()).setState(cancelled))
                .build());
        answer.onCompleted();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
}
