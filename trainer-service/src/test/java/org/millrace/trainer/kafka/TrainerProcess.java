package org.millrace.trainer.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.millrace.proto.trainer.v1.WatchResponse;
import org.millrace.trainer.Trainer;

/// What a trainer's process consists of, without Quarkus.
final class TrainerProcess {

    final Jobs jobs;
    final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Publisher publisher;
    private final RunFeed feed;
    private final JobRunner runner;
    private final Thread thread;
    private final ExecutorService watchers = Executors.newVirtualThreadPerTaskExecutor();

    TrainerProcess(Mill mill, Trainer trainer, Path scratch, Duration rankingsDeadline, Duration roundDeadline) {
        publisher = mill.publisher("0");
        jobs = Jobs.load(mill.broker, publisher, Mill.CLOCK, 6);
        feed = new RunFeed(mill.broker, jobs, publisher);
        Models models = new Models(mill.broker, publisher, mill.store, Mill.CLOCK);
        runner = new JobRunner(
                jobs,
                new Stages(
                        mill.broker,
                        publisher,
                        mill.store,
                        models,
                        trainer,
                        Mill.CLOCK,
                        meters,
                        SdkTracerProvider.builder().build().get("trainer"),
                        new Stages.Settings(
                                scratch,
                                new States(scratch.resolveSibling("states"), Duration.ofSeconds(30)),
                                rankingsDeadline,
                                roundDeadline)),
                Duration.ZERO);
        thread = Thread.ofPlatform()
                .daemon()
                .uncaughtExceptionHandler((t, e) -> {}) // a fenced trainer's thread dies, as it should
                .start(runner);
    }

    /// Everything that a reader of the run gets.
    List<WatchResponse> watch(String runId) throws Exception {
        List<WatchResponse> told = new ArrayList<>();
        RunFeed.End end = CompletableFuture.supplyAsync(() -> feed.follow(runId, told::add, () -> false), watchers)
                .get(40, TimeUnit.SECONDS);
        assertThat(end).isEqualTo(RunFeed.End.RUN_ENDED);
        return told;
    }

    /// As an orderly stop begins.
    void interrupt() {
        runner.stop();
        thread.interrupt();
    }

    void stop() throws InterruptedException {
        interrupt();
        thread.join(Duration.ofSeconds(20));
        assertThat(thread.isAlive()).isFalse();
        end();
    }

    /// As an orderly stop goes on when the step in hand takes too long.
    void abandon() {
        assertThat(thread.isAlive()).isTrue();
        runner.abandon();
        end();
    }

    void join() throws InterruptedException {
        assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
    }

    private void end() {
        feed.close();
        watchers.close();
        publisher.close();
    }
}
