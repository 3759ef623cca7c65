package org.millrace.reward;

import org.millrace.bpe.Tokenizer;
import org.millrace.checkpoint.ModelConfig;

/// One version of a reward model, ready to judge. Safe for many threads.
final class RewardModel implements AutoCloseable {

    private final String name;
    private final long version;
    private final ModelConfig config;
    private final Tokenizer tokenizer;
    private final ScoringQueue queue;

    RewardModel(String name, long version, ModelConfig config, Tokenizer tokenizer, ScoringQueue queue) {
        this.name = name;
        this.version = version;
        this.config = config;
        this.tokenizer = tokenizer;
        this.queue = queue;
    }

    String name() {
        return name;
    }

    long version() {
        return version;
    }

    int waiting() {
        return queue.waiting();
    }

    /// @throws Retired if a newer version has taken over meanwhile
    Judgement judge(Question question) throws BadRequest, Overloaded, Retired, InterruptedException {
        question.check(config.vocabulary(), config.context());
        float[] rewards = queue.score(question.sequences());
        float[] verified = new float[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = (float) ((rewards[i] - config.rewardMean()) / config.rewardDeviation());
            verified[i] = verify(question.completions()[i], question.reference());
        }
        return new Judgement(rewards, verified, name, version);
    }

    private float verify(int[] completion, String reference) {
        if (reference.isEmpty()) {
            return -1;
        }
        return ExactAnswer.isRight(tokenizer.decode(completion), reference) ? 1 : 0;
    }

    /// Finishes what waits; does not wait for it.
    @Override
    public void close() {
        queue.close();
    }

    void join() throws InterruptedException {
        queue.join();
    }
}
