package org.millrace.rollout;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Takes a prompt to its outcome, however long the policy or the reward service is away.
///
/// A prompt is never given up for a server that answers nobody: it waits at the [Gate], together with
/// all others, and that time does not count. Nor is it given up for a server that is too busy for it, and
/// be it with others: it comes back by itself, less and less often. It is given up when the request itself is wrong, or
/// when this request, and not the server, keeps failing for longer than `patience`: a model that nobody publishes,
/// an
/// answer that is always too slow or too large while the server answers others.
///
/// Safe for many threads, one prompt each; it knows neither Kafka nor gRPC.
public final class Worker {

    private final Policy policy;
    private final Rewards rewards;
    private final Duration longestPause;
    private final Duration patience;
    private final Gate policyGate;
    private final Gate rewardsGate;

    /// @param longestPause between two tries, at least 100 ms
    /// @param patience with a request that keeps failing while the server answers others
    public Worker(Policy policy, Rewards rewards, Duration longestPause, Duration patience) {
        this.policy = policy;
        this.rewards = rewards;
        this.longestPause = longestPause;
        this.patience = patience;
        this.policyGate = new Gate("policy", longestPause);
        this.rewardsGate = new Gate("reward service", longestPause);
    }

    /// @throws InterruptedException if the worker is told to stop; the prompt is then still unanswered
    public Outcome answer(Prompt prompt) throws InterruptedException {
        try {
            prompt.check();
            Answers answers = patiently(policyGate, () -> policy.generate(prompt));
            return switch (prompt.use()) {
                case COMPARE -> compare(prompt, answers);
                case TRAIN ->
                    new Outcome.Scored(prompt, answers, patiently(rewardsGate, () -> rewards.score(prompt, answers)));
            };
        } catch (BadPrompt e) {
            return new Outcome.Hopeless(prompt, String.valueOf(e.getMessage()));
        }
    }

    /// True while the policy or the reward service is away.
    public boolean isWaiting() {
        return policyGate.isClosed() || rewardsGate.isClosed();
    }

    /// Rankers see each text once: two copies of one answer would only measure their patience. Of an answer without
    /// text, which may be calls alone, they see nothing.
    private static Outcome compare(Prompt prompt, Answers answers) {
        Set<String> seen = new HashSet<>();
        List<Sample> candidates = new ArrayList<>();
        for (Sample sample : answers.samples()) {
            String text = sample.text().strip();
            if (!text.isEmpty() && seen.add(text)) {
                candidates.add(sample);
            }
        }
        return candidates.size() < 2 ? new Outcome.Alike(prompt) : new Outcome.Comparable(prompt, answers, candidates);
    }

    private <T> T patiently(Gate gate, Gate.Call<T> call) throws BadPrompt, InterruptedException {
        Timed<T> timed = new Timed<>(call);
        long seen = gate.answers();
        long failing = 0; // pauses and calls since the first failure that was the request's own
        Duration pause = Gate.FIRST_PAUSE;
        while (true) {
            try {
                return gate.through(seen, timed);
            } catch (CallFailed e) {
                seen = gate.answers();
                switch (e.blame()) {
                    case PROMPT -> throw new BadPrompt(String.valueOf(e.getMessage()));
                    case SERVER -> {} // the gate is closed now, and the next try waits there
                    case BUSY -> {
                        Thread.sleep(pause);
                        pause = longer(pause);
                    }
                    case REQUEST -> {
                        failing += failing == 0 ? 0 : timed.nanos;
                        if (failing >= patience.toNanos()) {
                            throw new BadPrompt("failed for %s: %s".formatted(patience, e.getMessage()));
                        }
                        Thread.sleep(pause);
                        failing += pause.toNanos();
                        pause = longer(pause);
                    }
                }
            }
        }
    }

    private Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(longestPause) < 0 ? twice : longestPause;
    }

    /// Knows how long the last call took, without its wait at the gate.
    private static final class Timed<T> implements Gate.Call<T> {

        private final Gate.Call<T> call;
        private long nanos;

        Timed(Gate.Call<T> call) {
            this.call = call;
        }

        @Override
        public T make() throws CallFailed, InterruptedException {
            long start = System.nanoTime();
            try {
                return call.make();
            } finally {
                nanos = System.nanoTime() - start;
            }
        }
    }
}
