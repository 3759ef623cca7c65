package org.millrace.cli.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;

/// Many calls to one service, a few at the same time: enough to fill its batches, too few to be refused.
public final class AtOnce {

    private static final int CALLS = 24;

    private AtOnce() {}

    public interface Call<Q, A> {
        A answer(Q request) throws InterruptedException;
    }

    /// Answers in the order of the requests. A request that fails fails all, in its turn.
    ///
    /// @param done hears how many answers are there
    public static <Q, A> List<A> all(List<Q> requests, Call<Q, A> call, IntConsumer done) throws InterruptedException {
        Semaphore places = new Semaphore(CALLS);
        List<Future<A>> pending = new ArrayList<>();
        List<A> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Q request : requests) {
                pending.add(threads.submit(() -> {
                    places.acquire();
                    try {
                        return call.answer(request);
                    } finally {
                        places.release();
                    }
                }));
            }
            try {
                for (Future<A> answer : pending) {
                    answers.add(answer.get());
                    done.accept(answers.size());
                }
            } catch (ExecutionException | InterruptedException e) {
                threads.shutdownNow(); // the others would only fail the same way, later; or nobody wants them
                throw e;
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
        return answers;
    }
}
