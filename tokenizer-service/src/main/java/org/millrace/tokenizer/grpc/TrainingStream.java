package org.millrace.tokenizer.grpc;

import io.grpc.Status;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.io.IOException;
import java.time.Duration;
import org.millrace.proto.tokenizer.v1.TrainResponse;
import org.millrace.tokenizer.Training;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One training for one caller: runs on its own platform thread, tells at most ten times a second
/// how far it is, and ends when the caller goes away.
final class TrainingStream implements Training.Progress {

    private static final Logger LOGGER = LoggerFactory.getLogger(TrainingStream.class);
    private static final long PAUSE = Duration.ofMillis(100).toNanos();

    private final MultiEmitter<? super TrainResponse> caller;
    private final TrainResponse.Builder state;
    private long told = System.nanoTime() - PAUSE;

    private TrainingStream(Training.Order order, MultiEmitter<? super TrainResponse> caller) {
        this.caller = caller;
        state = TrainResponse.newBuilder().setMergesWanted(order.merges());
    }

    static void start(Training training, Training.Order order, MultiEmitter<? super TrainResponse> caller) {
        TrainingStream stream = new TrainingStream(order, caller);
        Thread.ofPlatform().name("tokenizer-training").start(() -> stream.run(training, order));
    }

    private void run(Training training, Training.Order order) {
        try {
            long version = training.train(order, this);
            caller.emit(state.setVersion(version).build());
            caller.complete();
        } catch (Training.NoDocuments e) {
            fail(Status.FAILED_PRECONDITION, e);
        } catch (Training.Busy e) {
            fail(Status.RESOURCE_EXHAUSTED, e);
        } catch (IOException e) {
            fail(Status.UNAVAILABLE, e);
        } catch (InterruptedException e) {
            fail(Status.CANCELLED, e);
        } catch (RuntimeException e) {
            LOGGER.error("training of {} failed", order.name(), e);
            fail(Status.INTERNAL, e);
        } catch (Error e) { // out of memory, most likely: the caller must not wait for ever
            fail(Status.INTERNAL, e);
            throw e;
        }
    }

    private void fail(Status status, Throwable cause) {
        caller.fail(status.withDescription(cause.getMessage()).withCause(cause).asRuntimeException());
    }

    @Override
    public void read(long documents, long bytes) {
        state.setDocuments(documents).setBytes(bytes);
        tell();
    }

    @Override
    public void merged(int merges) {
        state.setMerges(merges);
        tell();
    }

    @Override
    public boolean isCancelled() {
        return caller.isCancelled();
    }

    private void tell() {
        long now = System.nanoTime();
        if (now - told >= PAUSE) {
            told = now;
            caller.emit(state.build());
        }
    }
}
