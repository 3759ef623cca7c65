package org.millrace.inference;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// Collects what an engine draws for one request.
class Answers implements Generation.Listener {

    private final int samples;
    private final List<Drawn> drawn = new CopyOnWriteArrayList<>();
    private final CompletableFuture<List<Drawn>> whole = new CompletableFuture<>();
    private volatile double[] ofPrompt = {};
    private volatile int known;
    private int ended;

    Answers(int samples) {
        this.samples = samples;
    }

    @Override
    public void begun(int tokens) {
        known = tokens;
    }

    @Override
    public void read(List<Scored> scores) {
        ofPrompt = scores.stream().mapToDouble(Scored::logProb).toArray();
    }

    @Override
    public void drawn(Drawn token) {
        drawn.add(token);
        if (token.finish() != null && ++ended == samples) {
            whole.complete(List.copyOf(drawn));
        }
    }

    @Override
    public void failed(Throwable cause) {
        whole.completeExceptionally(cause);
    }

    /// Tokens of the prompt that were not read again for the last answer that began.
    int known() {
        return known;
    }

    /// Log-probabilities of the prompt's tokens; none if they were not asked for.
    double[] ofPrompt() {
        return ofPrompt;
    }

    List<Drawn> soFar() {
        return drawn;
    }

    CompletableFuture<List<Drawn>> whole() {
        return whole;
    }

    List<Drawn> await() throws Exception {
        return whole.get(30, TimeUnit.SECONDS);
    }

    /// Tokens of one answer.
    int[] tokens(int sample) throws Exception {
        return of(sample).stream().mapToInt(Drawn::token).toArray();
    }

    String text(int sample) throws Exception {
        return of(sample).stream().map(Drawn::text).collect(Collectors.joining());
    }

    Drawn last(int sample) throws Exception {
        return of(sample).getLast();
    }

    List<Drawn> of(int sample) throws Exception {
        List<Drawn> answer = new ArrayList<>(await());
        answer.removeIf(token -> token.sample() != sample);
        return answer;
    }
}
